import type { Clock } from '../src/clock.ts';

/** A clock on which no wait takes time: it stands still but for its sleeps, each of which it remembers. */
export function instantClock(): Clock & { readonly sleeps: readonly number[] } {
  const sleeps: number[] = [];
  const passed = () => sleeps.reduce((sum, ms) => sum + ms, 0);
  return {
    sleeps,
    now: () => Date.parse('2021-05-11T21:11:34Z') + passed(),
    monotonic: passed,
    sleep: async (ms, signal) => {
      if (!signal.aborted) sleeps.push(ms);
    },
  };
}
