import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { IdRange } from '../gaps/id-range.ts';
import type { Page } from './page.ts';
import type { PassedOn } from './passed-on.ts';

/** What an answer of the feed adds to what was passed on before. */
export type News = Page & {
  /** The EventId up to which everything is on the queue once this is. */
  readonly last: number;
  /** Ids that the position went over without seeing them, to be watched from then on. */
  readonly gaps: readonly IdRange[];
  /** How many more there were: of too many only the newest are kept. */
  readonly droppedGaps: number;
};

/** Puts what is new in a page on the queue; resolves once every entry is confirmed there. */
export type SendPage = (page: Page & { readonly last: number }, signal: AbortSignal) => Promise<void>;

/** Rejected elements of a page that its log line names. */
const namedRejections = 20;

/**
 * What of the page was not passed on yet, where it moves the position from `before` to `last`: the events between the
 * two, and of everything else what has not come before. Undefined when that is nothing.
 */
export function newsIn(page: Page, before: number, last: number, passedOn: PassedOn): Page | undefined {
  const moving = (event: ScanEvent) => event.eventId > before && event.eventId <= last;
  const events = page.events.filter((event) => moving(event) || passedOn.isNew(JSON.stringify(event)));
  const rejected = page.rejected.filter(({ body }) => passedOn.isNew(body));
  return events.length === 0 && rejected.length === 0 ? undefined : { events, rejected };
}

/** Usable ids of elements that are no event. */
export function rejectedIdsOf(page: Page): number[] {
  return page.rejected.flatMap(({ eventId }) => eventId ?? []);
}

/** When the newest of the events above `before`, up to `last`, was scanned: milliseconds since 1970; undefined where there is none. */
export function scannedAt({ events }: Page, before: number, last: number): number | undefined {
  const newest = events.reduce<ScanEvent | undefined>((best, event) => {
    const isPassed = event.eventId > before && event.eventId <= last;
    return isPassed && (!best || event.eventId >= best.eventId) ? event : best;
  }, undefined);
  const ms = newest ? Date.parse(newest.createdDateTimeUtc) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

export type NewsObservers = {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.events' | 'waybill.feed.rejections'>;
};

/** Counts what is passed on, and names what is no scan event. */
export function countNews({ events, rejected }: Page, last: number, { log, metrics }: NewsObservers): void {
  metrics['waybill.feed.events'].add(events.length);
  for (const { rejection } of rejected) metrics['waybill.feed.rejections'].add(1, { reason: rejection.code });
  if (rejected.length === 0) return;
  const elements = rejected
    .slice(0, namedRejections)
    .map(({ rejection, eventId }) => ({ code: rejection.code, path: rejection.path, eventId }));
  log.warn({ rejected: rejected.length, elements, last }, 'elements that are no scan event, passed on as they are');
}
