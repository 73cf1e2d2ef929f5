import { createHash } from 'node:crypto';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { contentOf, type Page } from '@waybill/shared/scan-api/page.ts';
import type { SeenContents } from './seen-contents.ts';

export function eventIdsOf(page: Page): number[] {
  return page.events.map((event) => event.eventId);
}

/** The usable ids of rejected elements. */
export function rejectedIdsOf(page: Page): number[] {
  return page.rejected.flatMap(({ eventId }) => eventId ?? []);
}

/**
 * The part of the page to send, when it moves the position from `before` to `last`: the events between the two, and of
 * everything else the contents not seen before. `sent` are contents of `before` that were sent with the page before this
 * one. Undefined when there is nothing to send.
 */
export function unseenIn(
  page: Page,
  before: number,
  last: number,
  seen: SeenContents,
  sent: ReadonlySet<string> = nothingSent,
): Page | undefined {
  const moving = (event: ScanEvent) => event.eventId > before && event.eventId <= last;
  const isNew = (event: ScanEvent) => {
    const content = contentOf(event);
    return !(event.eventId === before && sent.has(content)) && seen.isNew(content);
  };
  const events = page.events.filter((event) => moving(event) || isNew(event));
  const rejected = page.rejected.filter(({ body }) => seen.isNew(body));
  return events.length === 0 && rejected.length === 0 ? undefined : { events, rejected };
}

/** When the newest of the events above `before`, up to `last`, was scanned: milliseconds since 1970. Undefined where there is none. */
export function scannedAt({ events }: Page, before: number, last: number): number | undefined {
  const newest = events.reduce<ScanEvent | undefined>((best, event) => {
    const isPassed = event.eventId > before && event.eventId <= last;
    return isPassed && (!best || event.eventId >= best.eventId) ? event : best;
  }, undefined);
  const ms = newest ? Date.parse(newest.createdDateTimeUtc) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

const nothingSent: ReadonlySet<string> = new Set();

/** The contents of this id in the page. */
export function contentsAt(page: Page, eventId: number): ReadonlySet<string> {
  return new Set(page.events.filter((event) => event.eventId === eventId).map(contentOf));
}

/** A digest of all that the page holds: two pages with the same digest are the same page. */
export function digestOf(page: Page): string {
  const hash = createHash('sha256');
  for (const event of page.events) hash.update(contentOf(event)).update('\n');
  for (const { body } of page.rejected) hash.update(body).update('\n');
  return hash.digest('base64');
}
