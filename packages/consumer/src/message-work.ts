import type { Logger } from '@waybill/shared/process/logger.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { bodyFailureId, failureIdAttribute, isFailureId } from './failures/failure-id.ts';
import type { FailureLog } from './failures/failure-log.ts';
import type { Guard } from './guard/guard.ts';
import type { ElementFailure, Handler, Reading, Settlement } from './handler.ts';
import { interruptionOf, type LastReceives } from './last-receive.ts';
import type { HeldMessage } from './messages-in-hand.ts';
import { leave, recordFailure, type SettleFailedDependencies, settleFailed } from './settle-failed.ts';

export type MessageWorkDependencies<Work, Lane extends string> = SettleFailedDependencies & {
  readonly log: Logger;
  readonly handler: Handler<Work, Lane>;
  readonly guard: Guard<Lane>;
  readonly failures: FailureLog;
  readonly lastReceives: LastReceives;
};

/** A message in hand and what it holds. */
type OpenedMessage<Work> = {
  readonly held: HeldMessage;
  readonly reading: Reading<Work>;
  /** The record to resolve when all of it succeeds. */
  readonly resolves: string | undefined;
};

/** What is done with messages from their receive to their settlement: read, worked on together, settled one by one. */
export class MessageWork<Work, Lane extends string> {
  readonly #deps: MessageWorkDependencies<Work, Lane>;
  readonly #underWay = new Set<Promise<void>>();

  constructor(deps: MessageWorkDependencies<Work, Lane>) {
    this.#deps = deps;
  }

  begin(messages: readonly HeldMessage[]): void {
    const all = messages.map((held) => this.#open(held));
    const opened = all.filter(({ held }) => !held.message.isCorrupted);
    for (const one of all) if (one.held.message.isCorrupted) this.#track(this.#leaveCorrupted(one));
    const together = opened.filter(({ held }) => held.interruption === undefined);
    if (together.length > 0) this.#track(this.#work(together));
    for (const one of opened) if (one.held.interruption) this.#track(this.#workLast(one));
  }

  /** Reads messages that are not to be worked on any more, unless that is done, for what their hand-back needs. */
  read(messages: readonly HeldMessage[]): void {
    for (const held of messages) if (!held.isRead) this.#open(held);
  }

  /** Resolves when no work is under way any more. */
  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #open(held: HeldMessage): OpenedMessage<Work> {
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

  async #work(opened: readonly OpenedMessage<Work>[]): Promise<void> {
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

  async #workLast(one: OpenedMessage<Work>): Promise<void> {
    const { lastReceives, workDeadline } = this.#deps;
    const { interruption } = one.held;
    if (!interruption) return;
    await this.#unlessInterrupted(one, () => lastReceives.work(interruption, () => this.#work([one]), workDeadline));
  }

  /** A body that another one arrived in place of may arrive intact next time. If not, it goes to the DLQ with a reason. */
  async #leaveCorrupted(one: OpenedMessage<Work>): Promise<void> {
    const { log } = this.#deps;
    const { message, interruption } = one.held;
    const { messageId, receiveCount } = message;
    log.warn({ messageId, receiveCount }, 'message arrived with another body than was sent, it will be received again');
    const failure = corruptedBody(message, one.resolves);
    await this.#unlessInterrupted(one, async () => {
      if (interruption) await recordFailure(failure, one.held, this.#deps);
      await leave(one.held, [failure], this.#deps);
      one.held.isDone = true;
    });
  }

  /** Work that a stop interrupts stays in hand and is handed back. Any other error is ours: the message will be received again. */
  async #unlessInterrupted({ held }: OpenedMessage<Work>, work: () => Promise<void>): Promise<void> {
    const { workDeadline, inHand, log } = this.#deps;
    try {
      await work();
    } catch (error) {
      if (workDeadline.aborted) return;
      inHand.drop(held);
      held.isDone = true;
      const { messageId } = held.message;
      log.error({ err: error, messageId }, 'message not settled, it will be received again');
    }
  }

  async #settle(opened: OpenedMessage<Work>, failed: readonly ElementFailure[]): Promise<void> {
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
  async #settlementOf(
    { held, reading, resolves }: OpenedMessage<Work>,
    failed: readonly ElementFailure[],
  ): Promise<Settlement> {
    const { guard, failures: failureLog, inHand, workDeadline } = this.#deps;
    const isOurs = inHand.holds(held);
    // A message of one element that carries the id of a record fails on that record again.
    const onRecord = reading.single && resolves !== undefined ? { failureId: resolves } : {};
    const failures = [...reading.failures, ...failed.map((failure) => ({ ...failure, ...onRecord }))];
    const settlement = failures.length > 0 ? await settleFailed(failures, held, reading, this.#deps) : 'deleted';
    if (settlement === 'lost') return settlement;
    if (settlement !== 'left') {
      if (resolves !== undefined) await guard.execute(resolves, () => failureLog.resolve(resolves), workDeadline);
      await inHand.delete(held);
    }
    // A message that was lost on its last allowed receive goes to the DLQ, and the record says why.
    if (held.interruption && isOurs) {
      const { failureId } = held.interruption;
      await guard.execute(failureId, () => failureLog.removeInterruption(failureId), workDeadline);
    }
    return settlement;
  }
}

function corruptedBody({ body }: ReceivedMessage, failureId: string | undefined): ElementFailure {
  return {
    failureId: failureId ?? bodyFailureId(body),
    reason: 'BODY_CORRUPTED',
    detail: 'the checksum that SQS sent is not that of the body that arrived; redrive it, the queue may have it intact',
    body,
    splitBody: undefined,
    mayHeal: true,
  };
}
