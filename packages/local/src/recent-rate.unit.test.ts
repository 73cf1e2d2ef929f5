import { describe, expect, test } from 'vitest';
import { RecentRate, shownRate } from './recent-rate.ts';

const ratesOf = (readings: readonly (readonly [ms: number, count: number])[]) => {
  const rate = new RecentRate();
  return readings.map(([ms, count]) => Math.round(rate.rateAt(ms, count)));
};

describe('the rate of what is stored', () => {
  test('is over some three seconds', () => {
    const steady = Array.from({ length: 20 }, (_, index) => [index * 500, index * 100] as const);
    expect(ratesOf(steady).slice(1)).toEqual(Array.from({ length: 19 }, () => 200));
    expect(ratesOf([...steady, [13_000, 1_900]]).at(-1)).toBe(0);
  });

  test('is not 0 while events are stored, however seldom a busy machine looks', () => {
    expect(
      ratesOf([
        [0, 0],
        [3_100, 310],
        [9_300, 930],
        [15_600, 1_560],
      ]),
    ).toEqual([0, 100, 100, 100]);
  });

  test('begins anew when a process that counts was restarted', () => {
    expect(
      ratesOf([
        [0, 5_000],
        [4_000, 0],
        [8_000, 400],
      ]),
    ).toEqual([0, 0, 100]);
  });
});

test('a rate is shown as 0 only where nothing goes on', () => {
  expect([0, 0.01, 0.24, 9.96, 806.6, 12_345].map(shownRate)).toEqual([
    '0/s',
    'under 0.1/s',
    '0.2/s',
    '10.0/s',
    '807/s',
    '12,345/s',
  ]);
});
