import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { IdRange } from '../feed/id-range.ts';
import { contentOf, eventIdsOf, type Page } from '../feed/page.ts';
import { advance } from '../feed/position.ts';
import type { SeenContents } from '../feed/seen-contents.ts';

/** A request for gaps, and what was known when it was made. */
export type AskedQuestion = {
  readonly question: IdRange;
  /** Whether the id lies in an open gap. */
  readonly isOpen: (id: number) => boolean;
  /** What lies in open gaps may have been sent before: all of it is sent, and not remembered. */
  readonly isUnknown?: boolean;
  /** Ids that the position crossed and that are not watched. */
  readonly holes: readonly IdRange[];
  /** Ids of events that turned up in gaps before. */
  readonly appeared: ReadonlySet<number>;
  /** The position. */
  readonly last: number;
};

/**
 * The part of the response to send: events in open gaps; and, once per content, what the sequential reader may never read
 * again. That is an id before the requested range, beyond the position or in a hole; another content of an id; and elements
 * that are not events. Undefined when there is nothing to send.
 */
export function unseenInAnswer(
  page: Page,
  { question, isOpen, isUnknown = false, holes, appeared, last }: AskedQuestion,
  seen: SeenContents,
): Page | undefined {
  const firsts = new Map<number, ScanEvent>();
  const several = new Set<number>();
  for (const event of page.events) {
    const first = firsts.get(event.eventId);
    if (!first) firsts.set(event.eventId, event);
    else if (contentOf(first) !== contentOf(event)) several.add(event.eventId);
  }
  const isInHole = (id: number) => holes.some(({ from, to }) => from <= id && id <= to);
  const isElsewhere = (id: number) =>
    id < question.from || id > last || several.has(id) || appeared.has(id) || isInHole(id);
  const events = page.events.filter((event) => {
    const isInGap = isOpen(event.eventId);
    if (isInGap && isUnknown) return true;
    return (isInGap || isElsewhere(event.eventId)) && (seen.isNew(contentOf(event)) || isInGap);
  });
  const rejected = page.rejected.filter(({ body }) => seen.isNew(body));
  return events.length === 0 && rejected.length === 0 ? undefined : { events, rejected };
}

/**
 * The id up to which the response shows everything: its last but one that can be believed, since any single id may be
 * corrupt. Without such an id, the end of the requested range at most: the page holds something, which may belong there.
 */
export function shownThrough(page: Page, { from, to }: IdRange): number {
  const eventIds = eventIdsOf(page);
  const { last } = advance({ last: from - 1, empty: false }, eventIds).position;
  const ids = [...new Set(eventIds)].filter((id) => id >= from && id <= last).sort((a, b) => a - b);
  return ids.at(-2) ?? Math.min(to, ids.at(-1) ?? to);
}
