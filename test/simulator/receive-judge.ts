import type { Engine, FaultLayer } from './faults.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { QueuedMessage, Receive, SimulatedQueue } from './simulated-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The answer to the receive and the write of the record, each slow, and a client's wait. */
const timeToRecordMs = 10_000;

type JudgedQueue = Pick<SimulatedQueue, 'messages' | 'deadLetters' | 'deletedMessages'>;

/** Judges what became of receives, whatever the messages carry. */
export class ReceiveJudge {
  readonly #time: VirtualTime;
  readonly #faults: FaultLayer;
  readonly #queue: JudgedQueue;
  readonly #maxReceiveCount: number;
  readonly #engine: Engine;

  constructor(options: {
    readonly time: VirtualTime;
    readonly faults: FaultLayer;
    readonly queue: JudgedQueue;
    readonly maxReceiveCount: number;
    /** The queue's: SQS unless given. */
    readonly engine?: Engine;
  }) {
    this.#engine = options.engine ?? 'sqs';
    this.#time = options.time;
    this.#faults = options.faults;
    this.#queue = options.queue;
    this.#maxReceiveCount = options.maxReceiveCount;
  }

  /** What ended a receive: its receiver (`returned`, `deleted`), something else, or nothing (`held`). */
  endOf(receive: Receive): string {
    const { receiver, atMs } = receive;
    if (receive.deleted) return 'deleted';
    if (receive.returned !== undefined) return 'returned';
    if (!receiver.alive) return 'crash';
    if (!receive.answered) return 'answer lost';
    if (receive.duplicated) return 'duplicate';
    if (receiver.frozenSince(atMs)) return 'freeze';
    if (receive.troubled || this.#faults.wasOut(this.#engine, receiver, atMs, this.#time.nowMs)) return 'SQS failure';
    return 'held';
  }

  /** Whether something other than its receiver ended it. */
  isExcused(receive: Receive): boolean {
    return !['held', 'returned'].includes(this.endOf(receive));
  }

  /** Whether the receiver lived long enough, with a store that served it, to write down that this receive is the last. */
  hadTimeToRecord({ answered, atMs, receiver }: Receive): boolean {
    const endedAtMs = receiver.endedAtMs ?? this.#time.nowMs;
    return (
      answered &&
      endedAtMs - atMs > timeToRecordMs &&
      !receiver.frozenSince(atMs) &&
      this.#faults.wasSound('dynamodb', receiver, atMs, endedAtMs)
    );
  }

  /** Where only messages on their last allowed receive explain this work of the process, and none of them is on record. */
  unrecordedLastReceives(
    process: SimulatedProcess,
    carries: (message: QueuedMessage) => boolean,
    isExplained: (message: QueuedMessage) => boolean,
  ): readonly string[] {
    const { messages, deadLetters, deletedMessages } = this.#queue;
    // What was lost to the DLQ may be worked on still; so may what was lost to another, who has deleted it since. Nobody
    // works on after a delete of their own.
    const held = [
      ...[...messages.values(), ...deadLetters.values()].filter(({ receives }) =>
        receives.some(({ receiver }) => receiver === process),
      ),
      ...[...deletedMessages.values()].filter(({ receives }) =>
        receives.some(({ receiver, deleted }) => receiver === process && !deleted),
      ),
    ].filter(carries);
    const isLast = (message: QueuedMessage) =>
      messages.has(message.id) &&
      message.receives.length === this.#maxReceiveCount &&
      message.receives.filter(({ receiver }) => receiver === process).length === 1 &&
      message.receives.at(-1)?.receiver === process;
    const explained = held.some((message) => !isLast(message) || isExplained(message));
    return explained ? [] : held.map(({ id }) => id);
  }

  /** What a stopped process had in hand is visible again, and cost its messages one receive at most: returns what is not so. */
  breachesOfHandBack(
    process: SimulatedProcess,
    stoppedAtMs: number,
    isHarmed: (message: QueuedMessage) => boolean,
  ): readonly string[] {
    const nowMs = this.#time.nowMs;
    if (process.frozenSince(stoppedAtMs)) return [];
    const isSqsFaulty = !this.#faults.wasSound(this.#engine, process, stoppedAtMs, nowMs);
    return [...this.#queue.messages.values()].flatMap((message) => {
      if (isHarmed(message)) return [];
      const last = message.receives.at(-1);
      const isLeft = last?.receiver === process && last.answered && !last.deleted && last.returned === undefined;
      const isExcused =
        last?.troubled || last?.duplicated || this.#faults.wasOut(this.#engine, process, stoppedAtMs, nowMs);
      const handedBack = message.receives.filter(({ receiver, returned }) => receiver === process && returned === 0);
      return [
        ...(isLeft && !isExcused && message.visibleAtMs > nowMs
          ? [`${process.name} stopped and left ${message.id} invisible`]
          : []),
        ...(handedBack.length > 1 && !isSqsFaulty
          ? [`${process.name} handed ${message.id} back to itself while it stopped`]
          : []),
      ];
    });
  }
}
