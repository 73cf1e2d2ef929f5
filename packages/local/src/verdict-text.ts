import { counted, shownNumber } from '@waybill/shared/counted.ts';
import { type Difference, describe } from './outcome/oracle.ts';
import type { FeedReading, Verdict } from './outcome/verdict.ts';
import { columns } from './progress.ts';
import type { Facts } from './run-facts.ts';
import { prose, row } from './summary-text.ts';

/** Differences and lost elements that are listed; one is enough to begin with. */
const listed = 5;
/** Characters before the lines of the verdict. */
const markWidth = 8;
/** Lines of one text at most. */
const foldedLines = 6;
/** The first word of a line of the verdict. */
export const verdictMarks = { good: 'ok', bad: 'FAILED', none: 'EMPTY' } as const;

/** What was compared with what, and how it came out, in lines of at most 79 characters. */
export function verdictLines({ verdict, feed }: Facts): string[] {
  if (!verdict) return ['Interrupted: nothing was compared.'];
  const { reading, events } = verdict;
  const isReal = 'url' in feed;
  if (reading && events === 0 && verdict.parcels === 0)
    return [...emptyLines(verdict, reading), ...reachLines(reading)];
  return [
    ...(reading ? reachLines(reading) : []),
    ...parcelLines(verdict, isReal),
    ...historyLines(verdict, isReal),
    ...malformedLines(verdict, isReal),
    ...toldLines(verdict),
  ];
}

/** Of a real feed that shows no event: nothing is known then. */
function emptyLines({ malformed }: Verdict, { from }: FeedReading): string[] {
  const why =
    malformed === 0
      ? `the feed shows no event from EventId ${from} on`
      : `none of the feed's elements is an event (${shownNumber(malformed)} different ones)`;
  return prose(verdictMarks.none, `${why}: nothing was compared`, markWidth);
}

function reachLines({ doubts }: FeedReading): string[] {
  if (doubts.length === 0) return [];
  const [first = '', ...rest] = ['what was compared may be only a part of the feed:', ...doubts];
  return [
    ...prose(verdictMarks.bad, first, markWidth),
    ...rest.flatMap((doubt) => prose('', doubt, markWidth)),
    ...prose('', 'npx waybill feed check says more, and docs/scan-api.md what an API must do', markWidth),
  ];
}

function parcelLines({ differences: all, parcels, events, reading }: Verdict, isReal: boolean): string[] {
  const differences = all.filter(({ attribute }) => attribute !== 'history');
  const differing = new Set(differences.map(({ parcelId }) => parcelId)).size;
  const range = reading ? ` from EventId ${reading.from} through ${reading.through}` : ' of the feed';
  const rest = reading?.goesOn ? ', the feed goes on after it: that is not compared' : '';
  const whole = parcels === 1 ? 'the 1 parcel matches' : `all ${shownNumber(parcels)} parcels match`;
  return check(
    differing === 0,
    parcels === 0
      ? `the feed shows no event, and no parcel is stored`
      : `${whole} the ${counted(events, 'event')}${range}${rest}`,
    `${shownNumber(differing)} of ${counted(parcels, 'parcel')} ${differing === 1 ? 'differs' : 'differ'} from the feed`,
    [
      ...differences.map(isReal ? describeWithoutPeople : describe),
      ...(isReal && differing > 0 ? ['an event that became visible late can cause this too'] : []),
    ],
  );
}

/** Nothing where parcels have no history, there is none, or some are missing: that is said of the parcels. */
function historyLines({ differences, parcels, historyEvents }: Verdict, isReal: boolean): string[] {
  const isMissing = differences.some(({ attribute }) => attribute === undefined);
  if (historyEvents === 0 || parcels === 0 || isMissing) return [];
  const differing = differences.filter(({ attribute }) => attribute === 'history');
  const of = parcels === 1 ? 'its history has' : 'the history of each has';
  return check(
    differing.length === 0,
    `${of} its scans, the newest ${historyEvents} at most`,
    `the history of ${counted(differing.length, 'parcel')} has not the scans that the feed has`,
    differing.map(isReal ? describeWithoutPeople : describe),
  );
}

