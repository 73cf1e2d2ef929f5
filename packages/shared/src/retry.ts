import type { Clock, Random } from './clock.ts';

/** Milliseconds before the first retry, and the longest wait before a retry. */
export type Backoff = { readonly firstMs: number; readonly maxMs: number };

/**
 * Exponential backoff with full jitter: a random time up to `firstMs * 2^attempt`, at most `maxMs`
 * (AWS Architecture Blog, "Exponential Backoff And Jitter"). `attempt` counts from 0.
 */
export function backoffMs(attempt: number, backoff: Backoff, random: Random): number {
  return random() * Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt, 30));
}

export type RetryOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly backoff: Backoff;
  /** Called before each wait. Throws to give up. */
  readonly onFailure: (error: unknown, attempt: number, waitMs: number) => void;
};

/**
 * Repeats `operation` until it succeeds. Rejects with the last error once `signal` aborts or `onFailure` throws.
 */
export async function retry<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (options.signal.aborted) throw error;
      const waitMs = backoffMs(attempt, options.backoff, options.random);
      options.onFailure(error, attempt, waitMs);
      await options.clock.sleep(waitMs, options.signal);
      if (options.signal.aborted) throw error;
    }
  }
}
