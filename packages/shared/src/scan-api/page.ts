import { parse } from '../domain/feed-element.ts';
import { elementTexts } from '../domain/own-text.ts';
import { packUnparsed } from '../domain/pack.ts';
import { eventIdOf, type Rejection, type ScanEvent } from '../domain/scan-event.ts';

/** An element that is not a scan event, with the message body in which it travels. */
export type RejectedElement = {
  readonly rejection: Rejection;
  /** Its own id, if that is usable. */
  readonly eventId: number | undefined;
  readonly body: string;
};

export type Page = {
  /** As the feed gave them: in any order, with repetitions. */
  readonly events: readonly ScanEvent[];
  readonly rejected: readonly RejectedElement[];
};

/** Beside the elements, not in them: only rejected elements need their own text, and a page seldom holds one. */
const pageTexts = new WeakMap<readonly unknown[], string>();

/** The elements, with the text of the page that they were read from. */
export function withText(elements: readonly unknown[], page: string): readonly unknown[] {
  pageTexts.set(elements, page);
  return elements;
}

/** Turns every element into an event or a rejection, which travels in its own text: none is lost, none harms another. */
export function readElements(elements: readonly unknown[]): Page {
  const events: ScanEvent[] = [];
  const rejected: RejectedElement[] = [];
  let texts: readonly string[] | undefined;
  for (let index = 0; index < elements.length; index += 1) {
    const element = elements[index];
    const parsed = parse(element);
    if ('event' in parsed) events.push(parsed.event);
    else {
      texts ??= elementTexts(pageTexts.get(elements) ?? '', 'ScanEvents');
      const body = packUnparsed(element, texts[index]);
      rejected.push({ rejection: parsed.rejection, eventId: eventIdOf(element), body });
    }
  }
  return { events, rejected };
}

/** Elements of the page. */
export function lengthOf(page: Page): number {
  return page.events.length + page.rejected.length;
}

/** Two events are the same when their contents are equal: an id may come with several. */
export function contentOf(event: ScanEvent): string {
  return JSON.stringify(event);
}