function malformedLines(verdict: Verdict, isReal: boolean): string[] {
  const { malformed, malformedOf, withoutFailure, withoutDeadLetter, wronglyDead } = verdict;
  // A real feed is read with repetitions.
  const all = isReal ? malformed : malformedOf.feed + malformedOf.elsewhere;
  const different = all === malformed ? '' : ` (${shownNumber(malformed)} different)`;
  const shown = (keys: readonly string[]) => (isReal ? keys.map(withoutPeople) : keys);
  return [
    ...check(
      withoutFailure.length + withoutDeadLetter.length === 0,
      all === 0
        ? 'no element is malformed'
        : `${all === 1 ? 'the 1 malformed element is' : `all ${shownNumber(all)} malformed elements${different} are`} in the failures table and in the DLQ`,
      `of ${shownNumber(malformed)} different malformed ${malformed === 1 ? 'element' : 'elements'}, ${shownNumber(withoutFailure.length)} without a failure record, ${shownNumber(withoutDeadLetter.length)} without a dead letter`,
      [
        ...shown(withoutFailure).map((key) => `no failure record: ${key}`),
        ...shown(withoutDeadLetter).map((key) => `not in the DLQ: ${key}`),
      ],
    ),
    ...check(
      wronglyDead.length === 0,
      'no well-formed event is in the DLQ',
      `${counted(wronglyDead.length, 'message')} in the DLQ without a malformed element`,
      shown(wronglyDead),
    ),
  ];
}

function toldLines({ notified, api }: Verdict): string[] {
  const due = notified?.due ?? 0;
  const repeated = `${shownNumber(notified?.repeated ?? 0)} more than once under the same id`;
  return [
    ...(notified
      ? check(
          notified.problems.length === 0,
          due === 0
            ? 'no delivery was to be told, and none was'
            : `${due === 1 ? 'the 1 first delivery' : `each of the ${shownNumber(due)} first deliveries`} was told, ${repeated}`,
          `${counted(due, 'first delivery')} ${due === 1 ? 'was' : 'were'} to be told, and nothing else`,
          notified.problems,
        )
      : []),
    ...(api
      ? check(
          api.problems.length === 0,
          `the API took ${counted(api.events, 'event')} again, and shows their parcel as the feed does`,
          `the API was given ${counted(api.events, 'event')} again, and was asked for their parcel`,
          api.problems,
        )
      : []),
  ];
}

/** As {@link describe}, without texts of the feed that may name a person: a run, a status, the whole of a parcel. */
function describeWithoutPeople(difference: Difference): string {
  const form = (value: unknown) => (value === undefined ? undefined : formOf(value));
  const { attribute } = difference;
  if (attribute !== undefined && plainAttributes.test(attribute)) return describe(difference);
  return describe({ ...difference, expected: form(difference.expected), stored: form(difference.stored) });
}

/** Attributes whose values are ids, times and counts. */
const plainAttributes = /(?:EventId|Utc|Ms|At|Shard|^revision|^type)$/;

function formOf(value: unknown): string {
  if (typeof value === 'string') return counted(value.length, 'character');
  return Array.isArray(value) ? counted(value.length, 'entry') : 'an object';
}

/** A real element: its id, where it has one, and its length; nothing that it says. */
function withoutPeople(key: string): string {
  const [, id] = /"(?:EventId|eventId)":(\d{1,16})\b/.exec(key) ?? [];
  return `${id === undefined ? 'an element' : `EventId ${id}`}, which begins with ${counted(key.length, 'character')} that are not shown`;
}

/** A line with its mark, or several: `good` is broken after its commas, `details` are the first few of what is wrong. */
function check(isGood: boolean, good: string, bad: string, details: readonly string[]): string[] {
  if (isGood) {
    const lines = row(verdictMarks.good, good.split(', '), ', ', markWidth);
    return lines.some((line) => line.length > columns) ? prose(verdictMarks.good, good, markWidth) : lines;
  }
  const more = details.length > listed ? [`… and ${shownNumber(details.length - listed)} more`] : [];
  const shown = [...details.slice(0, listed), ...more].flatMap(folded);
  return [...folded(bad), ...shown].map(
    (line, index) => (index === 0 ? verdictMarks.bad : '').padEnd(markWidth) + line,
  );
}

/** A text in a few lines, as wide as fits beside the marks: wrapped between words, which are torn apart only where one is wider. */
function folded(text: string): string[] {
  const width = columns - markWidth;
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'gs')) ?? ['']);
  const lines = row('', words, ' ', markWidth).map((line) => line.slice(markWidth));
  return lines.length > foldedLines ? [...lines.slice(0, foldedLines - 1), '…'] : lines;
}
