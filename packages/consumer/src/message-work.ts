import { isFailureId } from '@waybill/shared/failures/failure-id.ts';
import { failureIdAttribute } from '@waybill/shared/failures/failure-record.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { attributesOf } from '@waybill/shared/telemetry/traces/trace-span.ts';
import { settleInBatch } from './batch-settling.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { leaveCorrupted } from './corrupted.ts';
import type { Failure, FailureLog } from './failures/failure-log.ts';
import { Fifo } from './guard/fifo.ts';
import type { Guard } from './guard/guard.ts';
import type { HandBudget } from './hand-budget.ts';
import type { ElementFailure, Handler, Settlement } from './handler.ts';
import { interruptionOf, type LastReceives } from './last-receive.ts';
import type { HeldMessage } from './messages-in-hand.ts';
import { type MessageAtWork, SendOn } from './send-on.ts';
import { type SettleFailedDependencies, settleFailed } from './settle-failed.ts';

export type MessageWorkDependencies<Work, Lane extends string> = SettleFailedDependencies & {
  readonly metrics: Pick<ConsumerMetrics, 'sentOn'>;
  readonly log: Logger;
  readonly handler: Handler<Work, Lane>;
  readonly guard: Guard<Lane>;
  readonly failures: FailureLog;
  readonly lastReceives: LastReceives;
  readonly budget: Pick<HandBudget, 'fits' | 'begin'>;
  /** Undefined: the work on messages is not traced. */
  readonly traces?: Pick<QueueTraces, 'process'> | undefined;
};

/** A message whose work has begun. */
type BegunMessage<Work> = MessageAtWork<Work> & {
  /** Gives back the heap that its work took. */
  readonly end: () => void;
};

/** A message whose turn to be worked on alone has come, waiting for heap. */
type WaitingAlone<Work> = {
  readonly held: HeldMessage;
  /** Called with nothing when the message is being handed back. */
  readonly begin: (begun: BegunMessage<Work> | undefined) => void;
};

/** What is done with messages from their receive to their settlement: read, worked on together, settled one by one. */
export class MessageWork<Work, Lane extends string> {
  readonly #deps: MessageWorkDependencies<Work, Lane>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #atWork = new Set<MessageAtWork<Work>>();
  readonly #sendOn: SendOn<Work>;
  /** Messages whose work waits for heap. Until then only their text is kept. */
  readonly #waiting = new Fifo<HeldMessage>();
  /** These go first: the others of their kind wait for them. */
  readonly #waitingAlone = new Fifo<WaitingAlone<Work>>();

  constructor(deps: MessageWorkDependencies<Work, Lane>) {
    this.#deps = deps;
    this.#sendOn = new SendOn(deps);
    deps.workDeadline.addEventListener('abort', () => this.#beginWhatFits(), { once: true });
  }

  /** Messages whose work waits for heap. */
  get waiting(): number {
    return this.#waiting.length + this.#waitingAlone.length;
  }

  begin(messages: readonly HeldMessage[]): void {
    const intact = messages.filter(({ message }) => !message.isCorrupted);
    for (const held of messages) if (held.message.isCorrupted) this.#track(this.#leaveCorrupted(held));
    for (const held of intact) if (!this.#isLast(held)) this.#waiting.push(held);
    this.#beginWhatFits();
    for (const held of intact) if (this.#isLast(held)) this.#track(this.#workLast(held));
  }

  /** Finds out of messages that are not to be worked on any more, unless that is done, what their hand-back needs. */
  read(messages: readonly HeldMessage[]): void {
    // What arrived corrupted must not be sent anew.
    for (const held of messages) if (this.#isLast(held) && !held.message.isCorrupted) this.#interruptionOf(held);
  }

  /** Sends on what one throttled part of the engine keeps in hand. To be called while the hand is full. */
  makeRoom(): void {
    this.#sendOn.makeRoom(this.#atWork);
  }

  /** Resolves when no work is under way any more. */
  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #open(held: HeldMessage): MessageAtWork<Work> {
    const failureId = this.#failureIdOf(held);
    const reading = this.#deps.handler.read(held.message, failureId, held.span);
    return { held, reading, resolves: failureId ?? reading.resolves };
  }

  /** The record that the message names. */
  #failureIdOf({ message }: HeldMessage): string | undefined {
    const named = message.attributes[failureIdAttribute];
    return named !== undefined && isFailureId(named, this.#deps.handler.failureIds) ? named : undefined;
  }

  #isLast({ message }: HeldMessage): boolean {
    return message.receiveCount >= this.#deps.maxReceiveCount;
  }

  /** What is on record of a message on its last allowed receive. It is read for that, and again when its turn comes. */
  #interruptionOf(held: HeldMessage): Failure {
    if (held.interruption) return held.interruption;
    const { reading, resolves } = this.#open(held);
    held.interruption = interruptionOf(held.message, reading, resolves);
    return held.interruption;
  }

  /** Begins the work on what waits, in its order, as far as the heap allows. After the deadline nothing is worked on. */
  #beginWhatFits(): void {
    const { budget, inHand, workDeadline } = this.#deps;
    const mayLeave = ({ message }: HeldMessage) => workDeadline.aborted || budget.fits(message.body.length);
    for (let next = this.#waitingAlone.first; next && mayLeave(next.held); next = this.#waitingAlone.first) {
      this.#waitingAlone.shift();
      // Takes its heap now: the next one must not be told that there is as much as before.
      const isOver = workDeadline.aborted || next.held.isDone;
      next.begin(isOver ? undefined : this.#begin(next.held));
    }
    if (this.#waitingAlone.length > 0) return;
    const together: BegunMessage<Work>[] = [];
    for (let next = this.#waiting.first; next && mayLeave(next); next = this.#waiting.first) {
      this.#waiting.shift();
      // What was lost or handed back meanwhile will be received again.
      if (!workDeadline.aborted && inHand.holds(next)) together.push(this.#begin(next));
    }
    if (together.length > 0) this.#track(this.#work(together));
  }

  #begin(held: HeldMessage): BegunMessage<Work> {
    const { handler, budget, traces } = this.#deps;
    held.span = traces?.process(held.message);
    const opened = this.#open(held);
    return { ...opened, end: budget.begin(handler.heapBytes(opened.reading), held.message.body.length) };
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async #work(opened: readonly BegunMessage<Work>[]): Promise<void> {
    const { handler, guard, workDeadline } = this.#deps;
    const works = opened.map(({ reading }) => reading.work);
    // A handler that throws, or forgets a message, must not have any of them taken for done.
    const results = (async () => handler.work(works, guard, workDeadline))();
    const failedOf = async (index: number) => {
      const failed = await (await results)[index];
      if (!failed) throw new Error(`the handler returned nothing for message ${index + 1} of ${opened.length}`);
      return failed;
    };
    await Promise.all(
      opened.map(async (one, index) => {
        this.#atWork.add(one);
        await this.#unlessInterrupted(one, async () => {
          await this.#settle(one, await failedOf(index));
        });
        this.#atWork.delete(one);
        one.end();
        this.#beginWhatFits();
      }),
    );
  }

