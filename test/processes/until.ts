import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds after which something hangs, even on a busy machine. The condition is checked much more often. */
const patienceMs = 60_000;
const checkEveryMs = 50;

/**
 * Waits until a condition holds; an error of the condition counts as not yet. Not `expect.poll`: concurrent tests would
 * have to take it from their contexts.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = patienceMs,
): Promise<void> {
  const from = performance.now();
  let last: unknown;
  while (performance.now() - from < limitMs) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(checkEveryMs);
  }
  throw new Error(`Not after ${limitMs / 1_000} s: ${what}`, { cause: last });
}
