import type { FeedQuestions } from './feed-questions.ts';

/** Rows after one that cannot be read that are asked for one by one: ids skip, and rows that can be read may lie between. */
const triedOneByOne = 64;

/** Whether the feed shows something from this id on. Undefined where that cannot be told now. */
export type Look = (fromEventId: number) => Promise<boolean | undefined>;

/** Ids above `from`, up to `to`. */
type Stretch = {
  readonly from: number;
  readonly to: number;
  /** An id from which on the feed should show something. */
  readonly known?: number | undefined;
};

/**
 * Asks at `from` plus 1, 2, 4, …, nearer ids before farther ones, until the feed shows something: at `high`, and not yet at
 * `low`. `missing` where it shows nothing, undefined where it cannot be told.
 */
export async function firstShown(
  { from, to, known }: Stretch,
  look: Look,
): Promise<{ readonly low: number; readonly high: number } | 'missing' | undefined> {
  let low = from;
  for (const id of distancesBelow(from, to, known)) {
    const isShown = await look(id);
    if (isShown === undefined) return undefined;
    if (isShown) return { low, high: id };
    low = id;
  }
  return 'missing';
}

/** The lowest id above `from`, up to `to`, from which on the feed shows something: {@link firstShown}, then back by bisection. */
export async function lowestShown(stretch: Stretch, look: Look): Promise<number | 'missing' | undefined> {
  const first = await firstShown(stretch, look);
  if (first === undefined || first === 'missing') return first;
  let { low, high } = first;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    const isShown = await look(middle);
    if (isShown === undefined) return undefined;
    if (isShown) high = middle;
    else low = middle;
  }
  return high;
}

function distancesBelow(from: number, to: number, known: number | undefined): number[] {
  const ids = new Set<number>();
  for (let step = 1; from + step < to; step *= 2) ids.add(from + step);
  if (known !== undefined && known > from && known < to) ids.add(known);
  if (to > from) ids.add(to);
  return [...ids].sort((a, b) => a - b);
}

/**
 * The lowest id above `from`, up to `to`, from which on a single row can be read. The row that cannot be read lies below it.
 * `missing` where none can, undefined where it cannot be told now.
 */
export async function nextReadable(from: number, to: number, look: Look): Promise<number | 'missing' | undefined> {
  const near = Math.min(to, from + triedOneByOne);
  for (let id = from + 1; id <= near; id += 1) {
    const isShown = await look(id);
    if (isShown === undefined) return undefined;
    if (isShown) return id;
  }
  return near < to ? lowestShown({ from: near, to }, look) : 'missing';
}

/** Where a feed is asked for any row at all: where one was read last, then after `from`, then anywhere. */
export async function isWell(from: number, questions: FeedQuestions, signal: AbortSignal): Promise<boolean> {
  const known = questions.readableFrom;
  const beyond = [1, 16, 1_024].map((step) => from + step);
  const places = known === undefined ? [...beyond, ...Array.from({ length: 8 }, (_, power) => 8 ** power)] : [known];
  for (const id of known === undefined ? places : [...places, ...beyond]) {
    if (id === from || id > Number.MAX_SAFE_INTEGER) continue;
    const attempt = await questions.attempt(id, 1, signal);
    if (!attempt) return false;
    // An empty page may come from a server whose rows are away.
    if (attempt.kind === 'page' && attempt.elements.length > 0) return true;
  }
  return false;
}
