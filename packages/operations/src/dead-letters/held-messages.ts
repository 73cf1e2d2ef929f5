import type { Clock, Random } from '@waybill/shared/clock.ts';
import { gone, type MessageConsumer, type VisibilityChange } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';

export type HoldingDependencies = {
  readonly queue: Pick<MessageConsumer, 'changeVisibilityBatch'>;
  readonly clock: Clock;
  readonly random: Random;
};

/** Batches in flight at once. From a laptop a call takes 100 ms: 80 messages in that time. */
const concurrency = 8;
const backoff: Backoff = { firstMs: 100, maxMs: 2_000 };
/** Attempts of one batch; then its messages return by themselves when their visibility ends. */
const mostAttempts = 6;
/** Milliseconds between two looks at what has to be renewed, at most; a twentieth of the visibility where that is less. */
const lookEachMs = 5_000;

/**
 * Messages that nobody else receives while an act runs. Of each only the receipt handle is kept, some 400 bytes on AWS, so
 * that 100,000 of them take 40 MB.
 */
export class HeldMessages {
  readonly #deps: HoldingDependencies;
  readonly #visibilityMs: number;
  /** By receipt handle: when its visibility ends, by the monotonic clock. The first ends first. */
  readonly #endsAt = new Map<string, number>();
  readonly #ended = new AbortController();
  #renewing: Promise<void> = Promise.resolve();

  constructor(deps: HoldingDependencies, visibilitySeconds: number) {
    this.#deps = deps;
    this.#visibilityMs = visibilitySeconds * 1_000;
  }

  get size(): number {
    return this.#endsAt.size;
  }

  /** @param receivedAt when the receive was begun, by the monotonic clock */
  hold(receiptHandle: string, receivedAt: number): void {
    this.#endsAt.set(receiptHandle, receivedAt + this.#visibilityMs);
  }

  /** It is deleted, or about to come back by itself. */
  letGo(receiptHandle: string): void {
    this.#endsAt.delete(receiptHandle);
  }

  /** Renews what is held for as long as the act runs: each message when half of its visibility has passed. */
  startRenewing(): void {
    this.#renewing = this.#renew();
  }

  /** Makes all messages visible again. Returns how many SQS did not take back; they return when their visibility ends. */
  async handBack(): Promise<number> {
    this.#ended.abort();
    await this.#renewing;
    const handles = [...this.#endsAt.keys()];
    this.#endsAt.clear();
    const left = await this.#change(handles, 0);
    return left.length;
  }

  async #renew(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await clock.sleep(Math.min(lookEachMs, this.#visibilityMs / 20), signal);
      const now = clock.monotonic();
      const due: string[] = [];
      for (const [handle, endsAt] of this.#endsAt) {
        if (endsAt - now > this.#visibilityMs / 2) break;
        due.push(handle);
      }
      if (signal.aborted || due.length === 0) continue;
      const left = new Set(await this.#change(due, this.#visibilityMs / 1_000));
      for (const handle of due) {
        // One that is not confirmed stays in front, and is tried again with the next look. Others were let go meanwhile.
        if (left.has(handle) || !this.#endsAt.delete(handle)) continue;
        this.#endsAt.set(handle, now + this.#visibilityMs);
      }
    }
  }

  /** Returns the handles of which SQS did not confirm the change. Those that are gone are no longer ours, and nothing is left to do. */
  async #change(handles: readonly string[], seconds: number): Promise<readonly string[]> {
    const waiting = batchesOf(handles).values();
    const left: string[] = [];
    // Nobody waits for thousands of batches, each tried several times, while SQS is away.
    let isAway = false;
    const worker = async () => {
      for (const batch of waiting) {
        const isOver = isAway || (seconds > 0 && this.#ended.signal.aborted);
        const unchanged = isOver ? batch : await this.#changeBatch(batch, seconds);
        isAway ||= unchanged.length === batch.length;
        left.push(...unchanged);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return left;
  }

  async #changeBatch(handles: readonly string[], seconds: number): Promise<readonly string[]> {
    const { queue, clock, random } = this.#deps;
    let remaining: readonly VisibilityChange[] = handles.map((receiptHandle) => ({ receiptHandle, seconds }));
    const attempt = async () => {
      const failures = await queue.changeVisibilityBatch(remaining);
      for (const { index, code } of failures) {
        const change = remaining[index];
        if (change && code === gone) this.letGo(change.receiptHandle);
      }
      remaining = failures.flatMap(({ index, code }) => (code === gone ? [] : (remaining[index] ?? [])));
      if (remaining.length > 0) throw new Error('some entries were not confirmed');
    };
    const onFailure = (error: unknown, attempts: number) => {
      if (attempts + 1 >= mostAttempts) throw error;
    };
    try {
      await retry(attempt, { clock, random, backoff, onFailure, signal: new AbortController().signal });
    } catch {
      // Counted by the caller: a handle that is not confirmed is all that there is to say.
    }
    return remaining.map(({ receiptHandle }) => receiptHandle);
  }
}

function batchesOf(handles: readonly string[]): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < handles.length; start += limits.batchEntries) {
    batches.push(handles.slice(start, start + limits.batchEntries));
  }
  return batches;
}
