import type { Clock } from '@waybill/shared/clock.ts';

/** Milliseconds for which an index that can be read is not looked at again: describing a table for each page would double the calls. */
const trustedMs = 60_000;

/** Remembers for a while that an index is there; that it is not there is asked anew each time, so that a new one serves at once. */
export type IndexCheck = {
  /** Rejects with `INDEX_OFF` where the index cannot be read, with the engine's errors. */
  readonly require: (signal: AbortSignal) => Promise<void>;
  /** After a failed read: it may have been deleted. */
  readonly forget: () => void;
};

export function createIndexCheck(
  check: (signal: AbortSignal) => Promise<void>,
  clock: Pick<Clock, 'monotonic'>,
): IndexCheck {
  let seenMs = Number.NEGATIVE_INFINITY;
  return {
    require: async (signal) => {
      const nowMs = clock.monotonic();
      if (nowMs - seenMs < trustedMs) return;
      await check(signal);
      seenMs = nowMs;
    },
    forget: () => {
      seenMs = Number.NEGATIVE_INFINITY;
    },
  };
}
