import { shownUrl } from '@waybill/shared/shown-url.ts';
import { dollarsOf, shownDollars, shownPriceDates } from './cost.ts';
import { describe } from './outcome/oracle.ts';
import { columns } from './progress.ts';
import type { Facts } from './run-facts.ts';
import { byCode, count, counts, number, row, shortened, total } from './summary-text.ts';

/** Differences and lost elements that are listed; one is enough to begin with. */
const listed = 5;
/** Characters before the lines of the verdict. */
const markWidth = 8;

/** The summary, in lines of at most 79 characters. */
export function summaryLines(facts: Facts): string[] {
  return [
    `Waybill on Node ${facts.node}, embedded engines`,
    '',
    ...row('feed', [
      ...('held' in facts.feed
        ? [`seed ${facts.feed.seed}`, `${number(facts.feed.held)} elements held`]
        : [shownUrl(facts.feed.url)]),
      `read to EventId ${facts.position}`,
      `in ${facts.seconds.toFixed(1)} s`,
    ]),
    ...row('complete', [
      `through EventId ${facts.watermark}`,
      `${number(facts.openGaps)} open gaps after it`,
      `${number(facts.late)} late events found in gaps`,
    ]),
    ...row('events', [
      `${number(facts.read)} read`,
      `${number(facts.stored)} stored (with repetitions)`,
      `${number(facts.stored / Math.max(0.001, facts.seconds))}/s`,
    ]),
    ...(facts.verdict ? row('parcels', [`${number(facts.verdict.parcels)} expected`]) : []),
    ...row('writes', counts(facts.outcomes)),
    ...row('rejected', byCode(total(facts.rejections), facts.rejections)),
    ...(facts.deadLetters ? deadLetterRows(facts.deadLetters) : []),
    ...row('told', toldParts(facts)),
    ...costRows(facts),
    ...faultRows(facts),
    ...receiverRows(facts.receiver),
    '',
    ...verdictLines(facts),
  ];
}

function deadLetterRows(deadLetters: NonNullable<Facts['deadLetters']>): string[] {
  const reasons = Object.entries(deadLetters);
  if (reasons.length === 0) return row('in DLQ', ['0']);
  return reasons.flatMap(([reason, codes], index) => {
    const known = Object.fromEntries(Object.entries(codes).filter(([code]) => code !== ''));
    return row(index === 0 ? 'in DLQ' : '', byCode(`${total(codes)} ${reason}`, known));
  });
}

function toldParts({ told, receiver, verdict }: Facts): string[] {
  const corrected = verdict?.notified?.corrected ?? 0;
  return [
    `${count(told, 'notification')} in ${count(receiver.requests, 'request')}`,
    ...(corrected > 0 ? [`${number(corrected)} of them corrections`] : []),
  ];
}

/** How often the receiver did what; nothing when it was well. */
function receiverRows({ misbehaved }: Facts['receiver']): string[] {
  const { serverError, unavailable, tooMany, unauthorized, redirect, cut, lost, hang, late, drip } = misbehaved;
  if (Object.values(misbehaved).every((times) => times === 0)) return [];
  return [
    '',
    'Faults of the receiver of notifications',
    ...row('responses', [
      `429: ${tooMany}`,
      `503: ${unavailable}`,
      `500: ${serverError}`,
      `401: ${unauthorized}`,
      `redirect: ${redirect}`,
      `none: ${hang}`,
      `cut off: ${cut + lost}`,
      `endless: ${drip}`,
      `too late: ${late}`,
    ]),
  ];
}

function costRows({ read, sqsCalls, sqsBilled: sqsRequests, writeUnits, readUnits }: Facts): string[] {
  const perMillion = (count: number, shown = number) => (read === 0 ? 'none' : shown((count / read) * 1_000_000));
  return [
    ...row('per million', [
      `${perMillion(sqsCalls)} SQS API calls`,
      `${perMillion(sqsRequests)} SQS requests as billed`,
      `${perMillion(writeUnits)} write units`,
      `${perMillion(readUnits)} read units`,
    ]),
    ...row('', [
      `${perMillion(dollarsOf({ sqsRequests, writeUnits, readUnits }), shownDollars)} at ${shownPriceDates()}`,
    ]),
  ];
}

