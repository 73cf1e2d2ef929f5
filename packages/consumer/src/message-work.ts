import type { Logger } from '@waybill/shared/process/logger.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { failureIdAttribute, isFailureId } from './failures/failure-id.ts';
import type { FailureLog } from './failures/failure-log.ts';
import type { Guard } from './guard/guard.ts';
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
};

/** What is done with messages from their receive to their settlement: read, worked on together, settled one by one. */
export class MessageWork<Work, Lane extends string> {
  readonly #deps: MessageWorkDependencies<Work, Lane>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #atWork = new Set<MessageAtWork<Work>>();
  readonly #sendOn: SendOn<Work>;

  constructor(deps: MessageWorkDependencies<Work, Lane>) {
    this.#deps = deps;
    this.#sendOn = new SendOn(deps);
  }

  begin(messages: readonly HeldMessage[]): void {
    const opened = messages.map((held) => this.#open(held));
    const together = opened.filter(({ held }) => held.interruption === undefined);
    if (together.length > 0) this.#track(this.#work(together));
    for (const one of opened) if (one.held.interruption) this.#track(this.#workLast(one));
  }

  /** Reads messages that are not to be worked on any more, unless that is done, for what their hand-back needs. */
  read(messages: readonly HeldMessage[]): void {
    for (const held of messages) if (!held.isRead) this.#open(held);
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
    const { handler, maxReceiveCount } = this.#deps;
    const { message } = held;
    const named = message.attributes[failureIdAttribute];
    const failureId = named !== undefined && isFailureId(named, handler.failureIds) ? named : undefined;
    const reading = handler.read(message, failureId);
    held.isRead = true;
    const resolves = failureId ?? reading.resolves;
    if (message.receiveCount >= maxReceiveCount) held.interruption = interruptionOf(message, reading, resolves);
    return { held, reading, resolves };
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async #work(opened: readonly MessageAtWork<Work>[]): Promise<void> {
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
      opened.map((one, index) =>
        this.#unlessInterrupted(one, async () => {
          await this.#settle(one, await failedOf(index));
        }),
      ),
    );
  }

  async #workLast(one: MessageAtWork<Work>): Promise<void> {
    const { lastReceives, workDeadline } = this.#deps;
    const { interruption } = one.held;
    if (!interruption) return;
    await this.#unlessInterrupted(one, () => lastReceives.work(interruption, () => this.#work([one]), workDeadline));
  }

  /** Work that a stop interrupts stays in hand and is handed back. Any other error is ours: the message will be received again. */
  async #unlessInterrupted(one: MessageAtWork<Work>, work: () => Promise<void>): Promise<void> {
    const { workDeadline, inHand, log } = this.#deps;
    const { held } = one;
    this.#atWork.add(one);
    try {
      await work();
    } catch (error) {
      if (workDeadline.aborted) return;
      inHand.drop(held);
      held.isDone = true;
      const { messageId } = held.message;
      log.error({ err: error, messageId }, 'message not settled, it will be received again');
    } finally {
      this.#atWork.delete(one);
    }
  }

  async #settle(opened: MessageAtWork<Work>, failed: readonly ElementFailure[]): Promise<void> {
    const { handler, log } = this.#deps;
    const { held, reading } = opened;
    const settlement = await this.#settlementOf(opened, failed);
    held.isDone = true;
    const { messageId, receiveCount } = held.message;
    log.info({ messageId, receiveCount, ...handler.settled(reading.work, settlement), settlement }, 'message settled');
  }

  /**
   * Deletes the message when all of it succeeded or what failed was split off; leaves it when what failed cannot be.
   * Rejects when the engines do not let it; then the message is still in hand.
   */
  async #settlementOf(one: MessageAtWork<Work>, failed: readonly ElementFailure[]): Promise<Settlement> {
    const { held, reading, resolves, rest } = one;
    const { guard, failures: failureLog, inHand, workDeadline } = this.#deps;
    const isOurs = inHand.holds(held);
    // A message of one element that carries the id of a record fails on that record again.
    const onRecord = reading.single && resolves !== undefined ? { failureId: resolves } : {};
    const failures = [...reading.failures, ...failed.map((failure) => ({ ...failure, ...onRecord }))];
    const settlement = failures.length > 0 ? await settleFailed(failures, held, reading, this.#deps) : 'deleted';
    if (settlement === 'lost') return settlement;
    if (settlement !== 'left') {
      if (rest) await this.#sendOn.send(rest);
      // What carries the record's id is not done yet.
      else if (resolves !== undefined) await guard.execute(resolves, () => failureLog.resolve(resolves), workDeadline);
      await inHand.delete(held);
    }
    // A message that was lost on its last allowed receive goes to the DLQ, and the record says why.
    if (held.interruption && isOurs) {
      const { failureId } = held.interruption;
      await guard.execute(failureId, () => failureLog.removeInterruption(failureId), workDeadline);
    }
    return rest && settlement === 'deleted' ? 'sent on' : settlement;
  }
}
