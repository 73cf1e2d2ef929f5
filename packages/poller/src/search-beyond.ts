import { advance, nextEventId, type Position } from './position.ts';

/** A page that is full and cannot move the position. */
export type StuckPage = {
  readonly position: Position;
  readonly limit: number;
  readonly elements: readonly unknown[];
};

export type SearchDependencies = {
  /** One more page; undefined when it cannot be had (stopped, or too large). */
  readonly read: (fromEventId: number, limit: number) => Promise<readonly unknown[] | undefined>;
  /** The ids of a page's valid events. */
  readonly eventIds: (elements: readonly unknown[]) => readonly number[];
};

/** What came of a search. */
export type SearchOutcome =
  /** The position can move over these ids, of which a valid event beyond the doubtful ones was seen up to `shown`. */
  | {
      readonly kind: 'found';
      readonly eventIds: readonly number[];
      readonly shown: number;
      readonly movedForward: boolean;
    }
  /** The feed holds nothing after what was seen. */
  | { readonly kind: 'nothing beyond' }
  /** Pages came from everywhere, and none was of use. */
  | { readonly kind: 'exhausted' };

/** Re-reads with a doubled limit at most, and the largest limit (design: up to ten times; the largest `SCAN_API_LIMIT`). */
const maxWidenings = 10;
const maxLimit = 10_000;

/**
 * Looks for what moves the position beyond a stuck page: first with a larger limit, for as long as the answers grow;
 * then from further on, by doubling, until a page holds usable ids; then back by bisection to two neighbouring ids of
 * which the first's page holds none and the second's does, so that both pages together leave no id out between the
 * stretch without usable ids and the first usable one. Yields every page it read: their elements are passed on.
 */
export async function* searchBeyond(
  stuck: StuckPage,
  { read, eventIds }: SearchDependencies,
): AsyncGenerator<readonly unknown[], SearchOutcome> {
  const { position } = stuck;
  const usable = (elements: readonly unknown[]) => eventIds(elements).filter((id) => id > position.last);
  let shown = highest(usable(stuck.elements));
  const moves = (ids: readonly number[]) => advance(position, ids, shown).position.last > position.last;

  let { limit, elements } = stuck;
  for (let widening = 0; widening < maxWidenings && limit < maxLimit; widening += 1) {
    const wider = Math.min(maxLimit, limit * 2);
    const answer = await read(nextEventId(position), wider);
    if (!answer) break;
    yield answer;
    const ids = usable(answer);
    shown = highest(ids, shown);
    if (moves(ids)) return { kind: 'found', eventIds: ids, shown, movedForward: false };
    if (answer.length <= elements.length) break;
    limit = wider;
    elements = answer;
  }

  const probe = async (from: number): Promise<readonly unknown[] | undefined> => {
    for (; ; limit = Math.ceil(limit / 2)) {
      const answer = await read(from, limit);
      if (answer || limit === 1) return answer;
    }
  };

  // The page with the first usable ids: the one to move over once something is seen beyond them.
  let ids = usable(elements);
  const base = Math.max(nextEventId(position), shown);
  let without = base;
  let firstWith: number | undefined;
  for (let step = 1; base + step <= Number.MAX_SAFE_INTEGER; step *= 2) {
    const from = base + step;
    const answer = await probe(from);
    if (!answer) return { kind: 'exhausted' };
    if (answer.length === 0) return { kind: 'nothing beyond' };
    yield answer;
    const found = usable(answer);
    shown = highest(found, shown);
    if (found.length === 0 && ids.length === 0) without = from;
    if (found.length > 0 && ids.length === 0) {
      firstWith = from;
      ids = found;
    }
    if (!moves(ids)) continue;
    if (firstWith === undefined) return { kind: 'found', eventIds: ids, shown, movedForward: false };
    let lowest = firstWith;
    while (lowest - without > 1) {
      const middle = without + Math.floor((lowest - without) / 2);
      const answer = await probe(middle);
      if (!answer) return { kind: 'exhausted' };
      yield answer;
      const found = usable(answer);
      if (found.length === 0) {
        without = middle;
      } else {
        lowest = middle;
        ids = found;
      }
    }
    return { kind: 'found', eventIds: ids, shown, movedForward: true };
  }
  return { kind: 'exhausted' };
}

function highest(ids: readonly number[], atLeast = 0): number {
  return ids.reduce((a, b) => Math.max(a, b), atLeast);
}
