import { readElements } from '@waybill/shared/scan-api/page.ts';
import { advance, type Position } from '@waybill/shared/scan-api/position.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { junk, MemoryFeed, type Placed, scan, scans } from '../../test/memory-feed.ts';
import { eventIdsOf } from '../feed/page.ts';
import { type SearchOutcome, searchBeyond } from './search-beyond.ts';

const open = new AbortController().signal;

async function search(feed: MemoryFeed, position: Position, limit: number) {
  const read = async (from: number, wider: number) => readElements(await feed.read(from, wider, open));
  const page = await read(position.last + 1, limit);
  const pages = searchBeyond({ position, limit, page }, read);
  const seen = eventIdsOf(page);
  let next = await pages.next();
  for (; !next.done; next = await pages.next()) seen.push(...eventIdsOf(next.value));
  return { outcome: next.value, seen: new Set(seen), after: after(position, next.value) };
}

function after(position: Position, outcome: SearchOutcome): Position {
  return outcome.kind === 'found' ? advance(position, outcome.eventIds, outcome.shown).position : position;
}

const validIds = (placed: readonly Placed[]) => eventIdsOf(readElements(placed.map(({ element }) => element)));

describe('a search beyond a stuck page', () => {
  test('skips no valid event after one stretch without usable ids, whatever its length, the limit and the server’s cap', async () => {
    const sizes = fc.record({
      position: fc.nat({ max: 1_000 }),
      stretch: fc.integer({ min: 1, max: 500 }),
      gaps: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }),
      limit: fc.integer({ min: 1, max: 150 }),
      cap: fc.integer({ min: 1, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ position, stretch, gaps, limit, cap }) => {
        let at = position + stretch;
        const beyond = gaps.map((gap) => {
          at += gap;
          return { at, element: scan(at) };
        });
        const feed = new MemoryFeed([...junk(position + 1, position + stretch), ...beyond]);
        feed.cap = cap;
        // Else the page is no stuck one.
        fc.pre(stretch >= Math.min(limit, cap));
        const found = await search(feed, { last: position, empty: false }, limit);
        expect(found.outcome.kind).toBe('found');
        const ids = validIds(beyond);
        expect(ids).toContain(found.after.last);
        for (const id of ids) if (id <= found.after.last) expect(found.seen).toContain(id);
      }),
      { numRuns: 100 },
    );
  });

  test('asks some dozens of times at most, however long the stretch', async () => {
    const feed = new MemoryFeed([...junk(1, 200), ...scans(5_000_000_000, 5_000_000_010)]);
    feed.cap = 100;
    // A server whose ids are far apart: the stretch is short in elements, and long in ids.
    feed.placed = feed.placed.map((placed, index) =>
      index < 200 ? { ...placed, at: (index + 1) * 20_000_000 } : placed,
    );
    const found = await search(feed, { last: 0, empty: false }, 100);
    expect(found.after.last).toBeGreaterThanOrEqual(5_000_000_000);
    expect(feed.requests.length).toBeLessThan(80);
  });

  test.each([
    ['one corrupt id', [{ at: 1, element: scan(7_000_000) }]],
    ['the last id there is', [{ at: 1, element: scan(Number.MAX_SAFE_INTEGER) }]],
    ['an element without an id', [{ at: 1, element: null }]],
  ])('finds the end of the feed behind %s with few requests', async (_, placed) => {
    const feed = new MemoryFeed(placed);
    const { outcome } = await search(feed, { last: 0, empty: false }, 1);
    expect(outcome.kind).toBe('nothing beyond');
    expect(feed.requests.length).toBeLessThan(5);
  });

  test('moves to a doubtful id, and no further, when something is shown beyond it', async () => {
    const feed = new MemoryFeed([...scans(50_000, 50_000), ...scans(50_003, 50_009)]);
    feed.cap = 1;
    const { after: position } = await search(feed, { last: 10, empty: false }, 1);
    expect(position.last).toBe(50_000);
  });

  test('ends, however far it goes, where pages without usable ids come from everywhere', async () => {
    const page = readElements([null, null]);
    const pages = searchBeyond({ position: { last: 3, empty: false }, limit: 2, page }, async () => page);
    let next = await pages.next();
    let count = 0;
    for (; !next.done; next = await pages.next()) count += 1;
    expect(next.value).toEqual({ kind: 'exhausted' });
    expect(count).toBeLessThan(60);
  });
});
