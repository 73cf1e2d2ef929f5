import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds that tell hanging from slow on a busy machine; a condition is looked at much more often. */
const patienceMs = 60_000;
const lookEveryMs = 50;

/**
 * Waits until something holds; what its look throws counts as not yet. Not `expect.poll`, which tests that run side by
 * side would have to get from their contexts.
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
    await delay(lookEveryMs);
  }
  throw new Error(`Still not so after ${limitMs / 1_000} s: ${what}`, { cause: last });
}
