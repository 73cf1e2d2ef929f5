import type { Clock } from '@waybill/shared/clock.ts';
import { gone, type MessageConsumer, type ReceivedMessage } from '@waybill/shared/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';

/** A message that this process has received and not yet settled. */
export type HeldMessage = {
  readonly message: ReceivedMessage;
  /** Monotonic milliseconds. */
  readonly receivedAt: number;
  /** Monotonic milliseconds from which its visibility timeout runs. */
  renewedAt: number;
};

export type InHandDependencies = {
  readonly queue: Pick<MessageConsumer, 'changeVisibilityBatch'>;
  readonly clock: Clock;
  readonly visibilityTimeoutSeconds: number;
  readonly onRenewal: (entries: number) => void;
  readonly onRenewalFailure: (error: unknown) => void;
  /** The message is no longer ours: it comes again, here or elsewhere. */
  readonly onLost: (message: ReceivedMessage) => void;
  readonly onCount: (held: number) => void;
};

/** A renewal is due after this share of the visibility timeout; with a look each tenth it is made before half has passed. */
const dueAfterShare = 0.35;
const lookEachShare = 0.1;

/**
 * The messages in hand, buffered ones included, and their heartbeat: each one's visibility is renewed for as long as it
 * is held, at most until SQS's 12 hours after its receive.
 */
export class MessagesInHand {
  readonly #dependencies: InHandDependencies;
  readonly #held = new Set<HeldMessage>();

  constructor(dependencies: InHandDependencies) {
    this.#dependencies = dependencies;
  }

  get count(): number {
    return this.#held.size;
  }

  take(messages: readonly ReceivedMessage[]): HeldMessage[] {
    const now = this.#dependencies.clock.monotonic();
    const held = messages.map((message) => ({ message, receivedAt: now, renewedAt: now }));
    for (const message of held) this.#held.add(message);
    this.#dependencies.onCount(this.#held.size);
    return held;
  }

  /** Whether the message is still held: not settled, and not lost. */
  holds(message: HeldMessage): boolean {
    return this.#held.has(message);
  }

  /** Ends the heartbeat of a message that is settled or lost. */
  drop(message: HeldMessage): void {
    this.#held.delete(message);
    this.#dependencies.onCount(this.#held.size);
  }

  remaining(): readonly HeldMessage[] {
    return [...this.#held];
  }

  /** The heartbeat. Turns until `signal` aborts; never rejects. */
  async run(signal: AbortSignal, tick: () => void): Promise<void> {
    const { clock, visibilityTimeoutSeconds } = this.#dependencies;
    while (!signal.aborted) {
      tick();
      await this.#renewDue();
      await clock.sleep(visibilityTimeoutSeconds * 1_000 * lookEachShare, signal);
    }
  }

  async #renewDue(): Promise<void> {
    const { clock, visibilityTimeoutSeconds } = this.#dependencies;
    const now = clock.monotonic();
    const due = [...this.#held].filter(
      (held) => now - held.renewedAt >= visibilityTimeoutSeconds * 1_000 * dueAfterShare,
    );
    const batches = Array.from({ length: Math.ceil(due.length / limits.batchEntries) }, (_, index) =>
      due.slice(index * limits.batchEntries, (index + 1) * limits.batchEntries),
    );
    await Promise.all(batches.map((batch) => this.#renew(batch, now)));
  }

  async #renew(batch: readonly HeldMessage[], now: number): Promise<void> {
    const { queue, visibilityTimeoutSeconds, onRenewal, onRenewalFailure } = this.#dependencies;
    const renewable = batch.flatMap((held) => {
      const left = limits.visibilitySeconds - Math.ceil((now - held.receivedAt) / 1_000) - 1;
      if (left > 0) return [{ held, seconds: Math.min(visibilityTimeoutSeconds, left) }];
      this.#lose(held);
      return [];
    });
    if (renewable.length === 0) return;
    try {
      onRenewal(renewable.length);
      const failures = await queue.changeVisibilityBatch(
        renewable.map(({ held, seconds }) => ({ receiptHandle: held.message.receiptHandle, seconds })),
      );
      const failed = new Map(failures.map((failure) => [failure.index, failure]));
      for (const [index, { held }] of renewable.entries()) {
        const failure = failed.get(index);
        if (!failure) held.renewedAt = now;
        else if (failure.code === gone && this.#held.has(held)) this.#lose(held);
      }
    } catch (error) {
      // Tried again at the next look; what expires meanwhile comes again and is merged again.
      onRenewalFailure(error);
    }
  }

  #lose(held: HeldMessage): void {
    this.drop(held);
    this.#dependencies.onLost(held.message);
  }
}
