import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import { eventIdOf } from '@waybill/shared/domain/scan-event.ts';
import { contentOf, type Page, readElements } from '@waybill/shared/scan-api/page.ts';
import { advance, believableJump } from '@waybill/shared/scan-api/position.ts';

/** A page, with the ids of its events. */
export type IdentifiedPage = Page & { readonly ids: readonly number[]; readonly elements: readonly unknown[] };

export function identified(elements: readonly unknown[]): IdentifiedPage {
  const page = readElements(elements);
  return { ...page, elements, ids: page.events.map(({ eventId }) => eventId) };
}

/**
 * What of a page lies in the range, without these contents of its first id. An element without a usable id lies where its
 * neighbours do: it is left out only where it stands after the last element of the range, among ids above it.
 */
export function partInRange(
  { elements, events, rejected }: IdentifiedPage,
  { from, to }: IdRange,
  sent: ReadonlySet<string> = new Set(),
): Page {
  const isIn = (id: number) => id >= from && id <= to;
  const ids = elements.map(eventIdOf);
  const lastIn = ids.findLastIndex((id) => id !== undefined && isIn(id));
  const firstAbove = ids.findIndex((id, index) => index > lastIn && id !== undefined && id > to);
  const end = firstAbove < 0 ? elements.length : firstAbove;
  // Rejected elements without an id, in their order, are the elements without one.
  const areIn = ids.flatMap((id, index) => (id === undefined ? [index < end] : []));
  let without = 0;
  return {
    events: events.filter((event) => isIn(event.eventId) && !sent.has(contentOf(event))),
    rejected: rejected.filter(({ eventId }) => (eventId === undefined ? areIn[without++] : isIn(eventId))),
  };
}

/** The contents of this id, and of higher ones, in the page. */
export function contentsFrom({ events }: Page, eventId: number): ReadonlySet<string> {
  return new Set(events.filter((event) => event.eventId >= eventId).map(contentOf));
}

/**
 * The id up to which a page surely leads from `last` on: the last but one, or the only one. So an id that is corrupt, and too
 * high, is seen among its neighbours before it moves anything. Over a jump (`believableJump`) a page leads only where it
 * shows nothing nearer, and something beyond the jump. One corrupt id must not end a replay, or skip a part of it.
 */
export function ledTo(last: number, ids: readonly number[]): number {
  let [before, through] = [last, last];
  for (const id of [...ids].sort((a, b) => a - b))
    if (id > through && id - through <= believableJump) [before, through] = [through, id];
  if (through > last) return Math.max(before, last) > last ? before : through;
  return advance({ last, empty: false }, ids).position.last;
}
