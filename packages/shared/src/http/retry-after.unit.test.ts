import { describe, expect, test } from 'vitest';
import { retryAfterOf } from './retry-after.ts';

const now = Date.UTC(2026, 10, 28, 16, 0, 0);

describe('Retry-After', () => {
  test.each<[string, number]>([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['1.5', 1_500],
    ['0.25', 250],
    ['2s', 2_000],
    ['30 seconds', 30_000],
    // RFC 9110: the preferred format of a date, and the two obsolete ones.
    ['Sat, 28 Nov 2026 16:00:30 GMT', 30_000],
    ['Saturday, 28-Nov-26 16:00:30 GMT', 30_000],
    ['Sat Nov 28 16:00:30 2026', 30_000],
    ['2026-11-28T16:00:30Z', 30_000],
    ['2026-11-28T16:00:30.5Z', 30_500],
    ['2026-11-28T16:00:30', 30_000],
    ['2026-11-28 16:00:30', 30_000],
    ['2026-11-28T17:00:30+01:00', 30_000],
    ['2026-11-29', 8 * 3_600_000],
    ['Sat, 28 Nov 2026 15:00:00 GMT', 0],
    ['31536000', 31_536_000_000],
  ])('%s is understood', (header, ms) => {
    expect(retryAfterOf(header, now)).toBe(ms);
  });

  test.each(['', 'soon', '-5', '1,5', '1.', 'NaN', '2026-13-45T00:00:00Z'])('%j says nothing', (header) => {
    expect(retryAfterOf(header, now)).toBeUndefined();
  });

  test('is read in UTC, wherever the process runs', () => {
    const { TZ } = process.env;
    process.env['TZ'] = 'Asia/Tokyo';
    try {
      expect(retryAfterOf('Sat Nov 28 16:00:30 2026', now)).toBe(30_000);
      expect(retryAfterOf('2026-11-28T16:00:30', now)).toBe(30_000);
    } finally {
      if (TZ === undefined) delete process.env['TZ'];
      else process.env['TZ'] = TZ;
    }
  });

  test('that is absent says nothing', () => {
    expect(retryAfterOf(undefined, now)).toBeUndefined();
  });
});