  async #workLast(held: HeldMessage): Promise<void> {
    const { lastReceives, workDeadline } = this.#deps;
    const work = async () => {
      const begun = await new Promise<BegunMessage<Work> | undefined>((resolve) => {
        this.#waitingAlone.push({ held, begin: resolve });
        this.#beginWhatFits();
      });
      if (begun) await this.#work([begun]);
    };
    await this.#unlessInterrupted({ held }, () => lastReceives.work(this.#interruptionOf(held), work, workDeadline));
  }

  async #leaveCorrupted(held: HeldMessage): Promise<void> {
    const onRecord = this.#failureIdOf(held);
    await this.#unlessInterrupted({ held }, () =>
      leaveCorrupted(held, { isLast: this.#isLast(held), onRecord }, this.#deps),
    );
  }

  /** Work that a stop interrupts stays in hand and is handed back. Any other error is ours: the message will be received again. */
  async #unlessInterrupted({ held }: Pick<MessageAtWork<Work>, 'held'>, work: () => Promise<void>): Promise<void> {
    const { workDeadline, inHand, log } = this.#deps;
    try {
      await work();
    } catch (error) {
      held.span?.fail(error);
      if (workDeadline.aborted) return;
      inHand.drop(held);
      held.isDone = true;
      const { messageId } = held.message;
      log.error({ err: error, messageId }, 'message not settled, it will be received again');
    }
  }

  async #settle(opened: MessageAtWork<Work>, failed: readonly ElementFailure[]): Promise<void> {
    const { handler, log } = this.#deps;
    const { held, reading } = opened;
    const settlement = await this.#settlementOf(opened, failed);
    held.isDone = true;
    const { messageId, receiveCount } = held.message;
    const { span } = held;
    const facts = handler.settled(reading.work, settlement);
    span?.end({ ...attributesOf(facts), 'waybill.settlement': settlement });
    const trace = span && { traceId: span.traceId };
    log.info({ messageId, receiveCount, ...facts, settlement, ...trace }, 'message settled');
  }

  /**
   * Deletes the message when all of it succeeded or what failed was split off; leaves it when what failed cannot be.
   * Rejects when the engines do not let it; then the message is still in hand.
   */
  async #settlementOf(one: MessageAtWork<Work>, failed: readonly ElementFailure[]): Promise<Settlement> {
    const { held, reading, resolves, rest } = one;
    const { guard, failures: failureLog, batches, inHand, lastReceives, workDeadline } = this.#deps;
    const isOurs = inHand.holds(held);
    // A message of one element that carries the id of a record fails on that record again.
    const onRecord = reading.single && resolves !== undefined ? { failureId: resolves } : {};
    const failures = [...reading.failures, ...failed.map((failure) => ({ ...failure, ...onRecord }))];
    const hasRest = rest !== undefined;
    const settlement =
      failures.length > 0
        ? await settleFailed(failures, held, { ...reading, resolves, hasRest }, this.#deps)
        : 'deleted';
    if (settlement === 'lost') return settlement;
    if (settlement !== 'left') {
      if (rest) await this.#sendOn.send(rest);
      // What carries the record's id is not done yet.
      else if (resolves !== undefined) await guard.execute(resolves, () => failureLog.resolve(resolves), workDeadline);
      if (batches && !hasRest) await settleInBatch(one, { isAllDone: settlement === 'deleted' }, this.#deps);
      await inHand.delete(held);
    }
    // A message that was lost on its last allowed receive goes to the DLQ, and the record says why.
    if (held.interruption && isOurs) {
      lastReceives.endTurn(held.interruption);
      const { failureId } = held.interruption;
      await guard.execute(failureId, () => failureLog.removeInterruption(failureId), workDeadline);
    }
    return rest && settlement === 'deleted' ? 'sent on' : settlement;
  }
}
