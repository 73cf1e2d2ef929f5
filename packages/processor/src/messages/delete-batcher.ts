import type { Clock, Random } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { MessageConsumer } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';

export type DeleteDependencies = {
  readonly queue: Pick<MessageConsumer, 'deleteBatch'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onFailure: (error: unknown) => void;
};

type Waiting = { readonly handle: string; readonly resolve: () => void; readonly reject: (error: unknown) => void };

/** Time that a delete waits for others to share its request: ten to a request from 40 messages (some 4,000 events) a second on. The message stays under heartbeat meanwhile. */
const lingerMs = 250;
const deleteBackoff: Backoff = { firstMs: 200, maxMs: 5_000 };

/** Deletes messages ten to a request, and again until SQS has confirmed each. */
export class DeleteBatcher {
  readonly #dependencies: DeleteDependencies;
  readonly #signal: AbortSignal;
  #waiting: Waiting[] = [];
  #lingering = false;

  /** Once `signal` aborts, deletes that fail are not tried again. */
  constructor(dependencies: DeleteDependencies, signal: AbortSignal) {
    this.#dependencies = dependencies;
    this.#signal = signal;
  }

  /** Resolves when the message is deleted or no longer ours; rejects once the signal has aborted. */
  delete(handle: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ handle, resolve, reject });
    if (this.#waiting.length >= limits.batchEntries) this.#flush();
    else if (!this.#lingering) void this.#linger();
    return promise;
  }

  async #linger(): Promise<void> {
    this.#lingering = true;
    await this.#dependencies.clock.sleep(lingerMs, this.#signal);
    this.#lingering = false;
    this.#flush();
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) void this.#deleteAll(batch);
  }

  async #deleteAll(batch: readonly Waiting[]): Promise<void> {
    const { queue, clock, random, onFailure } = this.#dependencies;
    let remaining = batch;
    try {
      await retry(
        async () => {
          const failures = await queue.deleteBatch(remaining.map(({ handle }) => handle));
          const failed = new Set(failures.map(({ index }) => index));
          for (const [index, deleted] of remaining.entries()) if (!failed.has(index)) deleted.resolve();
          remaining = remaining.filter((_, index) => failed.has(index));
          const first = failures[0];
          if (first)
            throw new WaybillError(
              'QUEUE_REFUSED',
              `SQS did not delete ${failures.length} messages: ${first.code} ${first.detail}`,
            );
        },
        { clock, random, signal: this.#signal, backoff: deleteBackoff, onFailure },
      );
    } catch (error) {
      for (const waiting of remaining) waiting.reject(error);
    }
  }
}
