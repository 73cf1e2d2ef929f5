import type { Clock } from '../clock.ts';
import type { QueueDepth } from './message-queue.ts';

/** Milliseconds between two requests for the depth: each is billed, and the count lags by about a minute anyway. */
const askEveryMs = 5_000;

export type QueueCapacityDependencies = {
  readonly queue: QueueDepth;
  /** `MAX_QUEUE_MESSAGES`; 0 for no limit. */
  readonly maxQueueMessages: number;
  /** Told each depth. `isChange`: the queue became full, or is not full any more. */
  readonly onDepth: (seen: { readonly depth: number; readonly isFull: boolean; readonly isChange: boolean }) => void;
  /** The depth could not be asked for. */
  readonly onFailure: (error: unknown) => void;
};

/** Resolves while the queue has capacity for another page, or when the signal aborts. Waits by the clock of the caller's loop. */
export type WhenCapacity = (clock: Clock, signal: AbortSignal) => Promise<void>;

/**
 * Lets its callers wait while the queue holds more messages than the limit, as far as that was asked in the last seconds.
 * A queue that does not respond does not pause the reading: the next send fails soon enough. Several may wait at once.
 */
export function whenQueueHasCapacity(deps: QueueCapacityDependencies): WhenCapacity {
  const { queue, maxQueueMessages, onDepth, onFailure } = deps;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isFull = false;
  let asking: Promise<void> | undefined;
  const ask = async (clock: Clock, signal: AbortSignal) => {
    if (isFull) await clock.sleep(askEveryMs, signal);
    if (signal.aborted) return;
    const depth = await queue.depth().catch((error: unknown) => {
      onFailure(error);
      return 0;
    });
    askedAt = clock.monotonic();
    const wasFull = isFull;
    isFull = depth > maxQueueMessages;
    onDepth({ depth, isFull, isChange: isFull !== wasFull });
  };
  return async (clock, signal) => {
    if (maxQueueMessages === 0) return;
    while (!signal.aborted) {
      const isKnown = clock.monotonic() - askedAt < askEveryMs;
      if (isKnown && !isFull && !asking) return;
      // Only one waiter asks. If its own signal ends that, the next one asks.
      asking ??= ask(clock, signal).finally(() => {
        asking = undefined;
      });
      await asking;
    }
  };
}
