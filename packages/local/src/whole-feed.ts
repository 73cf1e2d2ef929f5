import { setTimeout as delay } from 'node:timers/promises';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { isRefusal } from '@waybill/shared/scan-api/page-failure.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';

export type WholeFeedOptions = {
  /** EventId to begin with. */
  readonly from?: number;
  /** The last EventId of interest, such as a poller's final position. Without it: to the end of the feed. */
  readonly through?: number;
  /** Events per request. */
  readonly limit?: number;
  /** Milliseconds before the first retry; doubled with each further one. */
  readonly retryMs?: number;
  /** Milliseconds of a server's Retry-After that are obeyed at most. */
  readonly longestPauseMs?: number;
  /** Is told, in a sentence, why what is read may not be all that the feed holds. */
  readonly onDoubt?: (sentence: string) => void;
  readonly signal?: AbortSignal;
};

/** Attempts at one page. */
const tries = 10;
/** An id further above the one before it counts as corrupt, and reading does not continue from it. As in the poller. */
const believableStep = 10_000;
/** Ids that a page must share with the first to be called the same: a few come again in pages of a feed that is well. */
const fewestSame = 10;

/**
 * Reads a Scan Event API from end to end, as simply as possible: page after page, each from the last id of the one before,
 * which must come again; every element as received, some more than once. For a comparison that does not depend on how
 * Waybill's own reader goes on.
 *
 * @throws when a page cannot be read in ten attempts, or is refused for good
 */
export async function* readWholeFeed(
  feed: Pick<ScanFeed, 'read'>,
  options: WholeFeedOptions = {},
): AsyncGenerator<unknown, void> {
  const { through = Number.POSITIVE_INFINITY, limit = 1_000, onDoubt = () => undefined } = options;
  let from = options.from ?? 1;
  let isFirst = true;
  let known: number | undefined;
  // Elements of that id, which may come again with further contents.
  let seen: ReadonlySet<string> = new Set();
  let firstIds: readonly number[] | undefined;
  let largestPage = 1;
  // Where a full page had no id to continue from. Reading tries further on, by doubling steps, and when a step found
  // something it returns to the last such place, so that nothing is skipped.
  let stuckAt: number | undefined;
  let step = 1;
  // Where elements without ids go on for ever, steps that double leave the ids that there can be.
  while (from <= through && Number.isSafeInteger(from)) {
    const page = await readPage(feed, from, limit, options);
    for (const element of page) {
      const isAgain = known === from && idOf(element) === known && seen.has(JSON.stringify(element));
      if (!isAgain && concerns(element, through)) yield element;
    }
    const ids = page.map(idOf).filter((id): id is number => id !== undefined);
    firstIds ??= ids;
    if (known === from) tellDoubts({ ids, known, firstIds, onDoubt });
    const last = lastBelievable(ids, from, isFirst);
    const isNew = last !== undefined && last !== known;
    // A page of older events is the end, not elements without ids.
    const isOld = 2 * ids.filter((id) => id < from).length > page.length;
    const isStuck = !isNew && !isOld && known !== from && page.length >= Math.min(limit, largestPage);
    largestPage = Math.max(largestPage, page.length);
    if (isNew) {
      if (last >= through) return;
      // Once more from the last id: only a feed that returns it goes on where the page ended.
      from = last;
      known = last;
      seen = new Set(page.filter((element) => idOf(element) === last).map((element) => JSON.stringify(element)));
      isFirst = false;
      stuckAt = undefined;
      step = 1;
    } else if (known === from) from += 1;
    else if (isStuck) {
      stuckAt = from;
      from += step;
      step *= 2;
    } else if (stuckAt !== undefined && from > stuckAt + 1) {
      from = stuckAt + 1;
      step = 1;
    } else break;
  }
  if (known !== undefined && known < through && Number.isFinite(through)) {
    onDoubt(
      `The feed ends at EventId ${known} now, and was read to ${through} before: events have gone, or ids began again.`,
    );
  }
}

type Overlap = {
  /** Of the page that was asked for from `known` on, the last id before it. */
  readonly ids: readonly number[];
  readonly known: number;
  readonly firstIds: readonly number[];
  readonly onDoubt: (sentence: string) => void;
};

function tellDoubts({ ids, known, firstIds, onDoubt }: Overlap): void {
  const found = new Set(ids);
  const isSame = firstIds.length >= fewestSame && firstIds.every((id) => found.has(id)) && known !== firstIds[0];
  if (isSame)
    onDoubt(`Asked from EventId ${known}, the API returned its first page again: it may hold more than it shows.`);
  else if (!found.has(known)) {
    onDoubt(
      `Asked from EventId ${known}, which it had returned before, the API left it out: others may be left out, too.`,
    );
  }
}

/** Whether the feed shows an event beyond this id that reading could go on to: two, or one that is near. */
export async function goesOnBeyond(
  feed: Pick<ScanFeed, 'read'>,
  eventId: number,
  options: WholeFeedOptions = {},
): Promise<boolean> {
  const page = await readPage(feed, eventId + 1, options.limit ?? 100, options);
  const ids = page.map(idOf).filter((id): id is number => id !== undefined && id > eventId);
  return lastBelievable(ids, eventId + 1, false) !== undefined;
}

/**
 * Whether an element belongs to the feed up to `through`. A far higher id is the feed's mistake, so it belongs, too.
 */
function concerns(element: unknown, through: number): boolean {
  const id = idOf(element);
  return id === undefined || id <= through || id > through + believableStep;
}

/**
 * The highest id to continue from. An id far above the one before it is believed only when another one is close above
 * it; at the start of the feed, the first id is believed.
 */
function lastBelievable(ids: readonly number[], from: number, isFirst: boolean): number | undefined {
  const ascending = [...new Set(ids)].filter((id) => id >= from).sort((a, b) => a - b);
  let last = isFirst ? ascending[0] : undefined;
  for (const [place, id] of ascending.entries()) {
    const next = ascending[place + 1] ?? Number.POSITIVE_INFINITY;
    const follows = id - (last ?? from) <= believableStep;
    if (follows || next - id <= believableStep) last = id;
  }
  return last;
}

function idOf(element: unknown): number | undefined {
  if (typeof element !== 'object' || element === null || !('EventId' in element)) return undefined;
  const id = element.EventId;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

async function readPage(
  feed: Pick<ScanFeed, 'read'>,
  from: number,
  limit: number,
  { retryMs = 250, longestPauseMs = 60_000, signal = new AbortController().signal }: WholeFeedOptions,
): Promise<readonly unknown[]> {
  let last: unknown;
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0)
      await delay(Math.max(retryMs * 2 ** (attempt - 1), Math.min(pauseOf(last), longestPauseMs)), undefined, {
        signal,
      });
    try {
      return await feed.read(from, limit, signal);
    } catch (error) {
      signal.throwIfAborted();
      last = error;
      if (isRefusal(error) || isForbidden(error)) break;
    }
  }
  throw new Error(`The feed could not be read from EventId ${from}: ${describeError(last)}`, { cause: last });
}

/** Milliseconds that the server asks for. */
function pauseOf(error: unknown): number {
  const askedMs = error instanceof WaybillError ? error.details['retryAfterMs'] : undefined;
  return typeof askedMs === 'number' ? askedMs : 0;
}

function isForbidden(error: unknown): boolean {
  return error instanceof WaybillError && (error.details['status'] === 401 || error.details['status'] === 403);
}
