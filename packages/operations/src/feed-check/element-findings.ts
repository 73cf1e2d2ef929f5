import { counted, shownNumber as shown } from '@waybill/shared/counted.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import { isPlainObject, type ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { contentOf } from '@waybill/shared/scan-api/page.ts';
import { believableJump } from '@waybill/shared/scan-api/position.ts';
import { type Finding, good, medianOf, note } from './finding.ts';
import { rejectionFinding } from './rejection-finding.ts';
import { kindOf } from './value-form.ts';

/** Types that are named at most. */
const mostNamed = 10;

/** Of the feed's types, the one that is known and is no milestone. */
const knownTypes: ReadonlySet<string> = new Set(['STATUS', ...Object.values(milestoneTypes)]);

/** What the elements of one or more pages say, in the order in which they were read. */
export function elementFindings(pages: readonly (readonly unknown[])[]): readonly Finding[] {
  const elements = pages.flat();
  const events = elements.flatMap((element) => {
    const parsed = parse(element);
    return 'event' in parsed ? [parsed.event] : [];
  });
  const ids = events.map(({ eventId }) => eventId);
  return [
    rejectionFinding(elements),
    ...(events.length > 0 ? [orderFinding(pages), repeatFinding(events), typeFinding(events)] : []),
    ...(new Set(ids).size > 1 ? [stepFinding(ids)] : []),
    ...timeFindings(elements),
  ];
}

/** The valid ids of a page, as they came. */
export function idsOf(elements: readonly unknown[]): readonly number[] {
  return elements.flatMap((element) => {
    const parsed = parse(element);
    return 'event' in parsed ? [parsed.event.eventId] : [];
  });
}

function orderFinding(pages: readonly (readonly unknown[])[]): Finding {
  const isAscending = pages.every((page) => idsOf(page).every((id, index, ids) => id >= (ids[index - 1] ?? 0)));
  return isAscending
    ? good('order', 'The ids of a page ascend.')
    : note('order', 'The ids of a page do not ascend. Waybill sorts them by itself.');
}

function stepFinding(ids: readonly number[]): Finding {
  const sorted = [...new Set(ids)].sort((a, b) => a - b);
  const steps = sorted.slice(1).map((id, index) => id - (sorted[index] ?? 0));
  const largest = steps.reduce((a, b) => Math.max(a, b), 0);
  const range = `from ${sorted[0]} to ${sorted.at(-1)}`;
  if (largest === 1) return good('steps', `No id is skipped ${range}.`);
  const skips = `Ids are skipped ${range}: the median step is ${shown(medianOf(steps))}, the largest ${shown(largest)}.`;
  return largest > believableJump
    ? note(
        'steps',
        `${skips} Waybill follows a step of more than ${shown(believableJump)} only when it has seen an event beyond it, and does not ask for the ids between.`,
      )
    : note(
        'steps',
        `${skips} Waybill asks for skipped ids again for a while (GAP_PATIENCE_SECONDS): events may become visible late.`,
      );
}

function repeatFinding(events: readonly ScanEvent[]): Finding {
  const contents = new Map<number, Set<string>>();
  for (const event of events) {
    const known = contents.get(event.eventId) ?? new Set<string>();
    contents.set(event.eventId, known.add(contentOf(event)));
  }
  const repeated = events.length - [...contents.values()].reduce((sum, { size }) => sum + size, 0);
  const twice = [...contents].filter(([, { size }]) => size > 1);
  if (twice.length > 0)
    return note(
      'repeats',
      `${counted(twice.length, 'id')} came with different contents, as EventId ${twice[0]?.[0]}. Waybill keeps one of them, the same in whatever order they come.`,
    );
  return repeated === 0
    ? good('repeats', 'No event came twice.')
    : note(
        'repeats',
        `${counted(repeated, 'event')} came again with the same content. Waybill sends an event that it has just seen once.`,
      );
}

/** A type as the carrier spells it may hold anything; what looks like a word is one. */
const isWord = (type: string) => /^[A-Za-z][A-Za-z_-]{0,39}$/.test(type);

function typeFinding(events: readonly ScanEvent[]): Finding {
  const unknown = [...new Set(events.map(({ type }) => type).filter((type) => !knownTypes.has(type)))];
  if (unknown.length === 0) return good('types', `All types are known (${[...knownTypes].join(', ')}).`);
  const named = unknown.filter(isWord).toSorted().slice(0, mostNamed);
  const others = unknown.length - named.length;
  const list = [...named, ...(others > 0 ? [`${shown(others)} not shown`] : [])].join(', ');
  return note(
    'types',
    `${counted(unknown.length, 'type')} set no milestone: ${list}. Their events are stored as all others are; STAGES can give them a stage.`,
  );
}

const forms = [
  ['Z', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/],
  ['no zone', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?$/],
  ['an offset', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:?\d\d$/],
] as const;

function timeFindings(elements: readonly unknown[]): readonly Finding[] {
  const times = elements.flatMap((element) =>
    isPlainObject(element) && 'CreatedDateTimeUtc' in element ? [element['CreatedDateTimeUtc']] : [],
  );
  if (times.length === 0) return [];
  const countOf = (name: string) => kinds.filter((kind) => kind === name).length;
  const kinds = times.map(timeKind);
  const listed = [...new Set(kinds)].map((kind) => `${shown(countOf(kind))} ${kind}`).join(', ');
  const fractions = times.flatMap((time) => (typeof time === 'string' ? [/\.(\d+)/.exec(time)?.[1]?.length ?? 0] : []));
  const digits = `with ${digitRange(fractions)} digits of a second's fraction`;
  if (kinds.every((kind) => kind === 'ending in Z')) return [good('timestamps', `All times end in Z, ${digits}.`)];
  const offsets = countOf('with an offset') > 0 ? ' Waybill rejects a time with an offset.' : '';
  const zoneless =
    countOf('without a zone') > 0 ? ' Waybill takes a time without a zone for UTC: ask the carrier whether it is.' : '';
  return [note('timestamps', `Times come in several forms or without Z: ${listed}.${zoneless}${offsets}`)];
}

function timeKind(time: unknown): string {
  if (typeof time !== 'string') return `as ${kindOf(time)}`;
  const form = forms.find(([, pattern]) => pattern.test(time))?.[0];
  if (form === 'Z') return 'ending in Z';
  if (form === undefined) return 'in another form';
  return form === 'no zone' ? 'without a zone' : 'with an offset';
}

function digitRange(digits: readonly number[]): string {
  const least = digits.reduce((a, b) => Math.min(a, b), digits[0] ?? 0);
  const most = digits.reduce((a, b) => Math.max(a, b), 0);
  return least === most ? String(least) : `${least} to ${most}`;
}
