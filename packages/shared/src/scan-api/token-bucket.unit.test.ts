import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { TokenBucket } from './token-bucket.ts';

const open = new AbortController().signal;

/** A clock that its only sleeper moves. */
function ownClock(): Clock & { pass: (ms: number) => void } {
  let ms = 0;
  return {
    now: () => ms,
    monotonic: () => ms,
    sleep: async (duration, signal) => {
      if (!signal.aborted) ms += duration;
    },
    pass: (duration) => {
      ms += duration;
    },
  };
}

describe('the token bucket', () => {
  test('never gives more than the rate allows, in any stretch of time', async () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.1, max: 50, noNaN: true }), pauses, async (perSecond, pausesMs) => {
        const clock = ownClock();
        const bucket = new TokenBucket({ perSecond, clock });
        const taken: number[] = [];
        for (const pause of pausesMs) {
          clock.pass(pause);
          await bucket.take(open);
          taken.push(clock.monotonic());
        }
        // Waits are whole milliseconds: a token may be seen one late.
        const capacity = Math.max(1, perSecond) + perSecond / 1_000 + 1e-9;
        for (const [first, start] of taken.entries())
          for (const [last, end] of taken.entries())
            if (last >= first)
              expect(last - first + 1).toBeLessThanOrEqual(capacity + ((end - start) * perSecond) / 1_000);
      }),
    );
  });

  test('gives every token that the rate allows to those who wait for it', async () => {
    const clock = ownClock();
    const bucket = new TokenBucket({ perSecond: 10, clock });
    for (let taken = 0; taken < 60; taken += 1) await bucket.take(open);
    expect(clock.monotonic()).toBe(5_000);
  });

  test('an abandoned wait ends at once and gives its token back', async () => {
    const clock = ownClock();
    const bucket = new TokenBucket({ perSecond: 1, clock });
    await bucket.take(open);
    const abandoned = new AbortController();
    const waiting = bucket.take(abandoned.signal);
    abandoned.abort();
    await waiting;
    const before = clock.monotonic();
    await bucket.take(open);
    expect(clock.monotonic() - before).toBeLessThanOrEqual(1_000);
  });

  test('a caller whose signal has aborted takes nothing', async () => {
    const bucket = new TokenBucket({ perSecond: 1, clock: ownClock() });
    await bucket.take(AbortSignal.abort());
    const clock = ownClock();
    await new TokenBucket({ perSecond: 1, clock }).take(open);
    expect(clock.monotonic()).toBe(0);
  });
});
