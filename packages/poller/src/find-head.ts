import { eventIdsOf, type Page } from './page.ts';
import { believableJump } from './position.ts';

export type HeadSearch = {
  /** The position to look from. */
  readonly last: number;
  /** Ids ahead that make it worth while. */
  readonly step: number;
  /** Ids by which the answer may be short of the head. */
  readonly precision: number;
  /** Questions at once. */
  readonly width: number;
};

/** One element from this id on; undefined when it cannot be had (stopped). */
type Probe = (fromEventId: number) => Promise<Page | undefined>;

/**
 * Looks for the feed's head: whether there is anything `step` ids ahead, then by doubling, several questions at once,
 * then by narrowing down. Yields every page that it read. Answers an id that the feed showed, at most `precision` ids
 * short of the head; undefined when the feed is not that far ahead. Costs a number of questions in the order of the
 * logarithm of the distance. An answer more than 10,000 ids beyond its question proves nothing: it may be one corrupt id.
 */
export async function* findHead(
  { last, step, precision, width }: HeadSearch,
  probe: Probe,
): AsyncGenerator<Page, number | undefined> {
  const seen: { head: number | undefined; beyond: number } = { head: undefined, beyond: Number.MAX_SAFE_INTEGER };
  /** Whether the furthest of these showed something. */
  const ask = async function* (distances: readonly number[]): AsyncGenerator<Page, boolean> {
    const from = distances.map((distance) => last + distance).filter((id) => id < seen.beyond);
    const pages = await Promise.all(from.map(probe));
    for (const page of pages) if (page) yield page;
    if (from.length === 0 || pages.includes(undefined)) return false;
    const shown = from.map((id, index) => ({ id, shown: lowestWithin(pages[index], id) }));
    for (const { shown: id } of shown) if (id !== undefined && id > (seen.head ?? 0)) seen.head = id;
    for (const { id, shown: found } of shown)
      if (found === undefined && id > (seen.head ?? 0)) seen.beyond = Math.min(seen.beyond, id);
    return shown.at(-1)?.shown !== undefined;
  };
  if (!(yield* ask([step]))) return undefined;
  for (let distance = step * 2; ; distance *= 2 ** width) {
    const isShown = yield* ask(Array.from({ length: width }, (_, index) => distance * 2 ** index));
    if (!isShown) break;
  }
  for (;;) {
    const nearest = seen.head ?? last;
    const { beyond } = seen;
    if (beyond - nearest <= precision) return seen.head;
    const part = Math.max(1, Math.floor((beyond - nearest) / (width + 1)));
    yield* ask(Array.from({ length: width }, (_, index) => nearest - last + part * (index + 1)));
    // Nothing was learnt: stopped, or nothing but answers that prove nothing.
    if (seen.beyond === beyond && seen.head === nearest) return seen.head;
  }
}

/** The lowest valid id at or above the question, within reach of it. */
function lowestWithin(page: Page | undefined, asked: number): number | undefined {
  const ids = page ? eventIdsOf(page).filter((id) => id >= asked && id - asked < believableJump) : [];
  return ids.length === 0 ? undefined : ids.reduce((a, b) => Math.min(a, b));
}
