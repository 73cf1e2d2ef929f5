import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { contentOf, type Page } from '@waybill/shared/scan-api/page.ts';
import { advance } from '@waybill/shared/scan-api/position.ts';
import { contentsAt, eventIdsOf } from '../feed/page.ts';
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
  /** What was sent of ids at which an earlier answer may have been cut off. They are still open. */
  readonly cutOff: CutOff;
};

/** Contents by id. */
export type CutOff = ReadonlyMap<number, ReadonlySet<string>>;

/** An id at which an answer may have been cut off, and the contents that it showed of it. */
export type CutOffId = { readonly eventId: number; readonly contents: ReadonlySet<string> };

/**
 * Elements to ask for, so that a page shows the whole range and something beyond it: then it is not cut off between two
 * contents of one id.
 */
export function elementsToAsk({ from, to }: IdRange, limit: number, cutOff: CutOff): number {
  const known = [...cutOff].reduce((sum, [id, contents]) => sum + (id >= from && id <= to ? contents.size : 0), 0);
  return Math.max(2 + 2 * known, Math.min(limit, to - from + 2));
}

/**
 * The contents at which the response may be cut off: those of its last id. Undefined where that lies in no gap beyond the
 * range, so that nobody waits for it. Within the range also where all of them were known: more were asked for then, and there
 * are none. Beyond it nobody asked for more.
 */
export function cutOffIn(page: Page, { question, isOpen, cutOff }: AskedQuestion): CutOffId | undefined {
  const eventId = eventIdsOf(page).reduce((a, b) => Math.max(a, b), 0);
  const isBeyond = eventId > question.to;
  if (eventId === 0 || (isBeyond && !isOpen(eventId))) return undefined;
  const known = cutOff.get(eventId) ?? new Set();
  const contents = contentsAt(page, eventId);
  if (!isBeyond && [...contents].every((content) => known.has(content))) return undefined;
  return { eventId, contents: new Set([...known, ...contents]) };
}

/**
 * The part of the response to send: events in open gaps; and, once per content, what the sequential reader may never read
 * again. That is an id before the requested range, beyond the position or in a hole; another content of an id; and elements
 * that are not events. Undefined when there is nothing to send.
 */
export function unseenInAnswer(
  page: Page,
  { question, isOpen, isUnknown = false, holes, appeared, last, cutOff }: AskedQuestion,
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
    if (cutOff.get(event.eventId)?.has(contentOf(event))) return false;
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
