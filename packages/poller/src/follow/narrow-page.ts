import type { Clock } from '@waybill/shared/clock.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import { type CutReason, packCut } from '@waybill/shared/domain/pack.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { lengthOf, type Page, type RejectedElement, readElements } from '@waybill/shared/scan-api/page.ts';
import { isAboutPage, isTooLarge, nameOf } from '@waybill/shared/scan-api/page-failure.ts';
import { believableJump, nextEventId, type Position } from '@waybill/shared/scan-api/position.ts';
import { type ReceivedAnswer, receivedBy } from '@waybill/shared/scan-api/scan-api-error.ts';
import type { Attempt, UnreadablePage } from '../feed/answer.ts';
import type { PageReader } from '../feed/read-page.ts';
import { type Look, locateRow } from './locate-row.ts';
import type { StuckWatch } from './stuck-watch.ts';

export type NarrowDependencies = {
  readonly reader: PageReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.unreadable_rows'>;
  /** When it is worth its requests to find out whether the feed answers elsewhere. */
  readonly outage: StuckWatch;
  /** When the search for one row is. */
  readonly unreadable: StuckWatch;
};

/** A row that cannot be read, and what becomes of it. */
export type PassedRow = {
  /** The position moves there. */
  readonly last: number;
  /** Ids that were passed without an element: to be watched. */
  readonly passed: IdRange | undefined;
  /** What was received, to be sent. */
  readonly cut: RejectedElement | undefined;
};

/** Milliseconds before a row of which nothing was received is asked for again: what fails for a moment must not be passed over. */
const confirmationsMs = [2_000, 4_000, 8_000] as const;

/** Where the feed is asked for any row at all, in ids after the one that cannot be read. */
const elsewhere = [1, 16, 1_024] as const;

/** The same where nothing was read yet, so that nobody knows where the ids begin. */
const anywhere = Array.from({ length: 12 }, (_, power) => 8 ** power);

/**
 * Narrows down a page that cannot be read: asks again with half the limit, down to 1. What then cannot be read is one row:
 * it is located and passed over, with what was received of it. Only where the feed answers elsewhere at the same time:
 * else it is an outage. Yields every page that it read on the way. Returns undefined where the page is to be read again.
 */
