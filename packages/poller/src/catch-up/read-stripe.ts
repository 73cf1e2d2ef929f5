import type { Clock } from '@waybill/shared/clock.ts';
import { eventIdsOf, type Page, readElements, rejectedIdsOf, scannedAt, unseenIn } from '../feed/page.ts';
import { advance, gapsBetween } from '../feed/position.ts';
import type { PageReader } from '../feed/read-page.ts';
import { SeenContents } from '../feed/seen-contents.ts';
import type { WhenCapacity } from '../queue/queue-capacity.ts';
import type { SendPage } from '../queue/send-page.ts';
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
  /** What was sent of the later stretch that holds this id. Undefined when no reader will read that stretch. */
  readonly sentBeyond: (eventId: number) => SentEvents | undefined;
  /** Whether no further page may be read. */
  readonly isWindingDown: () => boolean;
  /** Called whenever a page of the stripe is confirmed, and when it is handed back. */
  readonly onChange: () => void;
};

/**
 * Reads one stripe from front to end. A page is sent while the next one is read, so that no more than these two are kept
 * in memory. At an unusual page, or none, the rest of the ids is handed back. Returns how many pages the stripe took; undefined when
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

  /** Sends what is new of a page that leads from `before` to `last`, and confirms what it shows of the stripe. */
  const forward = async (page: Page, before: number, last: number): Promise<void> => {
    const unseen = unseenIn(withoutSent(page, before, stripe, sentBeyond), before, last, seen);
    if (unseen) await send({ ...unseen, last }, signal);
    if (last === before) return;
    const through = isLast ? last : Math.min(last, end - 1);
    const gaps = watchesGaps ? gapsBetween(before, eventIdsOf(page), through, rejectedIdsOf(page)) : [];
    stripe.confirm(through, gaps, scannedAt(page, before, through));
    onChange();
  };

  let last = from - 1;
  let sending = Promise.resolve();
  for (let pages = 0; last < end - 1; pages += 1) {
    await whenCapacity(clock, signal);
    const page = isWindingDown() ? undefined : await readNext(stripe, last, deps, signal);
    await sending;
    if (signal.aborted) return undefined;
    const before = last;
    const ids = page ? eventIdsOf(page) : [];
    const { position, holes } = advance({ last, empty: false }, ids);
    last = position.last;
    const isOrdinary = last > before && holes.length === 0 && ids.every((id) => id <= last);
    // All that was read is sent, events beyond the stripe's end too: an id may be corrupt.
    if (page) sending = forward(page, before, isOrdinary ? last : before);
    sending.catch(() => undefined);
    if (!isOrdinary) {
      await sending;
      stripe.isHandedBack = true;
      onChange();
      return undefined;
    }
    if (last >= end - 1) {
      await sending;
      return pages + 1;
    }
  }
  return undefined;
}

async function readNext(
  { end }: Stripe,
  last: number,
  { reader, clock }: StripeDependencies,
  signal: AbortSignal,
): Promise<Page | undefined> {
  // In a dense feed no page then shows an event of the next stripe.
  const limit = Math.min(reader.limit, end - 1 - last);
  const answer = await reader.readOptional(last + 1, limit, clock, signal);
  return answer?.kind === 'page' ? readElements(answer.elements) : undefined;
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
