import { describe, expect, test } from 'vitest';
import { PageLimit } from './page-limit.ts';

describe('the Limit', () => {
  test('is halved, and doubled again after ten pages each', () => {
    const limit = new PageLimit(100);
    limit.lower();
    limit.lower();
    const limits = Array.from({ length: 25 }, () => {
      const { current } = limit;
      limit.fits(current);
      return current;
    });
    expect(limits).toEqual([...Array(10).fill(25), ...Array(10).fill(50), ...Array(5).fill(100)]);
  });

  test('that the feed refuses is tried ever more rarely: one failed request in a hundred pages', () => {
    const limit = new PageLimit(500);
    let requests = 0;
    let failed = 0;
    for (; requests < 20_000; requests += 1) {
      const { current } = limit;
      if (current <= 100) limit.fits(current);
      else {
        failed += 1;
        if (!limit.refused(current)) limit.lower();
      }
    }
    expect(limit.current).toBe(63);
    expect(failed / requests).toBeLessThan(0.01);
  });

  test('is doubled with each page once what lowered it is passed', () => {
    const limit = new PageLimit(8);
    while (limit.lower());
    limit.raiseSoon();
    const limits = [1, 2, 3, 4].map(() => {
      limit.fits(limit.current);
      return limit.current;
    });
    expect(limits).toEqual([2, 4, 8, 8]);
  });
});