export async function* narrowPage(
  before: Position,
  { error, limit }: UnreadablePage,
  { reader, clock, log, metrics, outage, unreadable }: NarrowDependencies,
  signal: AbortSignal,
): AsyncGenerator<Page, PassedRow | undefined> {
  const from = nextEventId(before);
  const request = { fromEventId: from, limit, err: error };
  const pages: Page[] = [];
  /** The highest id from which on there was a row that can be read. */
  let highest = 0;
  const ask = async (fromEventId: number): Promise<Attempt | undefined> => {
    const attempt = await reader.attempt(fromEventId, 1, clock, signal);
    if (attempt?.kind !== 'page') return attempt;
    pages.push(readElements(attempt.elements));
    if (attempt.elements.length > 0) highest = Math.max(highest, fromEventId);
    return attempt;
  };
  const isWell = async (): Promise<boolean> => {
    const named = idIn(receivedBy(error));
    const known = reader.readableFrom ?? before.last;
    const steps = known < 1 || before.empty ? anywhere : elsewhere;
    for (const id of [known, ...(named ? [named + 1] : []), ...steps.map((step) => from + step)]) {
      if (id < 1 || id > Number.MAX_SAFE_INTEGER || id === from) continue;
      const attempt = await ask(id);
      // An empty page may come from a server whose rows are away.
      if (attempt?.kind === 'page' && attempt.elements.length > 0) return true;
    }
    return false;
  };
  const giveUp = (): undefined => {
    if (!signal.aborted) reader.endNarrowing();
    return undefined;
  };

  if (!reader.isNarrowing && !(outage.isDue(`${from}`) && (yield* shown(pages, isWell())))) return giveUp();
  if (limit > 1) {
    if (!reader.isNarrowing) log.warn(request, 'page cannot be read, asking for smaller ones');
    reader.narrow();
    return undefined;
  }
  let received = receivedBy(error);
  if (!unreadable.isDue(`${from} ${received?.digest ?? nameOf(error)}`)) return giveUp();
  // With its id in it, the same bytes are the same row.
  let isExact = (idIn(received) ?? 0) >= from;
  for (const waitMs of isExact ? [0] : confirmationsMs) {
    await clock.sleep(waitMs, signal);
    const again = yield* shown(pages, ask(from));
    if (again?.kind !== 'failed' || !isAboutPage(again.error)) return giveUp();
    isExact &&= receivedBy(again.error)?.digest === received?.digest;
    // The first failure may have been a hiccup of the feed, of which nothing was received.
    received ??= receivedBy(again.error);
    if (!(yield* shown(pages, isWell()))) return giveUp();
  }

  const look = async (fromEventId: number): Promise<Look> => {
    const attempt = await ask(fromEventId);
    if (attempt?.kind === 'page') return 'readable';
    if (!attempt || !isAboutPage(attempt.error)) return undefined;
    const bytes = receivedBy(attempt.error);
    if (isExact) return bytes?.digest === received?.digest ? 'same' : 'other';
    // A row of which something is received can be passed on by itself: it is not passed over with those that fail.
    return received === undefined && (idIn(bytes) ?? 0) >= fromEventId ? 'other' : 'same';
  };
  const last = yield* shown(pages, locateRow({ from, isExact }, look));
  // Until a newer row can be read nothing waits for this one, and its failure may be an outage of the feed's newest rows.
  // One far above, though it is exact, may have a corrupt id.
  const mustShowMore = !isExact || (last !== undefined && last - from >= believableJump && !before.empty);
  if (mustShowMore && last !== undefined)
    for (const step of elsewhere)
      if (highest <= last && last + step <= Number.MAX_SAFE_INTEGER) yield* shown(pages, ask(last + step));
  const isDoubtful = mustShowMore && highest <= (last ?? 0);
  if (last === undefined || isDoubtful || !(yield* shown(pages, isWell()))) {
    log.error(request, 'row cannot be read, and no row beyond it yet: asked for again later');
    return giveUp();
  }
  reader.endNarrowing();
  metrics['waybill.feed.unreadable_rows'].add(1, { outcome: received ? 'cut' : 'hole' });
  log.error(
    { ...request, from, to: last },
    received
      ? 'row cannot be read: what was received goes to the queue, and the position moves on'
      : 'row cannot be read, nothing of it was received: recorded as a hole, and the position moves on',
  );
  const to = isExact ? last - 1 : last;
  return {
    last,
    passed: to >= from ? { from, to } : undefined,
    cut: received && cutOf(received, isTooLarge(error), isExact ? last : undefined),
  };
}

/** The first id in an answer that holds rows, if it is usable. An error page has none. */
function idIn(received: ReceivedAnswer | undefined): number | undefined {
  const id = Number(
    /"ScanEvents"[\s\S]*?"EventId"\s*:\s*(\d+)/.exec(received?.beginning.toString('latin1') ?? '')?.[1],
  );
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** Waits for the result, and yields the pages that were read meanwhile. */
async function* shown<T>(pages: Page[], result: Promise<T>): AsyncGenerator<Page, T> {
  const value = await result;
  for (const page of pages.splice(0)) if (lengthOf(page) > 0) yield page;
  return value;
}

function cutOf({ beginning }: ReceivedAnswer, wasTooLarge: boolean, eventId: number | undefined): RejectedElement {
  const { text, reason } = readable(beginning, wasTooLarge);
  const rejection = { code: 'UNREADABLE', path: '', expected: 'a page of JSON in UTF-8' } as const;
  return { rejection, eventId, body: packCut(text, reason) };
}

/** Bytes that are not UTF-8 become one character each, from which they can be restored. */
function readable(bytes: Buffer, wasTooLarge: boolean): { readonly text: string; readonly reason: CutReason } {
  let text: string;
  try {
    // The beginning may end within a character: `stream` leaves that one out.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return { text: bytes.toString('latin1'), reason: 'NOT_UTF8' };
  }
  if (wasTooLarge) return { text, reason: 'TOO_LARGE' };
  try {
    JSON.parse(text);
  } catch {
    return { text, reason: 'NOT_JSON' };
  }
  return { text, reason: 'NOT_A_PAGE' };
}
