import type { Clock } from '@waybill/shared/clock.ts';
import type { WhenCapacity } from '@waybill/shared/queue/queue-capacity.ts';
import { type Page, readElements } from '@waybill/shared/scan-api/page.ts';
import { advance, gapsBetween } from '@waybill/shared/scan-api/position.ts';
import { contentsAt, eventIdsOf, rejectedIdsOf, scannedAt, unseenIn } from '../feed/page.ts';
import type { PageReader } from '../feed/read-page.ts';
import { SeenContents } from '../feed/seen-contents.ts';
import type { SendPage } from '../queue/send-page.ts';
import type { PageBudget, PageInHand } from './page-budget.ts';
import type { SentEvents } from './sent-events.ts';
import type { Stripe } from './stripe.ts';

export type StripeDependencies = {
  readonly reader: PageReader;
  /** Of the loop that reads the feed. */
  readonly clock: Clock;
  /** Whether gaps are watched. */
  readonly watchesGaps: boolean;
  readonly whenCapacity: WhenCapacity;
  readonly send: SendPage;
  /** Of all readers together. */
  readonly pageBudget: Pick<PageBudget, 'take'>;
  /** What was sent of the later stretch that holds this id. Undefined when no reader will read that stretch. */
  readonly sentBeyond: (eventId: number) => SentEvents | undefined;
  /** Whether no further page may be read. */
  readonly isWindingDown: () => boolean;
  /** Called whenever a page of the stripe is confirmed, and when it is handed back. */
  readonly onChange: () => void;
};

/** Elements of the last page of a stripe at least: several contents of an id must not fill it. */
const leastAtEnd = 10;

/** Ids that a page of this `Limit` leads over at least: its first element is the last one of the page before. */
export function idsOfPage(limit: number): number {
  return Math.max(1, limit - 1);
}

/**
 * Reads one stripe from front to end. Each page begins with the id at which the one before ended, which may have been cut
 * off between two contents of it; the last one shows an id beyond the end. A page is sent while the next one is read, so
 * that no more than these two are kept in memory. At an unusual page, or none, the rest of the ids is handed back. Returns how many pages the stripe took; undefined when
 * it was not read to its end.
 */
export async function readStripe(
  stripe: Stripe,
  deps: StripeDependencies,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { clock, watchesGaps, whenCapacity, send, sentBeyond, isWindingDown, onChange } = deps;
  const { from, end, isLast } = stripe;
  const seen = new SeenContents();

  /** Sends what is new of a page that leads from `before` to `last`, and confirms what it shows of the stripe, up to `whole`. */
  const forward = async (page: Page, before: number, last: number, whole: number): Promise<void> => {
    const unseen = unseenIn(withoutSent(page, before, stripe, sentBeyond), before, last, seen, sent);
    sent = contentsAt(page, last);
    if (unseen) await send({ ...unseen, last }, signal);
    const through = Math.min(last, whole);
    if (last === before || through <= stripe.confirmed) return;
    const gaps = watchesGaps ? gapsBetween(before, eventIdsOf(page), through, rejectedIdsOf(page)) : [];
    stripe.confirm(through, gaps, scannedAt(page, before, through), contentsAt(page, through));
    onChange();
  };

  let last = from - 1;
  /** Up to here nothing is cut off at the end of the stripe: the sequential reader looks at the head again. */
  let whole = isLast ? Number.POSITIVE_INFINITY : end - 2;
  /** What was sent of the id `last`. */
  let sent: ReadonlySet<string> = stripe.before ?? new Set();
  let sending = Promise.resolve();
  for (let pages = 0; Math.min(last, whole) < end - 1; pages += 1) {
    await whenCapacity(clock, signal);
    const read = isWindingDown() ? undefined : await readNext(stripe, last, deps, signal);
    const page = read?.page;
    await sending;
    if (signal.aborted) return undefined;
    const before = last;
    const ids = page ? eventIdsOf(page) : [];
    const { position, holes } = advance({ last, empty: false }, ids);
    last = position.last;
    if (!isLast && last >= end) whole = end - 1;
    const isOrdinary = last > before && holes.length === 0 && ids.every((id) => id <= last);
    // All that was read is sent, events beyond the stripe's end too: an id may be corrupt.
    if (read) {
      sending = forward(read.page, before, isOrdinary ? last : before, whole).finally(read.inHand.release);
    }
    sending.catch(() => undefined);
    if (!isOrdinary) {
      await sending;
      stripe.isHandedBack = true;
      onChange();
      return undefined;
    }
    if (Math.min(last, whole) >= end - 1) {
      await sending;
      return pages + 1;
    }
  }
  return undefined;
}

type ReadPage = { readonly page: Page; readonly inHand: PageInHand };

async function readNext(
  { from, end, before }: Stripe,
  last: number,
  { reader, clock, pageBudget }: StripeDependencies,
  signal: AbortSignal,
): Promise<ReadPage | undefined> {
  const asked = last < from && !before ? from : last;
  // In a dense feed the last page then shows one event of the next stripe, or few. A page of one element would show the same again.
  const limit = Math.max(asked === last ? 2 : 1, Math.min(reader.limit, Math.max(end - asked + 1, leastAtEnd)));
  const inHand = await pageBudget.take(limit, signal);
  if (!inHand) return undefined;
  const answer = await reader.readOptional(asked, limit, clock, signal);
  if (answer?.kind !== 'page') {
    inHand.release();
    return undefined;
  }
  inHand.received(answer.elements);
  return { page: readElements(answer.elements), inHand };
}

/**
 * The page without events that are sent already. Of this stripe's ids, others sent them before the stripe was read. Of
 * ids beyond its end, any reader may have sent them. Notes the events that another reader may read again.
 */
function withoutSent(
  page: Page,
  before: number,
  { from, end, isLast, sent }: Stripe,
  sentBeyond: StripeDependencies['sentBeyond'],
): Page {
  const isFirst = before === from - 1;
  const events = page.events.filter((event) => {
    if (event.eventId <= before) return true;
    const isOwn = isLast || event.eventId < end;
    const others = isOwn ? sent : sentBeyond(event.eventId);
    if (others?.has(event)) return false;
    // The previous stripe's reader may read the first page, the next stripe's reader what lies beyond the end.
    if (isFirst || !isOwn) others?.note(event);
    return true;
  });
  return { events, rejected: page.rejected };
}
