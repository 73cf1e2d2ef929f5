import type { Clock, Random } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { gone, type MessageConsumer, type ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { Failure } from './failures/failure-log.ts';

/** A message that this process has received and not yet settled. */
export type HeldMessage = {
  readonly message: ReceivedMessage;
  /** Monotonic milliseconds. */
  readonly receivedAt: number;
  /** Monotonic milliseconds from which its visibility timeout runs. */
  renewedAt: number;
  /** A renewal under way. */
  renewal: Promise<void> | undefined;
  /** Set on its last allowed receive, when its work is asked for: the failure record that exists while it is worked on. */
  interruption: Failure | undefined;
  /** Settled, or already being handed back. */
  isDone: boolean;
  /** Of the work on it, once that has begun, where the message is traced. */
  span?: TraceSpan | undefined;
};

export type InHandDependencies = {
  readonly queue: Pick<MessageConsumer, 'changeVisibilityBatch' | 'deleteBatch'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Pick<ConsumerMetrics, 'inHand'>;
  readonly visibilityTimeoutMs: number;
  /** Called for a message that cannot be renewed again, to hand it back. It is no longer in hand, but is ours for one more visibility timeout. */
  readonly onLimit: (held: HeldMessage) => void;
  /** After it aborts, deletes that fail are not retried. */
  readonly signal: AbortSignal;
};

type Deletion = { readonly handle: string; readonly resolve: () => void; readonly reject: (error: unknown) => void };

/** A renewal is due after this share of the visibility timeout. It is checked every tenth, so it is made before half has passed. */
const dueAfterShare = 0.35;
const checkEachShare = 0.1;
/** Time that a delete waits for others to share its request: from 40 messages per second on, ten share one. The heartbeat goes on meanwhile. */
const lingerMs = 250;
const deleteBackoff: Backoff = { firstMs: 200, maxMs: 5_000 };

/**
 * The messages in hand, from their receive to their delete. The visibility of each is renewed for as long as it is held,
 * at most until SQS's 12 hours after its receive. Renewals and deletes go ten to a request.
 */
export class MessagesInHand {
  readonly #deps: InHandDependencies;
  readonly #held = new Set<HeldMessage>();
  #bytes = 0;
  #toDelete: Deletion[] = [];
  #isLingering = false;

  constructor(deps: InHandDependencies) {
    this.#deps = deps;
  }

  /** Milliseconds between two checks of what is due. */
  get checkEachMs(): number {
    return this.#deps.visibilityTimeoutMs * checkEachShare;
  }

  get count(): number {
    return this.#held.size;
  }

  /** Characters of all bodies in hand. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest message in hand was received, monotonic milliseconds; infinite when none is in hand. */
  get oldestMs(): number {
    // A set keeps the order in which it was filled.
    for (const { receivedAt } of this.#held) return receivedAt;
    return Number.POSITIVE_INFINITY;
  }

  take(messages: readonly ReceivedMessage[]): HeldMessage[] {
    const now = this.#deps.clock.monotonic();
    const held = messages.map(
      (message): HeldMessage => ({
        message,
        receivedAt: now,
        renewedAt: now,
        renewal: undefined,
        interruption: undefined,
        isDone: false,
        span: undefined,
      }),
    );
    for (const one of held) {
      this.#held.add(one);
      this.#bytes += one.message.body.length;
    }
    this.#deps.metrics.inHand.record(this.#held.size);
    return held;
  }

  /** Whether the message is still held: not settled, and not lost. */
  holds(message: HeldMessage): boolean {
    return this.#held.has(message);
  }

  /** Ends the heartbeat of a message that is settled or lost. */
  drop(message: HeldMessage): void {
    if (this.#held.delete(message)) this.#bytes -= message.message.body.length;
    this.#deps.metrics.inHand.record(this.#held.size);
  }

  /**
   * Ends the heartbeat, and waits for a renewal under way: it must not come after the visibility that the caller is
   * about to set.
   */
  async release(message: HeldMessage): Promise<void> {
    this.drop(message);
    await message.renewal;
  }

  remaining(): readonly HeldMessage[] {
    return [...this.#held];
  }

  /**
   * Deletes the message. Retries until SQS has confirmed it or the message is no longer ours; rejects after the signal has
   * aborted. One on its last allowed receive does not wait for others to share its request: the next one waits for it.
   */
  async delete(held: HeldMessage): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#toDelete.push({ handle: held.message.receiptHandle, resolve, reject });
    if (this.#toDelete.length >= limits.batchEntries || held.interruption) void this.#deleteAll();
    else if (!this.#isLingering) void this.#linger();
    await promise;
    this.drop(held);
  }

  async #linger(): Promise<void> {
    this.#isLingering = true;
    await this.#deps.clock.sleep(lingerMs, this.#deps.signal);
    this.#isLingering = false;
    if (this.#toDelete.length > 0) void this.#deleteAll();
  }

  async #deleteAll(): Promise<void> {
    const { queue, clock, random, log, signal } = this.#deps;
    let remaining = this.#toDelete;
    this.#toDelete = [];
    const attempt = async () => {
      const failures = await queue.deleteBatch(remaining.map(({ handle }) => handle));
      const failed = new Set(failures.map(({ index }) => index));
      for (const [index, deletion] of remaining.entries()) if (!failed.has(index)) deletion.resolve();
      remaining = remaining.filter((_, index) => failed.has(index));
      const [first] = failures;
      if (!first) return;
      const text = `SQS did not delete ${counted(failures.length, 'message')}: ${first.code} ${first.detail}`;
      throw new WaybillError('QUEUE_REFUSED', text);
    };
    const onFailure = (error: unknown) => log.warn({ err: error }, 'messages not deleted, will be retried');
    try {
      await retry(attempt, { clock, random, signal, backoff: deleteBackoff, onFailure });
    } catch (error) {
      for (const deletion of remaining) deletion.reject(error);
    }
  }

  /** The heartbeat, on a clock of its own. Runs until `signal` aborts; never rejects. A renewal that hangs does not delay the others. */
  async run(clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#renewDue(clock.monotonic());
      await clock.sleep(this.checkEachMs, signal);
    }
  }

  #renewDue(now: number): void {
    const { visibilityTimeoutMs, onLimit } = this.#deps;
    const lastRenewal = (limits.visibilitySeconds - 1) * 1_000 - visibilityTimeoutMs;
    const due: HeldMessage[] = [];
    for (const held of this.#held) {
      if (held.renewal || now - held.renewedAt < visibilityTimeoutMs * dueAfterShare) continue;
      if (now - held.receivedAt <= lastRenewal) {
        due.push(held);
      } else {
        this.drop(held);
        onLimit(held);
      }
    }
    for (let start = 0; start < due.length; start += limits.batchEntries) {
      const batch = due.slice(start, start + limits.batchEntries);
      const renewal = this.#renew(batch, now);
      for (const held of batch) held.renewal = renewal;
    }
  }

  async #renew(batch: readonly HeldMessage[], now: number): Promise<void> {
    const { queue, visibilityTimeoutMs, log } = this.#deps;
    try {
      const failures = await queue.changeVisibilityBatch(
        batch.map(({ message }) => ({ receiptHandle: message.receiptHandle, seconds: visibilityTimeoutMs / 1_000 })),
      );
      const failed = new Map(failures.map((failure) => [failure.index, failure]));
      for (const [index, held] of batch.entries()) {
        const failure = failed.get(index);
        if (!failure) held.renewedAt = now;
        else if (failure.code === gone && this.#held.has(held)) this.#lose(held);
      }
    } catch (error) {
      // Tried again at the next check. A message that expires meanwhile is received again, and its work is done again.
      log.warn({ err: error }, 'visibility not renewed, will be retried');
    } finally {
      for (const held of batch) held.renewal = undefined;
    }
  }

  #lose(held: HeldMessage): void {
    this.drop(held);
    const { messageId } = held.message;
    this.#deps.log.warn({ messageId }, 'message lost: its visibility timeout ended, it will be received again');
  }
}
