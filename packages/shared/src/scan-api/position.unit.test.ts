import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IdRange } from '../domain/id-range.ts';
import { advance, believableJump, gapsBetween, isFarLarger, nextEventId, type Position } from './position.ts';

const at = (last: number): Position => ({ last, empty: false });

const anyPosition = fc.record({ last: fc.nat({ max: 200_000 }), empty: fc.boolean() });
/** Ids near each other and far apart, in any order, with repetitions. */
const anyIds = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 250_000 }), fc.integer({ min: 1, max: 40 }), fc.maxSafeNat()),
  { maxLength: 30 },
);

describe('the position', () => {
  test('never moves back, and only ever to an id that was seen', () => {
    fc.assert(
      fc.property(anyPosition, anyIds, fc.maxSafeNat(), (position, ids, shown) => {
        const { last } = advance(position, ids, shown).position;
        expect(last === position.last || (last > position.last && ids.includes(last))).toBe(true);
      }),
    );
  });

  test('does not depend on the order of a page, nor on repetitions', () => {
    fc.assert(
      fc.property(
        anyPosition,
        anyIds.chain((ids) =>
          fc.tuple(fc.constant(ids), fc.shuffledSubarray([...ids, ...ids], { minLength: ids.length * 2 })),
        ),
        (position, [ids, shuffled]) => {
          expect(advance(position, shuffled)).toEqual(advance(position, ids));
        },
      ),
    );
  });

  test('moves over every id that lies within reach of the one before it', () => {
    const steps = fc.array(fc.integer({ min: 1, max: believableJump }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), steps, (start, gaps) => {
        let id = start;
        const ids = gaps.map((gap) => (id += gap));
        expect(advance(at(start), ids)).toEqual({ position: at(id), holes: [] });
      }),
    );
  });

  test('is not moved by one corrupt id, however far above, wherever in the page', () => {
    const near = fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(near, fc.integer({ min: 30_000, max: Number.MAX_SAFE_INTEGER }), fc.nat(), (ids, corrupt, where) => {
        const page = ids.toSpliced(where % (ids.length + 1), 0, corrupt);
        expect(advance(at(0), page)).toEqual(advance(at(0), ids));
      }),
    );
  });

  test('reports exactly the jumps that it crossed', () => {
    fc.assert(
      fc.property(anyPosition, anyIds, (position, ids) => {
        const { position: after, holes } = advance(position, ids);
        const crossed = [...new Set(ids)].filter((id) => id > position.last && id <= after.last).sort((a, b) => a - b);
        const expected = crossed
          .map((id, index) => ({ from: (crossed[index - 1] ?? position.last) + 1, to: id - 1, first: index === 0 }))
          .filter(({ from, to, first }) => to - from + 2 > believableJump && !(first && position.empty))
          .map(({ from, to }) => ({ from, to }));
        expect(holes).toEqual(expected);
      }),
    );
  });

  test('crosses a jump once an event beyond it was seen, in the page or elsewhere', () => {
    expect(advance(at(5), [20_000]).position.last).toBe(5);
    expect(advance(at(5), [20_000], 20_001).position.last).toBe(20_000);
    expect(advance(at(5), [20_000, 20_001])).toEqual({ position: at(20_001), holes: [{ from: 6, to: 19_999 }] });
  });

  test('believes the first event after an empty checkpoint, however far above', () => {
    expect(advance({ last: 0, empty: true }, [83_269])).toEqual({ position: at(83_269), holes: [] });
  });

  test('allows a jump of exactly 10,000 and doubts one of 10,001', () => {
    expect(advance(at(5), [10_005]).position.last).toBe(10_005);
    expect(advance(at(5), [10_006]).position.last).toBe(5);
  });

  test('asks for the next id, and for a safe one at the end of all ids', () => {
    expect(nextEventId(at(83_268))).toBe(83_269);
    expect(nextEventId(at(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('a hole', () => {
  const hole = { from: 101, to: 30_000 };
  const from = (first: number, step: number) => Array.from({ length: 20 }, (_, index) => first + index * step);

  test('is far larger than the gaps of a feed whose ids follow one another, even next to some sizeable ones', () => {
    expect(isFarLarger(hole, from(30_001, 1))).toBe(true);
    expect(isFarLarger(hole, [100, ...from(30_001, 1), 32_000, 35_000])).toBe(true);
  });

  test('is nothing special in a feed whose ids are far apart', () => {
    expect(isFarLarger(hole, from(30_001, 20_000))).toBe(false);
    expect(isFarLarger(hole, [100, ...from(30_001, 400)])).toBe(false);
  });

  test('is taken for one where nothing else is known of the feed', () => {
    expect(isFarLarger(hole, [30_001])).toBe(true);
    expect(isFarLarger(hole, [])).toBe(true);
  });
});

function idsOf(ranges: readonly IdRange[]): number[] {
  return ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

describe('the gaps of a page', () => {
  test('are, with the ids seen and the holes reported, every id that the position passed, and each once', () => {
    const ids = fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 15 });
    fc.assert(
      fc.property(fc.nat({ max: 100 }), ids, (last, seen) => {
        const { position, holes } = advance({ last, empty: false }, seen);
        const gaps = gapsBetween(last, seen, position.last);
        const crossed = [...new Set(seen)].filter((id) => id > last && id <= position.last);
        const all = [...idsOf(gaps), ...idsOf(holes), ...crossed].sort((a, b) => a - b);
        expect(all).toEqual(idsOf([{ from: last + 1, to: position.last }]));
      }),
      { numRuns: 50 },
    );
  });

  test('leave out a hole, and an id that an element without an event has', () => {
    expect(gapsBetween(5, [believableJump + 5], believableJump + 5)).toEqual([{ from: 6, to: believableJump + 4 }]);
    expect(gapsBetween(5, [believableJump + 6], believableJump + 6)).toEqual([]);
    expect(gapsBetween(5, [10], 10, [7])).toEqual([
      { from: 6, to: 6 },
      { from: 8, to: 9 },
    ]);
    expect(gapsBetween(5, [7], 9)).toEqual([
      { from: 6, to: 6 },
      { from: 8, to: 9 },
    ]);
  });
});
