import { counted, shownNumber } from '@waybill/shared/counted.ts';
import { shownUrl } from '@waybill/shared/shown-url.ts';
import { dollarsOf, shownDollars, shownPriceDates } from './cost.ts';
import { shownRate } from './recent-rate.ts';
import type { Facts } from './run-facts.ts';
import { byCode, counts, prose, row, shortened, total } from './summary-text.ts';
import { verdictLines } from './verdict-text.ts';

/** The summary, in lines of at most 79 characters. Each number says what it counts; what counts one thing adds up. */
export function summaryLines(facts: Facts): string[] {
  return [
    `Waybill on Node ${facts.node}, embedded engines`,
    '',
    ...feedRows(facts),
    ...row('complete', [
      `through EventId ${facts.watermark}`,
      `${counted(facts.openGaps, 'open gap')} after it`,
      `${counted(facts.late, 'late event')} found in gaps`,
    ]),
    ...storedRows(facts),
    ...row('told', toldParts(facts)),
    ...costRows(facts),
    ...malformedRows(facts),
    ...faultRows(facts),
    ...receiverRows(facts.receiver),
    '',
    ...verdictLines(facts),
  ];
}

function feedRows({ feed, verdict, missedIds, seconds, position, read, rejections }: Facts): string[] {
  const rejected = total(rejections);
  const compared = verdict
    ? [
        counted(verdict.events, 'event'),
        `${shownNumber(verdict.malformedOf.feed)} malformed`,
        ...(missedIds.length > 0 ? [`${shownNumber(missedIds.length)} shown too late`] : []),
      ]
    : [];
  const held = 'held' in feed ? [`seed ${feed.seed}`, `${counted(feed.held, 'element')} held`] : [shownUrl(feed.url)];
  return [
    ...row('feed', [...held, ...compared]),
    ...row('read', [
      `to EventId ${position}`,
      `in ${seconds.toFixed(1)} s`,
      `${counted(read + rejected, 'element')} with repetitions`,
      `of which ${counted(read, 'event')} and ${shownNumber(rejected)} rejected`,
    ]),
  ];
}

function storedRows({ feed, stored, seconds, outcomes, verdict }: Facts): string[] {
  return [
    ...row('stored', [
      `${counted(stored, 'event')} with repetitions`,
      ...('held' in feed ? [`${shownNumber(feed.packEvents)} of them from another producer`] : []),
      `${shownRate(stored / Math.max(0.001, seconds))} from start to end`,
    ]),
    ...(verdict ? row('parcels', [`${shownNumber(verdict.parcels)} expected`]) : []),
    ...row('changes', byCode(`${shownNumber(total(outcomes))} of parcels`, outcomes)),
  ];
}

/** What became of malformed elements, from the feed to the DLQ. */
function malformedRows({ feed, verdict, rejections, splits, deadLetters, failures }: Facts): string[] {
  const rejected = total(rejections);
  const all = verdict && verdict.malformedOf.feed + verdict.malformedOf.elsewhere;
  if (rejected + splits === 0 && !all && !total(flat(deadLetters))) return row('malformed', ['none']);
  const dead = total(flat(deadLetters));
  const each = dead === rejected + splits ? ', one for each time' : '';
  return [
    '',
    'Malformed elements',
    ...(verdict && all !== undefined
      ? row('there were', [
          'held' in feed
            ? `${shownNumber(all)}: ${shownNumber(verdict.malformedOf.feed)} in the feed`
            : `${shownNumber(verdict.malformedOf.feed)} in the feed, some read twice`,
          ...('held' in feed ? [`${shownNumber(verdict.malformedOf.elsewhere)} from another producer`] : []),
          `${shownNumber(verdict.malformed)} of them different`,
        ])
      : []),
    ...row('rejected', byCode(`${times(rejected)} by the poller, with repetitions`, rejections)),
    ...row('split off', [`${times(splits)} by the processor, from packs with good events`]),
    ...(deadLetters ? prose('in DLQ', `${counted(dead, 'message')}${each}: ${wordsOf(deadLetters)}`) : []),
    ...(failures === undefined
      ? []
      : row('recorded', [`${counted(failures, 'record')} in the failures table, one for each different element`])),
  ];
}

const times = (count: number) => counted(count, 'time');

function flat(deadLetters: Facts['deadLetters']): Record<string, number> {
  return Object.fromEntries(Object.entries(deadLetters ?? {}).map(([reason, codes]) => [reason, total(codes)]));
}

/** `15 INVALID_EVENT (INVALID_ID 10, MISSING 5), 1 REPEATEDLY_INTERRUPTED`. */
function wordsOf(deadLetters: NonNullable<Facts['deadLetters']>): string {
  const reasons = Object.entries(deadLetters).map(([reason, codes]) => {
    const known = counts(Object.fromEntries(Object.entries(codes).filter(([code]) => code !== '')));
    return `${shownNumber(total(codes))} ${reason}${known.length > 0 ? ` (${known.join(', ')})` : ''}`;
  });
  return reasons.length === 0 ? 'none' : reasons.join(', ');
}

function toldParts({ told, receiver, verdict }: Facts): string[] {
  const corrected = verdict?.notified?.corrected ?? 0;
  return [
    `${counted(told, 'notification')}${corrected > 0 ? `, ${counted(corrected, 'correction')} among them` : ''}`,
    `in ${counted(receiver.requests, 'request')}`,
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

/** Fewer events than these say nothing of a million: most requests ask empty queues. */
const tellingEvents = 1_000;

function costRows({ read, sqsCalls, sqsBilled: sqsRequests, writeUnits, readUnits }: Facts): string[] {
  const isTelling = read >= tellingEvents;
  const shown = (count: number, noun: string) => counted(isTelling ? (count / read) * 1_000_000 : count, noun);
  const dollars = dollarsOf({ sqsRequests, writeUnits, readUnits });
  return [
    ...row(isTelling ? 'per million' : 'in all', [
      shown(sqsCalls, 'SQS API call'),
      `${shown(sqsRequests, 'SQS request')} as billed`,
      shown(Math.round(writeUnits), 'write unit'),
      shown(Math.round(readUnits), 'read unit'),
    ]),
    ...row('cost', [
      isTelling
        ? `${shownDollars((dollars / read) * 1_000_000)} per million events`
        : 'too few events to tell what a million costs',
      `${shownDollars(dollars)} for this run`,
      `at ${shownPriceDates()}`,
    ]),
  ];
}

function faultRows(facts: Facts): string[] {
  const { feed } = facts;
  if ('url' in feed) return [];
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
      `malformed: ${shownNumber(badElements)}`,
      `served again: ${shownNumber(repeats)}`,
      `late ids: ${shownNumber(late)}`,
    ]),
    ...(facts.missedIds.length === 0
      ? []
      : row(
          '',
          [
            `${shownNumber(facts.missedIds.length)} not compared, because shown after the poller had passed:`,
            ...shortened(facts.missedIds, 20),
          ],
          ' ',
        )),
  ];
}
