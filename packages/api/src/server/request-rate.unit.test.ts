import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestRate } from './request-rate.ts';

function rateOf(perSecond: number, mostKeys = 10) {
  let now = 0;
  const rate = new RequestRate({ clock: { monotonic: () => now }, perSecond, mostKeys });
  return {
    rate,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('one second’s worth goes at once, then each as its time comes', () => {
  const { rate, pass } = rateOf(4);
  for (let count = 0; count < 4; count += 1) expect(rate.take('a')).toBe(0);
  expect(rate.take('a')).toBe(1);
  pass(250);
  expect(rate.take('a')).toBe(0);
  expect(rate.take('a')).toBe(1);
  expect(rate.take('b')).toBe(0);
});

test('0 is no limit', () => {
  const { rate } = rateOf(0);
  for (let count = 0; count < 1_000; count += 1) expect(rate.take('a')).toBe(0);
});

test('who comes again after the time that it was told is let in, and nobody gets more than the rate', () => {
  const waits = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), waits, (perSecond, pauses) => {
      const { rate, pass } = rateOf(perSecond);
      let passed = 0;
      let taken = 0;
      for (const ms of pauses) {
        pass(ms);
        passed += ms;
        const wait = rate.take('a');
        if (wait === 0) taken += 1;
        else {
          pass(wait * 1_000);
          passed += wait * 1_000;
          expect(rate.take('a')).toBe(0);
          taken += 1;
        }
      }
      expect(taken).toBeLessThanOrEqual(perSecond + (passed * perSecond) / 1_000 + 1e-3);
    }),
  );
});

test('the key that was not seen for longest is forgotten when there are too many', () => {
  const { rate } = rateOf(1, 2);
  for (const key of ['a', 'b', 'a', 'c']) rate.take(key);
  expect([rate.take('b'), rate.take('c')]).toEqual([0, 1]);
});
