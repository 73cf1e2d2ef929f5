import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@waybill/shared/error.ts';
import { shownUrl } from '@waybill/shared/shown-url.ts';

export type WholeFeedOptions = {
  /** Makes a request; by default without any token. */
  readonly get?: (url: URL, signal: AbortSignal) => Promise<{ readonly status: number; readonly text: string }>;
  /** EventId to begin with. */
  readonly from?: number;
  /** The last EventId of interest, such as a poller's final position. Without it: to the end of the feed. */
  readonly through?: number;
  /** Events per request. */
  readonly limit?: number;
  /** Milliseconds before the first retry; doubled with each further one. */
  readonly retryMs?: number;
  readonly signal?: AbortSignal;
};

/** Attempts at one page. */
const tries = 10;
/** An id further above the one before it counts as corrupt, and reading does not continue from it. As in the poller. */
const believableStep = 10_000;

/**
 * Reads a Scan Event API from end to end, as simply as possible: page after page, every element as received, some more
 * than once. For a comparison that does not depend on Waybill's own reader.
 *
 * @throws when a page cannot be read in ten attempts, or is refused for good (400, 401, 403, 404)
 */
export async function* readWholeFeed(url: string, options: WholeFeedOptions = {}): AsyncGenerator<unknown, void> {
  const { through = Number.POSITIVE_INFINITY, limit = 1_000 } = options;
  let from = options.from ?? 1;
  let isFirst = options.from === undefined;
  let largestPage = 1;
  // Where a full page had no id to continue from. Reading tries further on, by doubling steps, and when a step found
  // something it returns to the last such place, so that nothing is skipped.
  let stuckAt: number | undefined;
  let step = 1;
  while (from <= through) {
    const page = await readPage(url, from, limit, options);
    for (const element of page) if (concerns(element, through)) yield element;
    const last = lastBelievable(page, from, isFirst);
    const isStuck = last === undefined && page.length >= Math.min(limit, largestPage);
    largestPage = Math.max(largestPage, page.length);
    if (isStuck) {
      stuckAt = from;
      from += step;
      step *= 2;
    } else if (stuckAt !== undefined && from > stuckAt + 1) {
      from = stuckAt + 1;
      step = 1;
    } else if (last !== undefined) {
      from = last + 1;
      isFirst = false;
      stuckAt = undefined;
      step = 1;
    } else return;
  }
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
function lastBelievable(page: readonly unknown[], from: number, isFirst: boolean): number | undefined {
  const ids = new Set(page.map(idOf).filter((id): id is number => id !== undefined && id >= from));
  const ascending = [...ids].sort((a, b) => a - b);
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
  url: string,
  from: number,
  limit: number,
  { get = fetched, retryMs = 250, signal }: WholeFeedOptions,
): Promise<readonly unknown[]> {
  const address = new URL(url);
  address.searchParams.set('FromEventId', String(from));
  address.searchParams.set('Limit', String(limit));
  // Never its text: it holds people's ids, and may repeat the token.
  let received = 'none';
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0) await delay(retryMs * 2 ** (attempt - 1), undefined, { ...(signal && { signal }) });
    try {
      const { status, text } = await get(address, signal ?? new AbortController().signal);
      received = `status ${status}, ${text.length} characters`;
      if (status >= 200 && status <= 299) {
        const body: unknown = JSON.parse(text);
        if (typeof body === 'object' && body !== null && 'ScanEvents' in body && Array.isArray(body.ScanEvents)) {
          return body.ScanEvents;
        }
      }
      if ([400, 401, 403, 404].includes(status)) break;
    } catch (cause) {
      if (signal?.aborted) throw cause;
      if (!(cause instanceof SyntaxError)) received = describeError(cause);
    }
  }
  throw new Error(`${shownUrl(address)} from EventId ${from} could not be read; the last response was: ${received}`);
}

const fetched: NonNullable<WholeFeedOptions['get']> = async (url, signal) => {
  const response = await fetch(url, { signal });
  return { status: response.status, text: await response.text() };
};
