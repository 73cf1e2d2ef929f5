import type { Clock } from '@waybill/shared/clock.ts';
import { gone, type MessageConsumer, type ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';

/** A message that this process has received and not yet settled. */
export type HeldMessage = {
  readonly message: ReceivedMessage;
  /** Monotonic milliseconds. */
  readonly receivedAt: number;
  /** Monotonic milliseconds from which its visibility timeout runs. */
  renewedAt: number;
  /** A renewal under way. */
  renewal: Promise<void> | undefined;
};

export type InHandDependencies = {
  readonly queue: Pick<MessageConsumer, 'changeVisibilityBatch'>;
  readonly clock: Clock;
  readonly visibilityTimeoutMs: number;
  readonly onRenewalFailure: (error: unknown) => void;
  /** The message is no longer ours: it comes again, here or elsewhere. */
  readonly onLost: (message: ReceivedMessage) => void;
  /** It cannot be renewed any more, though it is ours for one visibility timeout yet: hand it back. No longer in hand. */
  readonly onLimit: (held: HeldMessage) => void;
  readonly onCount: (held: number) => void;
};

/** A renewal is due after this share of the visibility timeout; with a look each tenth it is made before half has passed. */
const dueAfterShare = 0.35;
const lookEachShare = 0.1;

/**
 * The messages in hand, buffered ones included, and their heartbeat: each one's visibility is renewed for as long as it
 * is held, at most until SQS's 12 hours after its receive. A renewal that hangs keeps no other waiting.
 */
export class MessagesInHand {
  readonly #dependencies: InHandDependencies;
  readonly #held = new Set<HeldMessage>();
  #bytes = 0;

  constructor(dependencies: InHandDependencies) {
    this.#dependencies = dependencies;
  }

  /** Milliseconds between two looks at what is due. */
  get lookEachMs(): number {
    return this.#dependencies.visibilityTimeoutMs * lookEachShare;
  }

  get count(): number {
    return this.#held.size;
  }

  /** Characters of all bodies in hand. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Monotonic milliseconds at which the message was received that has been in hand for longest; infinite where none is. */
  get oldestMs(): number {
    // A set keeps the order in which it was filled.
    for (const { receivedAt } of this.#held) return receivedAt;
    return Number.POSITIVE_INFINITY;
  }

  take(messages: readonly ReceivedMessage[]): HeldMessage[] {
    const now = this.#dependencies.clock.monotonic();
    const held = messages.map((message) => ({ message, receivedAt: now, renewedAt: now, renewal: undefined }));
    for (const one of held) {
      this.#held.add(one);
      this.#bytes += one.message.body.length;
    }
    this.#dependencies.onCount(this.#held.size);
    return held;
  }

  /** Whether the message is still held: not settled, and not lost. */
  holds(message: HeldMessage): boolean {
    return this.#held.has(message);
  }

  /** Ends the heartbeat of a message that is settled or lost. */
  drop(message: HeldMessage): void {
    if (this.#held.delete(message)) this.#bytes -= message.message.body.length;
    this.#dependencies.onCount(this.#held.size);
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

  /** The heartbeat. Turns until `signal` aborts; never rejects. */
  async run(signal: AbortSignal, tick: () => void): Promise<void> {
    while (!signal.aborted) {
      tick();
      this.#renewDue();
      await this.#dependencies.clock.sleep(this.lookEachMs, signal);
    }
  }

  #renewDue(): void {
    const { clock, visibilityTimeoutMs, onLimit } = this.#dependencies;
    const now = clock.monotonic();
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
    const { queue, visibilityTimeoutMs, onRenewalFailure } = this.#dependencies;
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
      // Tried again at the next look; what expires meanwhile comes again and is merged again.
      onRenewalFailure(error);
    } finally {
      for (const held of batch) held.renewal = undefined;
    }
  }

  #lose(held: HeldMessage): void {
    this.drop(held);
    this.#dependencies.onLost(held.message);
  }
}
