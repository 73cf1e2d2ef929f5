import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holds, type IdRange, outside, without } from './id-range.ts';

function idsOf(ranges: readonly IdRange[]): number[] {
  return ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

/** The ranges that hold these ids, which ascend: each as long as the ids follow one another, and `isCutAfter` does not say otherwise. */
function rangesOf(ids: readonly number[], isCutAfter: (id: number) => boolean): IdRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const id of ids) {
    const current = ranges.at(-1);
    if (current && current.to === id - 1 && !isCutAfter(current.to)) current.to = id;
    else ranges.push({ from: id, to: id });
  }
  return ranges;
}

/** Ascending and apart; some touch. */
const anyRanges = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 7 })), { maxLength: 30 })
  .map((steps) => {
    let end = 0;
    return steps.map(([distance, more]): IdRange => {
      const from = end + distance;
      end = from + more;
      return { from, to: end };
    });
  });
const anyIds = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 60 });

describe('ranges', () => {
  test('without some ids hold all others, and are cut nowhere else', () => {
    fc.assert(
      fc.property(anyRanges, anyIds, (ranges, ids) => {
        const ends = new Set(ranges.map(({ to }) => to));
        const others = idsOf(ranges).filter((id) => !ids.includes(id));
        expect(without(ranges, ids)).toEqual(rangesOf(others, (id) => ends.has(id)));
      }),
    );
  });

  test('outside others hold the ids that these do not, and are cut nowhere else', () => {
    fc.assert(
      fc.property(anyRanges, anyRanges, (ranges, others) => {
        const ends = new Set(ranges.map(({ to }) => to));
        const taken = new Set(idsOf(others));
        const rest = idsOf(ranges).filter((id) => !taken.has(id));
        expect(outside(ranges, others)).toEqual(rangesOf(rest, (id) => ends.has(id)));
      }),
    );
  });

  test('hold an id that one of them holds', () => {
    fc.assert(
      fc.property(anyRanges, fc.nat({ max: 420 }), (ranges, id) => {
        expect(holds(ranges, id)).toBe(idsOf(ranges).includes(id));
      }),
    );
  });

  test('keep what else is known of them where they are cut', () => {
    expect(without([{ from: 3, to: 6, seenAt: 7 }], [5])).toEqual([
      { from: 3, to: 4, seenAt: 7 },
      { from: 6, to: 6, seenAt: 7 },
    ]);
  });

  test('are each read a few times, however many there are of either kind', () => {
    const size = 5_000;
    let reads = 0;
    const counted = (offset: number) =>
      Array.from({ length: size }, (_, index) => ({
        get from() {
          reads += 1;
          return 4 * index + offset;
        },
        get to() {
          reads += 1;
          return 4 * index + offset + 1;
        },
      }));
    without(
      counted(1),
      Array.from({ length: size }, (_, index) => 4 * index + 2),
    );
    outside(counted(1), counted(2));
    expect(reads).toBeLessThan(40 * size);
    const before = reads;
    holds(counted(1), 4 * 3_000 + 1);
    expect(reads - before).toBeLessThan(40);
  });
});
