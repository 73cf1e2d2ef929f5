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

/** Resolves whether the queue holds more messages than the limit, by a depth that is at most 5 s old. */
export type IsQueueFull = (clock: Pick<Clock, 'monotonic'>) => Promise<boolean>;

/**
 * Asks for the depth when somebody wants to know and nobody has asked in the last seconds. A queue that does not respond is not
 * full: the next send fails soon enough. Several may ask at once: one request is made.
 */
export function queueFullness(deps: QueueCapacityDependencies): IsQueueFull {
  const { queue, maxQueueMessages, onDepth, onFailure } = deps;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isFull = false;
  let asking: Promise<void> | undefined;
  const ask = async (clock: Pick<Clock, 'monotonic'>) => {
    const depth = await queue.depth().catch((error: unknown) => {
      onFailure(error);
      return 0;
    });
    askedAt = clock.monotonic();
    const wasFull = isFull;
    isFull = depth > maxQueueMessages;
    onDepth({ depth, isFull, isChange: isFull !== wasFull });
  };
  return async (clock) => {
    if (maxQueueMessages === 0) return false;
    if (clock.monotonic() - askedAt >= askEveryMs) {
      asking ??= ask(clock).finally(() => {
        asking = undefined;
      });
      await asking;
    }
    return isFull;
  };
}

/** Resolves while the queue has capacity for another page, or when the signal aborts. Waits by the clock of the caller's loop. */
export type WhenCapacity = (clock: Clock, signal: AbortSignal) => Promise<void>;

/** Lets its callers wait while the queue is full. Several may wait at once. */
export function whenQueueHasCapacity(deps: QueueCapacityDependencies): WhenCapacity {
  const isQueueFull = queueFullness(deps);
  return async (clock, signal) => {
    while (!signal.aborted && (await isQueueFull(clock))) await clock.sleep(askEveryMs, signal);
  };
}
