import { lengthOf, type Page } from '@waybill/shared/scan-api/page.ts';
import { widerLimits } from '@waybill/shared/scan-api/page-limit.ts';
import { advance, nextEventId, type Position } from '@waybill/shared/scan-api/position.ts';
import { eventIdsOf } from '../feed/page.ts';

/** A full page that cannot move the position, and the `Limit` that it was read with. */
export type StuckPage = {
  readonly position: Position;
  readonly limit: number;
  readonly page: Page;
};

/** Reads one more page, unless that is not possible: it is larger than is read, or the feed does not answer this question. */
type Read = (fromEventId: number, limit: number) => Promise<Page | 'too large' | 'refused'>;

export type SearchOutcome =
  /** The position can move over these ids. Valid ids were seen up to `shown`, beyond the doubtful ones. */
  | {
      readonly kind: 'found';
      readonly eventIds: readonly number[];
      readonly shown: number;
      readonly movedForward: boolean;
    }
  | NothingFound;

/** The feed holds nothing after what was seen; or there were always more pages, and none of use. */
type NothingFound =
  | { readonly kind: 'nothing beyond' }
  /** `refusedAt`: right after what is of no use, this id is refused, alone too: its row may be one that cannot be read. */
  | { readonly kind: 'exhausted'; readonly refusedAt?: number };

/** Questions of one search that the feed may refuse: some servers refuse ids beyond the newest one. */
const mostRefusals = 16;

/**
 * Searches for what moves the position beyond a stuck page. Yields every page that it read: its elements are sent.
 *
 * ```
 * position   stuck page                    first usable id
 *    |-------x x x x x x x x x x x x x x x x x e e e e e
 *            1 larger limit -->
 *            2 further on, doubling: ...............|....... a page with usable ids, or nothing at all
 *            3 back, by bisection:            |<----
 * ```
 *
 * The bisection ends at two neighbouring ids: from the first on a page holds no usable id, from the second on it does.
 * Both pages together leave out no event between the stretch and the first usable id.
 */
export async function* searchBeyond(stuck: StuckPage, read: Read): AsyncGenerator<Page, SearchOutcome> {
  const { position } = stuck;
  const usable = (page: Page) => eventIdsOf(page).filter((id) => id > position.last);
  let shown = highest(usable(stuck.page));
  const moves = (ids: readonly number[]) => advance(position, ids, shown).position.last > position.last;

  let { limit, page } = stuck;
  for (const wider of widerLimits(limit)) {
    const answer = await read(nextEventId(position), wider);
    // No larger limit, then.
    if (typeof answer === 'string') break;
    yield answer;
    const ids = usable(answer);
    shown = highest(ids, shown);
    if (moves(ids)) return { kind: 'found', eventIds: ids, shown, movedForward: false };
    if (lengthOf(answer) <= lengthOf(page)) break;
    limit = wider;
    page = answer;
  }

  const seek = (after: number, options: SeekOptions) => seekBeyond(after, limit, options, read);
  let ids: readonly number[] = usable(page);
  let movedForward = false;
  if (ids.length === 0) {
    const sought = yield* seek(position.last, { isRead: true, isPrecise: true });
    if (sought.kind !== 'found') return sought;
    ids = sought.eventIds;
    shown = highest(ids, shown);
    movedForward = true;
  }
  if (!moves(ids)) {
    const sought = yield* seek(shown, { isRead: false, isPrecise: false });
    if (sought.kind !== 'found') return sought;
    shown = highest(sought.eventIds, shown);
  }
  return { kind: 'found', eventIds: ids, shown, movedForward };
}

type SeekOptions = {
  /** The page right after the id is known to hold nothing of use. */
  readonly isRead: boolean;
  /** Whether it must be the first page of use. */
  readonly isPrecise: boolean;
};

type Sought = { readonly kind: 'found'; readonly eventIds: readonly number[] } | NothingFound;

/**
 * Searches for a page with valid ids above `after`: at `after + 1`, then 1, 2, 4, … further on, until a page holds some or
 * there is none, or the feed refuses. Then back by bisection, to the last page that holds none and its neighbour.
 */
async function* seekBeyond(
  after: number,
  startLimit: number,
  { isRead, isPrecise }: SeekOptions,
  read: Read,
): AsyncGenerator<Page, Sought> {
  let limit = startLimit;
  let refusals = 0;
  const probe = async (from: number): Promise<Page | 'too large' | 'refused'> => {
    for (; ; limit = Math.ceil(limit / 2)) {
      const answer = await read(from, limit);
      // It may be a row farther on that spoils the page.
      if (answer === 'refused' && limit > 1) return await read(from, 1);
      if (answer !== 'too large' || limit === 1) return answer;
    }
  };
  const base = after + 1;
  /** The highest id whose page is known to hold nothing of use. */
  let useless = isRead ? base : after;
  /** The lowest id whose page is known to be of use. */
  let useful: { readonly from: number; readonly eventIds: readonly number[] } | undefined;
  let refusedAt: number | undefined;
  /** The lowest id from which on the feed is known to hold nothing. */
  let end: number | undefined;
  for (let step = isRead ? 1 : 0; ; step = Math.max(1, step * 2)) {
    const above = useful?.from ?? end;
    if (useful && !isPrecise) break;
    if (above !== undefined && above - useless <= 1) break;
    const from = above === undefined ? base + step : useless + Math.floor((above - useless) / 2);
    // Nothing usable lies beyond the last safe id.
    if (base > Number.MAX_SAFE_INTEGER) return { kind: 'nothing beyond' };
    const page = from <= Number.MAX_SAFE_INTEGER ? await probe(from) : 'too large';
    if (page === 'refused') {
      // Events may lie where the feed refuses to show them: what is found beyond them must not move the position.
      refusals += 1;
      useful = undefined;
      if (refusals > mostRefusals) return { kind: 'exhausted' };
      if (isPrecise) {
        refusedAt = from;
        end = from;
      } else useless = from;
      continue;
    }
    if (page === 'too large') return { kind: 'exhausted' };
    yield page;
    const found = eventIdsOf(page).filter((id) => id > after);
    if (found.length > 0) useful = { from, eventIds: found };
    else if (lengthOf(page) === 0 && !useful) end = from;
    else useless = from;
  }
  if (useful) return { kind: 'found', eventIds: useful.eventIds };
  if (refusedAt !== undefined && refusedAt === end) return { kind: 'exhausted', refusedAt };
  return { kind: refusals > 0 ? 'exhausted' : 'nothing beyond' };
}

function highest(ids: readonly number[], atLeast = 0): number {
  return ids.reduce((a, b) => Math.max(a, b), atLeast);
}
