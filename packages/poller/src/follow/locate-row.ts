/** What the feed gives for one element from an id on. */
export type Look =
  /** The same as from the first id on: it may be the same row. */
  | 'same'
  /** The failure of another row. */
  | 'other'
  | 'readable'
  /** It cannot be told now: stopped, or the feed as a whole fails. */
  | undefined;

export type RowSearch = {
  /** From here on the first row cannot be read. */
  readonly from: number;
  /**
   * Whether `same` tells rows apart: the very bytes that were received for the first one. Else any row that cannot be read
   * looks like any other, and ids are tried one by one.
   */
  readonly isExact: boolean;
};

/** How far the search goes, ids: nothing readable within them is the feed's end, or an outage. */
const farthest = 2 ** 32;

/** Ids that are tried one by one at most, where one row cannot be told from another: two minutes at 10 requests a second. */
const mostTried = 1_000;

/**
 * Searches for the id of the row that cannot be read: `from`, or the next id above it that the feed has. Returns the id
 * up to which nothing else is in the feed, as far as it can be told: the position may move there. Undefined when nothing
 * was told.
 *
 * Asks at `from` + 1, 2, 4, … until the answer is another one, then back by bisection: the last id with the same answer is
 * the row's own. Where rows cannot be told apart, the ids before that one are then tried one after the other, in case that
 * one of them can be read.
 */
export async function locateRow(
  { from, isExact }: RowSearch,
  look: (fromEventId: number) => Promise<Look>,
): Promise<number | undefined> {
  const isOver = (seen: Look) => seen === 'readable' || seen === 'other';
  let low = from;
  let high = from + 1;
  for (let step = 1; ; step *= 2) {
    high = from + step;
    if (step > farthest || high > Number.MAX_SAFE_INTEGER) return undefined;
    const seen = await look(high);
    if (seen === undefined) return undefined;
    if (isOver(seen)) break;
    low = high;
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    const seen = await look(middle);
    if (seen === undefined) return undefined;
    if (isOver(seen)) high = middle;
    else low = middle;
  }
  if (isExact) return low;
  for (let id = from + 1; id <= low; id += 1) {
    if (id - from > mostTried) return id - 1;
    // Twice: what fails once may be the hiccup of a row that can be read.
    for (let tries = 0; tries < 2; tries += 1) {
      const seen = await look(id);
      if (seen === undefined) return undefined;
      if (isOver(seen)) return id - 1;
    }
  }
  return low;
}
