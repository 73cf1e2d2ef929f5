import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newestFirst, type Place } from './newest-first.ts';

const never = new AbortController().signal;

/** Few times, so that many items share one. */
const items = fc.uniqueArray(
  fc.record({ id: fc.integer({ min: 0, max: 99 }).map(String), time: fc.nat(4), partition: fc.nat(2) }),
  { selector: ({ id }) => id, maxLength: 40 },
);
type Item = { readonly id: string; readonly time: number; readonly partition: number };

/** An index of three partitions, which answers pages of this size; of one time it has any order. */
function indexOf(all: readonly Item[], pageSize: number) {
  const readPage =
    (after: Place | undefined) => async (partition: string, startKey: Record<string, unknown> | undefined) => {
      const own = all
        .filter((item) => String(item.partition) === partition && (!after || String(item.time) <= after.atUtc))
        .toSorted((a, b) => b.time - a.time);
      const from = Number(startKey?.['from'] ?? 0);
      const to = from + pageSize;
      return { items: own.slice(from, to), startKey: to < own.length ? { from: to } : undefined };
    };
  const placeOf = ({ time, id }: Item) => ({ atUtc: String(time), id });
  return async (after: Place | undefined, limit: number) => {
    const found: Item[] = [];
    const merged = newestFirst({ partitions: ['0', '1', '2'], readPage: readPage(after), placeOf, after }, never);
    for await (const item of merged) if (found.push(item) === limit) break;
    const last = found.at(-1);
    return { found, next: last && placeOf(last) };
  };
}

test('partitions are merged page by page, each item once, whatever share a time', async () => {
  const sizes = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(items, sizes, sizes, async (all, pageSize, limit) => {
      const page = indexOf(all, pageSize);
      const listed: string[] = [];
      let after: Place | undefined;
      for (;;) {
        const { found, next } = await page(after, limit);
        listed.push(...found.map(({ id }) => id));
        if (!next) break;
        after = next;
      }
      const expected = all.toSorted((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
      expect(listed).toEqual(expected);
    }),
  );
});
