import { eventIdsOf, type Page } from '../feed/page.ts';
import type { PassedOn } from '../feed/passed-on.ts';
import { advance } from '../feed/position.ts';
import { holds, type IdRange } from './id-range.ts';

export type Asked = {
  readonly question: IdRange;
  /** Ascending and apart from each other. */
  readonly openGaps: readonly IdRange[];
  /** Ids that the position crossed and that nobody asks for. */
  readonly holes: readonly IdRange[];
  /** Ids of events that turned up in gaps before. */
  readonly appeared: ReadonlySet<number>;
  /** The position. */
  readonly last: number;
};

/**
 * What of the answer to a question for gaps is to be passed on: events in open gaps; and once per content whatever else
 * does not simply come again: what lies before the question, beyond the position or in a hole, another content of an
 * id, elements that are no event. Undefined when that is nothing.
 */
export function newsInAnswer(
  page: Page,
  { question, openGaps, holes, appeared, last }: Asked,
  passedOn: PassedOn,
): Page | undefined {
  const contents = new Map<number, string>();
  const several = new Set<number>();
  for (const event of page.events) {
    const content = JSON.stringify(event);
    if ((contents.get(event.eventId) ?? content) !== content) several.add(event.eventId);
    contents.set(event.eventId, content);
  }
  const isInHole = (id: number) => holes.some(({ from, to }) => from <= id && id <= to);
  const isElsewhere = (id: number) =>
    id < question.from || id > last || several.has(id) || appeared.has(id) || isInHole(id);
  const events = page.events.filter((event) => {
    const isOpen = holds(openGaps, event.eventId);
    return (isOpen || isElsewhere(event.eventId)) && (passedOn.isNew(JSON.stringify(event)) || isOpen);
  });
  const rejected = page.rejected.filter(({ body }) => passedOn.isNew(body));
  return events.length === 0 && rejected.length === 0 ? undefined : { events, rejected };
}

/**
 * The id up to which the answer shows everything: its last but one that can be believed, since any single id may be
 * corrupt. Where there is no such id, the end of the question at most: the page holds something, which may stand there.
 */
export function shownThrough(page: Page, { from, to }: IdRange): number {
  const eventIds = eventIdsOf(page);
  const { last } = advance({ last: from - 1, empty: false }, eventIds).position;
  const ids = [...new Set(eventIds)].filter((id) => id >= from && id <= last).sort((a, b) => a - b);
  return ids.at(-2) ?? Math.min(to, ids.at(-1) ?? to);
}
