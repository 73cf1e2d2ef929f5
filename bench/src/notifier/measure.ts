import { median } from '../figures/median.ts';
import { atLeast, atMost, type PartResult, type PartTools } from '../parts/part.ts';
import { type Arrival, timeArrivals } from './arrival.ts';
import { type Backlog, tellBacklog } from './backlog.ts';
import { type Counted, countBacklog, unitsOfBoth } from './counted.ts';
import type { NotifierBenchOptions, Part } from './options.ts';
import { straightforwardNotifier, waybillNotifier } from './subjects.ts';

/** Parcels whose requests are counted: enough to fill the packs of several receives. */
const countedNotifications = 4_000;
const million = 1_000_000;
const columns = [waybillNotifier.name, straightforwardNotifier.name];

export const measures: Readonly<Record<Part, (tools: PartTools<NotifierBenchOptions>) => Promise<PartResult>>> = {
  backlog: async ({ engine, options, say }) => {
    const rounds: { readonly ours: Backlog; readonly theirs: Backlog }[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      const theirs = await tellBacklog(engine, straightforwardNotifier, options);
      const ours = await tellBacklog(engine, waybillNotifier, options);
      rounds.push({ ours, theirs });
      const [one, other] = [ours, theirs].map(({ perSecond }) => Math.round(perSecond));
      say(`backlog, round ${round}: ${one} notifications/s, straightforward ${other}`);
    }
    return backlogResult(rounds, options);
  },
  counts: async ({ engine }) => {
    const theirs = await countBacklog(engine, straightforwardNotifier, countedNotifications);
    return countsResult(await countBacklog(engine, waybillNotifier, countedNotifications), theirs);
  },
  arrival: async ({ engine, options, say }) => {
    const theirs = await timeArrivals(engine, straightforwardNotifier, options);
    say(`arrival, straightforward: p99 ${Math.round(theirs.p99Ms)} ms`);
    return arrivalResult(await timeArrivals(engine, waybillNotifier, options), theirs, options);
  },
};

function backlogResult(
  rounds: readonly { readonly ours: Backlog; readonly theirs: Backlog }[],
  { notifications, responseMs }: NotifierBenchOptions,
): PartResult {
  const row = (name: string, figure: (one: Backlog) => number) => ({
    name,
    values: [median(rounds.map(({ ours }) => figure(ours))), median(rounds.map(({ theirs }) => figure(theirs)))],
  });
  const ratio = (figure: (one: Backlog) => number) =>
    median(rounds.map(({ ours, theirs }) => figure(ours) / figure(theirs)));
  const unverified = rounds.reduce(
    (total, { ours, theirs }) => total + ours.received.unverified + theirs.received.unverified,
    0,
  );
  return {
    title: `a backlog of ${notifications}${responseMs > 0 ? `, ${responseMs} ms a response` : ''}`,
    columns,
    rows: [
      row('notifications a second', ({ perSecond }) => perSecond),
      row('CPU µs each', ({ cpuMicrosEach }) => cpuMicrosEach),
      row('peak memory, MiB', ({ peakRssBytes }) => peakRssBytes / 2 ** 20),
      row('SQS API calls per million', ({ sqsEach }) => sqsEach * million),
      row('SQS requests billed per million', ({ sqsBilledEach }) => sqsBilledEach * million),
    ],
    bars: [
      atLeast(
        'notifications/s, times',
        ratio(({ perSecond }) => perSecond),
        3,
      ),
      atMost(
        'CPU of a notification, share',
        ratio(({ cpuMicrosEach }) => cpuMicrosEach),
        1 / 3,
      ),
      atMost(
        'SQS requests billed, share',
        ratio(({ sqsBilledEach }) => sqsBilledEach),
        1 / 10,
      ),
      atMost('signatures that are wrong', unverified, 0),
    ],
  };
}

/** Deterministic but for receives that find little. */
function countsResult(ours: Counted, theirs: Counted): PartResult {
  const row = (name: string, figure: (one: Counted) => number) => ({
    name,
    values: [figure(ours) * million, figure(theirs) * million],
  });
  return {
    title: 'requests and units per million',
    columns,
    rows: [
      row('SQS sends that announce', ({ sqs }) => sqs.sends),
      row('SQS receives', ({ sqs }) => sqs.receives),
      row('SQS deletes and visibility changes', ({ sqs }) => sqs.settles),
      row('DynamoDB requests', (one) => unitsOfBoth(one).requests),
      row('DynamoDB read units', (one) => unitsOfBoth(one).readUnits),
      row('DynamoDB writes', (one) => unitsOfBoth(one).writes),
      row('DynamoDB write units', (one) => unitsOfBoth(one).writeUnits),
      row('requests to the webhook', ({ requests }) => requests),
    ],
    bars: [atMost('writes a notification', unitsOfBoth(ours).writes, 1)],
  };
}

function arrivalResult(ours: Arrival, theirs: Arrival, { perSecond, seconds }: NotifierBenchOptions): PartResult {
  const row = (name: string, figure: (one: Arrival) => number) => ({ name, values: [figure(ours), figure(theirs)] });
  return {
    title: `${perSecond} a second, ${seconds} s`,
    columns,
    rows: [
      row('p50 to arrival, ms', ({ p50Ms }) => p50Ms),
      row('p99 to arrival, ms', ({ p99Ms }) => p99Ms),
      row('most, ms', ({ mostMs }) => mostMs),
    ],
    bars: [atMost('announcement to arrival, p99,', ours.p99Ms, 1_000, ' ms')],
  };
}
