import { createHash } from 'node:crypto';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { packUnparsed } from '@waybill/shared/domain/pack.ts';
import { eventIdOf, type Rejection, type ScanEvent } from '@waybill/shared/domain/scan-event.ts';

/** An element that is no scan event, with the message body in which it travels. */
export type RejectedElement = {
  readonly rejection: Rejection;
  /** Its own id where it has a usable one. */
  readonly eventId: number | undefined;
  readonly body: string;
};

export type Page = {
  /** As the feed gave them: in any order, with repetitions. */
  readonly events: readonly ScanEvent[];
  readonly rejected: readonly RejectedElement[];
};

/** Every element of a page becomes an event or a rejection; none is lost, none harms another. */
export function readElements(elements: readonly unknown[]): Page {
  const events: ScanEvent[] = [];
  const rejected: RejectedElement[] = [];
  for (const element of elements) {
    const parsed = parse(element);
    if ('event' in parsed) events.push(parsed.event);
    else rejected.push({ rejection: parsed.rejection, eventId: eventIdOf(element), body: packUnparsed(element) });
  }
  return { events, rejected };
}

/** How many elements the feed gave. */
export function lengthOf(page: Page): number {
  return page.events.length + page.rejected.length;
}

export function eventIdsOf(page: Page): number[] {
  return page.events.map((event) => event.eventId);
}

/** A digest of all that the page holds: two pages with the same one are the same page. */
export function digestOf(page: Page): string {
  const hash = createHash('sha256');
  for (const event of page.events) hash.update(JSON.stringify(event)).update('\n');
  for (const { body } of page.rejected) hash.update(body).update('\n');
  return hash.digest('base64');
}
