import { describe, expect, test } from 'vitest';
import { PageCap } from './page-cap.ts';

/** Which of these pages count as full, asked for with this limit; `-n`: a page of n elements that brought nothing new. */
function fullness(limit: number, lengths: readonly number[], cap = new PageCap()): string {
  return lengths.map((length) => (cap.isFull(Math.abs(length), limit, length > 0) ? 'F' : '.')).join('');
}

describe('a cap on Limit', () => {
  test('that is lowered is known after three pages of its length, and stays known', () => {
    expect(fullness(1_000, [1_000, 1_000, 20, 20, 20, 20, 20, 13, 20, 20])).toBe('FF..FFF.FF');
  });

  test('that is raised again is known with the first longer page', () => {
    expect(fullness(1_000, [1_000, 20, 20, 20, 20, 500, 500, 20, 1_000, 999])).toBe('F..FFFF.F.');
  });

  test('is not seen in pages without news, or of different lengths', () => {
    expect(fullness(1_000, [1_000, -20, -20, -20, -20, 20, 21, 20, 21, 20])).toBe('F.........');
  });

  test('is not seen in a page that was asked for with its own length as the limit', () => {
    const cap = new PageCap();
    fullness(100, [100], cap);
    expect(fullness(1, [1, 1, 1, 1, 1], cap)).toBe('FFFFF');
    expect(fullness(100, [50, 100], cap)).toBe('.F');
  });

  test('that a trickle seems to show is tried ever more rarely: half a percent more requests', () => {
    const cap = new PageCap();
    fullness(100, [100], cap);
    let more = 0;
    for (let poll = 0; poll < 10_000; poll += 1) {
      if (!cap.isFull(1, 100, true)) continue;
      more += 1;
      cap.isFull(0, 100, false);
    }
    expect(more).toBeGreaterThan(0);
    expect(more).toBeLessThan(60);
  });
});
