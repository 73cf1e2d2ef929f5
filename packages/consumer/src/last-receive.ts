import type { Clock } from '@waybill/shared/clock.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { bodyFailureId } from './failures/failure-id.ts';
import { type Failure, type FailureLog, interrupted } from './failures/failure-log.ts';
import type { Guard } from './guard/guard.ts';
import type { Reading } from './handler.ts';

/** Longest time that a message on its last allowed receive has to itself before the next one's turn. */
const longestTurnMs = 2_000;

export type LastReceiveDependencies = {
  readonly clock: Clock;
  readonly guard: Pick<Guard<never>, 'execute'>;
  readonly failures: Pick<FailureLog, 'recordInterruption'>;
};

/**
 * The work on messages that are on their last allowed receive. A crash puts every such message that is in hand in the
 * DLQ, whether its work had begun or not: the reason is on record as soon as it can be. Then they are worked on one after
 * the other, so that one that brings the process down leaves those before it done.
 */
export class LastReceives {
  readonly #deps: LastReceiveDependencies;
  /** Interruptions whose record is written, or being written. */
  readonly #explained = new WeakSet<Failure>();
  #nextTurn: Promise<void> = Promise.resolve();

  constructor(deps: LastReceiveDependencies) {
    this.#deps = deps;
  }

  /** Does the work once it is on record and its turn has come. Work that is held up does not keep the others waiting for long. */
  async work(interruption: Failure, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#record(interruption, signal);
    const done = new AbortController();
    const turn = this.#nextTurn;
    this.#nextTurn = turn.then(() => this.#deps.clock.sleep(longestTurnMs, done.signal));
    await turn;
    await work();
    done.abort();
  }

  /**
   * Puts on record a message that came after the stop began: SQS may refuse to take it back. Does not wait for the record:
   * a message sent anew needs none, and carries its id all the same.
   */
  explain(interruption: Failure, signal: AbortSignal): void {
    if (!this.#explained.has(interruption)) this.#record(interruption, signal).catch(() => undefined);
  }

  async #record(interruption: Failure, signal: AbortSignal): Promise<void> {
    const { guard, failures } = this.#deps;
    this.#explained.add(interruption);
    await guard.execute(interruption.failureId, () => failures.recordInterruption(interruption), signal);
  }
}

/** What is on record while a message is worked on its last allowed receive. */
export function interruptionOf(
  message: ReceivedMessage,
  { failures: [failure], single, elementId }: Reading<unknown>,
  resolves: string | undefined,
): Failure {
  const failureId = single ? (failure?.failureId ?? resolves ?? elementId) : resolves;
  return {
    failureId: failureId ?? bodyFailureId(message.body),
    reason: interrupted,
    detail: `received ${message.receiveCount} times without being settled; unharmed, a redrive stores it`,
    body: message.body,
  };
}