function faultRows(facts: Facts): string[] {
  const { feed } = facts;
  if ('url' in feed) return row('splits', [String(facts.splits)]);
  const { faults, repeats, badElements, lateIds } = feed.counts;
  const late = lateIds + facts.missedIds.length;
  return [
    '',
    'Faults of the simulated API',
    ...row('responses', [
      `429: ${faults.tooManySeconds + faults.tooManyDate + faults.tooManyBare}`,
      `503: ${faults.unavailable}`,
      `500: ${faults.serverError}`,
      `502: ${faults.badGateway}`,
      `slow: ${faults.slow}`,
      `cut off: ${faults.cut + faults.stalled}`,
      `web page: ${faults.html}`,
      `wrong JSON: ${faults.envelope}`,
    ]),
    ...row('pages', [
      `out of order: ${faults.disorder}`,
      `too large: ${faults.oversized}`,
      `with repetitions: ${faults.repeated}`,
    ]),
    ...row('elements', [
      `malformed: ${number(badElements)}`,
      `duplicates: ${number(repeats)}`,
      `late ids: ${number(late)}`,
    ]),
    ...(facts.missedIds.length === 0
      ? []
      : row(
          '',
          [
            `${facts.missedIds.length} not compared, because they came after the poller had passed:`,
            ...shortened(facts.missedIds, 20),
          ],
          ' ',
        )),
    ...row(
      'splits',
      [
        `${facts.splits}: another producer sent ${feed.packs} packs, each with one malformed element`,
        'among good events. It was split off, and they were stored.',
      ],
      ' ',
    ),
  ];
}

function verdictLines({ verdict, feed }: Facts): string[] {
  if (!verdict) return ['Interrupted: nothing was compared.'];
  const { differences, parcels, events, malformed, withoutFailure, withoutDeadLetter, wronglyDead } = verdict;
  const { notified, api } = verdict;
  const differing = new Set(differences.map(({ parcelId }) => parcelId)).size;
  return [
    ...check(
      differing === 0,
      `all ${number(parcels)} parcels match the ${number(events)} events of the feed`,
      `${number(differing)} of ${number(parcels)} parcels differ from the feed`,
      [
        ...differences.map(describe),
        ...('url' in feed && differing > 0 ? ['an event that became visible late can cause this too'] : []),
      ],
    ),
    ...check(
      withoutFailure.length + withoutDeadLetter.length === 0,
      `all ${number(malformed)} malformed elements are in the failures table and in the DLQ`,
      `of ${number(malformed)} malformed elements, ${withoutFailure.length} have no failure record, ${withoutDeadLetter.length} no dead letter`,
      [
        ...withoutFailure.map((key) => `no failure record: ${key}`),
        ...withoutDeadLetter.map((key) => `not in the DLQ: ${key}`),
      ],
    ),
    ...check(
      wronglyDead.length === 0,
      'no well-formed event is in the DLQ',
      `${wronglyDead.length} messages in the DLQ have no malformed element`,
      wronglyDead,
    ),
    ...(notified
      ? check(
          notified.problems.length === 0,
          `each of the ${number(notified.due)} first deliveries was told, ${number(notified.repeated)} more than once under the same id`,
          `${number(notified.due)} first deliveries were to be told, and nothing else`,
          notified.problems,
        )
      : []),
    ...(api
      ? check(
          api.problems.length === 0,
          `the API took ${count(api.events, 'event')} again, and shows their parcel as the feed does`,
          `the API was given ${count(api.events, 'event')} again, and was asked for their parcel`,
          api.problems,
        )
      : []),
  ];
}

function check(isGood: boolean, good: string, bad: string, details: readonly string[]): string[] {
  if (isGood) return row(verdictMarks.good, good.split(', '), ', ', markWidth);
  const more = details.length > listed ? [`… and ${details.length - listed} more`] : [];
  const shown = [...details.slice(0, listed), ...more].flatMap(folded);
  return [...folded(bad), ...shown].map(
    (line, index) => (index === 0 ? verdictMarks.bad : '').padEnd(markWidth) + line,
  );
}

/** The first word of a line of the verdict. */
export const verdictMarks = { good: 'ok', bad: 'FAILED' } as const;

/** A text in a few lines, as wide as fits beside the marks. */
function folded(text: string): string[] {
  const width = columns - markWidth;
  const lines = Array.from({ length: Math.ceil(text.length / width) }, (_, index) =>
    text.slice(index * width, (index + 1) * width),
  );
  return lines.length > foldedLines ? [...lines.slice(0, foldedLines - 1), '…'] : lines;
}

const foldedLines = 6;
