import { describe } from './oracle.ts';
import { columns } from './progress.ts';
import type { ScanApiCounts } from './scan-api-server.ts';
import type { Verdict } from './verdict.ts';

/** Everything that a run has to say when it ends. */
export type Facts = {
  readonly node: string;
  /** Of a simulated feed, with what its API did; a real one has an address. */
  readonly feed:
    | { readonly seed: number; readonly held: number; readonly counts: ScanApiCounts; readonly packs: number }
    | { readonly url: string };
  readonly seconds: number;
  readonly position: number;
  readonly read: number;
  readonly stored: number;
  readonly rejections: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly splits: number;
  readonly sqsCalls: number;
  readonly sqsBilled: number;
  readonly writeUnits: number;
  /** Feed ids that came too late; of a simulated feed only, where that can be known. */
  readonly missedIds: readonly number[];
  /** By reason; undefined when the run was interrupted before the DLQ was read. */
  readonly deadLetters: Readonly<Record<string, number>> | undefined;
  /** Undefined when the run was interrupted. */
  readonly verdict: Verdict | undefined;
};

/** Differences and lost elements that are named; one is enough to begin with. */
const named = 5;
const labelWidth = 13;

/** The summary, at most 79 characters a line. */
export function summaryLines(facts: Facts): string[] {
  return [
    `Waybill on Node ${facts.node}, embedded engines, ${originOf(facts.feed)}`,
    '',
    ...row('feed', [
      ...('held' in facts.feed ? [`${number(facts.feed.held)} elements held`] : []),
      `read to EventId ${facts.position}`,
      `in ${facts.seconds.toFixed(1)} s`,
    ]),
    ...row('events', [
      `${number(facts.read)} read`,
      `${number(facts.stored)} stored (repetitions count)`,
      `${number(facts.stored / Math.max(0.001, facts.seconds))}/s`,
    ]),
    ...(facts.verdict ? row('parcels', [`${number(facts.verdict.parcels)} expected`]) : []),
    ...row('writes', counts(facts.outcomes)),
    ...row('rejected', [total(facts.rejections), ...counts(facts.rejections)]),
    ...(facts.deadLetters ? row('in DLQ', [total(facts.deadLetters), ...counts(facts.deadLetters)]) : []),
    ...costRows(facts),
    ...faultRows(facts),
    '',
    ...verdictLines(facts),
  ];
}

function originOf(feed: Facts['feed']): string {
  return 'url' in feed ? `feed ${feed.url}` : `seed ${feed.seed}`;
}

function costRows({ read, sqsCalls, sqsBilled, writeUnits }: Facts): string[] {
  const perMillion = (count: number) => (read === 0 ? 'none' : number((count / read) * 1_000_000));
  return row('a million', [
    `${perMillion(sqsCalls)} SQS API calls`,
    `${perMillion(sqsBilled)} SQS requests as billed`,
    `${perMillion(writeUnits)} write units`,
  ]);
}

function faultRows(facts: Facts): string[] {
  const { feed } = facts;
  if ('url' in feed) return row('splits', [String(facts.splits)]);
  const { faults, repeats, badElements, lateIds } = feed.counts;
  const late = lateIds + facts.missedIds.length;
  return [
    '',
    'Met on the way',
    ...row('answers', [
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
      `disorder: ${faults.disorder}`,
      `too large: ${faults.oversized}`,
      `repeating: ${faults.repeated}`,
    ]),
    ...row('elements', [`malformed: ${badElements}`, `duplicates: ${repeats}`, `late ids: ${late}`]),
    ...(facts.missedIds.length === 0
      ? []
      : row('', [
          `of these, ${facts.missedIds.length} became visible after the poller had passed, not compared: ` +
            shortened(facts.missedIds, 12),
        ])),
    ...row(
      'splits',
      [
        `${facts.splits} events split off: another producer sent ${feed.packs} packs, each with`,
        'one malformed element among good events, which were stored at once',
      ],
      ' ',
    ),
  ];
}

function verdictLines({ verdict, feed }: Facts): string[] {
  if (!verdict) return ['Interrupted: nothing was compared.'];
  const { differences, parcels, events, malformed, withoutFailure, withoutDeadLetter, wronglyDead } = verdict;
  const differing = new Set(differences.map(({ parcelId }) => parcelId)).size;
  return [
    ...check(
      differing === 0,
      `all ${number(parcels)} parcels are what ${number(events)} events of the feed amount to`,
      `${number(differing)} of ${number(parcels)} parcels differ from what the feed says`,
      [
        ...differences.map(describe),
        ...('url' in feed && differing > 0
          ? ['an event that became visible after the poller had passed shows as such a difference']
          : []),
      ],
    ),
    ...check(
      withoutFailure.length + withoutDeadLetter.length === 0,
      `all ${number(malformed)} malformed elements are in the failures table and in the DLQ`,
      `of ${number(malformed)} malformed elements, ${withoutFailure.length} lack a failure record, ${withoutDeadLetter.length} a dead letter`,
      [
        ...withoutFailure.map((key) => `no failure record: ${key}`),
        ...withoutDeadLetter.map((key) => `not in the DLQ: ${key}`),
      ],
    ),
    ...check(
      wronglyDead.length === 0,
      'nothing well-formed is in the DLQ',
      `${wronglyDead.length} messages in the DLQ carry nothing malformed`,
      wronglyDead,
    ),
  ];
}

function check(isGood: boolean, good: string, bad: string, details: readonly string[]): string[] {
  if (isGood) return [`ok      ${good}`];
  const more = details.length > named ? [`… and ${details.length - named} more`] : [];
  return [`FAILED  ${bad}`, ...[...details.slice(0, named), ...more].map((detail) => `        ${detail}`)].map((line) =>
    line.slice(0, columns * 2),
  );
}

const number = (value: number) => Math.round(value).toLocaleString('en-US');

function total(byReason: Readonly<Record<string, number>>): string {
  return number(Object.values(byReason).reduce((sum, count) => sum + count, 0));
}

/** The most frequent first. */
function counts(byName: Readonly<Record<string, number>>): string[] {
  return Object.entries(byName)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${number(count)}`);
}

function shortened(ids: readonly number[], most: number): string {
  const rest = ids.length > most ? ` and ${ids.length - most} more` : '';
  return `${ids.slice(0, most).join(' ')}${rest}`;
}

/** A labelled row, wrapped between its parts, and inside of those that are too long. */
function row(label: string, parts: readonly string[], separator = ', '): string[] {
  const lines: string[] = [];
  let text = '';
  for (const [index, part] of parts.entries()) {
    const end = index === parts.length - 1 ? '' : separator.trimEnd();
    for (const [place, word] of part.split(' ').entries()) {
      const isLast = place === part.split(' ').length - 1;
      const piece = isLast ? word + end : word;
      if (text !== '' && labelWidth + text.length + 1 + piece.length > columns) {
        lines.push(text);
        text = piece;
      } else text = text === '' ? piece : `${text} ${piece}`;
    }
  }
  if (text !== '' || lines.length === 0) lines.push(text === '' ? 'none' : text);
  return lines.map((line, index) => (index === 0 ? label : '').padEnd(labelWidth) + line);
}
