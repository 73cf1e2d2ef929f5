import { plannedShare } from '@waybill/infra/services/capacity.ts';
import { shownDollars } from '@waybill/local/cost.ts';
import { benchmarkFigures } from './benchmark-figures.ts';
import { type Bill, billOf } from './bill.ts';
import { limits, limitsRead, tableQuota, warmOfNewTable } from './limits.ts';
import { type Environment, environmentOf, pollerReads, type Scale, scales } from './scales.ts';
import {
  outage,
  peakOfDay,
  type Result,
  rateOf,
  recoveryMinutes,
  type Scenario,
  simulateScenario,
  unitsOfAnEvent,
} from './scenarios.ts';

const integer = (value: number) => Math.round(value).toLocaleString('en-US');
const tenths = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
const digits = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const head = (first: string, ...others: readonly string[]) => [
  row(first, ...others),
  row('---', ...others.map(() => '---:')),
];
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const range = (values: readonly number[]) => {
  const [least, highest] = [values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY), most(values)];
  return least === highest ? String(least) : `${least}–${highest}`;
};

type Simulated = {
  readonly scale: Scale;
  readonly environment: Environment;
  readonly result: Result;
  readonly bill: Bill;
};

/** As the million, with poller and processors of a whole core for the time of a backfill. */
const hurried: Scale = {
  ...scales[1],
  name: '1 million, hurried',
  turned: { ...scales[1].turned, pollerSize: '1024/2048', processorSize: '1024/2048' },
};

/** `docs/scale.md`. Everything random in it follows from the seed. */
export function scalePage(seed: number): string {
  const environments = new Map([...scales, hurried].map((scale) => [scale, environmentOf(scale.turned)]));
  const simulated = (scale: Scale, scenario: Scenario): Simulated => {
    const environment = environments.get(scale) ?? environmentOf(scale.turned);
    const result = simulateScenario(scale, environment, scenario, seed);
    return { scale, environment, result, bill: billOf(scale, environment, result) };
  };
  const days = scales.map((scale) => simulated(scale, 'day'));
  const outages = scales.map((scale) => simulated(scale, 'outage'));
  const backfills = [...scales, hurried].map((scale) => simulated(scale, 'backfill'));
  const [, million, hundred] = outages;
  const [, , hundredDay] = days;
  if (!million || !hundred || !hundredDay) throw new Error('there are three scales');
  return [
    '# At internet scale',
    '',
    'What happens at 10 thousand, 1 million and 100 million events an hour: which limit is met first, what to turn, what it costs. Limits are named with their source; the courses are a discrete-event simulation of feed, poller, queue, processors, table and scaling policy, fed with measured costs of an event. Nothing here was run at these sizes on AWS.',
    '',
    `This page is printed by \`npm exec --call "node bench/src/scale.ts --seed ${seed}"\` (another seed, other gusts); \`npm run test:unit -- bench/src/scale -u\` writes it, and a test fails when they differ.`,
    '',
    '## In short',
    '',
    ...head('events an hour', ...days.map(({ scale }) => scale.name)),
    row('events a second, over the day', ...days.map(({ scale }) => tenths(rateOf(scale).mean * scale.feeds))),
    row('and at its peak', ...days.map(({ scale }) => tenths(rateOf(scale).peak * scale.feeds))),
    row('feeds, each with an environment of its own', ...days.map(({ scale }) => scale.feeds)),
    row('turned, in the CDK context', ...days.map(({ scale }) => shownTurned(scale))),
    row('processors of each', ...days.map(({ result }) => range(result.running))),
    row('oldest message of a day, minutes', ...days.map(({ result }) => tenths(most(result.oldestSeconds) / 60))),
    row('a day: SQS', ...days.map(({ bill }) => shownDollars(bill.sqs))),
    row('DynamoDB, writes and reads', ...days.map(({ bill }) => shownDollars(bill.dynamodb))),
    row('Fargate, with addresses', ...days.map(({ bill }) => shownDollars(bill.fargate))),
    row('**all of that**', ...days.map(({ bill }) => `**${shownDollars(bill.total)}**`)),
    row('for a million events', ...days.map(({ bill }) => shownDollars((bill.total / bill.events) * 1e6))),
    '',
    'Prices as in [what it costs](cost.md), which also has what is not by the event or the task: storage (the line that grows), logs, alarms. From a million on, DynamoDB writes are nearly all of the bill: neither smaller tasks nor fewer requests are worth turning.',
    '',
    '## Which limit is met first',
    '',
    `As Waybill comes, in one environment, for a day whose peak is ${tenths(peakOfDay)} times its mean:`,
    '',
    ...metFirst(),
    '',
    'Reading is met first, and it is the only one that more money does not move: a feed has one position, so one poller moves it, on one core. Beyond that the carrier has to offer the feed in parts (by depot, by region), and each part gets an environment of its own, with its own queue, tables and poller. The processors, the queue and the table have no such point: processors are added, the queue has no limit that matters here, and the table spreads parcels over partitions.',
    '',
    "## AWS's limits",
    '',
    `From stored copies of AWS's pages, looked into on ${limitsRead}: look at the page before you rely on one. Beside each what one of the ${hundred.scale.feeds} environments at 100 million an hour asks for, at its highest in a day with an outage.`,
    '',
    row('limit', 'by default', 'can be raised', 'asked for here'),
    row('---', '---', '---', '---'),
    ...limits.map(({ what, limit, adjustable, page }, index) =>
      row(`[${what}](${page})`, limit, adjustable, askedFor(hundred)[index] ?? ''),
    ),
    '',
    '## A day',
    '',
    "A quiet night, the morning's sorting, a spike at three, an evening that fades; gusts of 30 s between 0.6 and 1.4 times that; six Spot interruptions. The processors of one environment:",
    '',
    ...head('events an hour', ...days.map(({ scale }) => scale.name)),
    row('processors', ...days.map(({ result }) => range(result.running))),
    row('on average', ...days.map(({ result }) => tenths(mean(result.running)))),
    row('messages waiting, at most', ...days.map(({ result }) => integer(most(result.queued)))),
    row('oldest message, minutes', ...days.map(({ result }) => tenths(most(result.oldestSeconds) / 60))),
    row('oldest scan not stored, minutes', ...days.map(({ result }) => tenths(most(result.lagSeconds) / 60))),
    '',
    '## An hour without DynamoDB',
    '',
    `From ${outage.from / 3_600} to ${outage.until / 3_600}, in the morning's peak. Processors pause and hold what they have; the poller reads on until the queue holds \`MAX_QUEUE_MESSAGES\`, and then leaves the rest in the feed. Scaling stands still meanwhile, because the breaker is in its metric, and works off the backlog afterwards.`,
    '',
    ...head('events an hour', ...outages.map(({ scale }) => scale.name)),
    row('processors', ...outages.map(({ result }) => range(result.running))),
    row('started while DynamoDB is away', ...outages.map(({ result }) => startedInOutage(result))),
    row('messages waiting, at most', ...outages.map(({ result }) => integer(most(result.queued)))),
    row('oldest message, minutes', ...outages.map(({ result }) => tenths(most(result.oldestSeconds) / 60))),
    row('caught up, minutes after', ...outages.map(({ result }) => recoveryMinutes(result))),
    row('the day costs', ...outages.map(({ bill }) => shownDollars(bill.total))),
    '',
    'An outage costs next to nothing: the same events are written, by some more processors for some hours. The hours around it at a million an hour, each at its highest:',
    '',
    ...hours(million),
    '',
    'The processors of one environment at 100 million, by the hour, with the outage (bars) and without (line):',
    '',
    '```mermaid',
    'xychart-beta',
    `  x-axis "hour" [${Array.from({ length: 24 }, (_, hour) => hour).join(', ')}]`,
    `  y-axis "processors, at most" 0 --> ${most(hundred.result.running)}`,
    `  bar [${byHour(hundred.result.running).join(', ')}]`,
    `  line [${byHour(hundredDay.result.running).join(', ')}]`,
    '```',
    '',
    "## A week's backfill",
    '',
    'A new deployment, with a new table, finds a week of events in the feed, while new ones come as on any day. In an environment:',
    '',
    ...head('events an hour', ...backfills.map(({ scale }) => scale.name)),
    row('events a second that can be read', ...backfills.map(({ environment }) => integer(reads(environment)))),
    row('that the processors can store', ...backfills.map(({ environment }) => integer(stores(environment)))),
    row('that a new table takes at first', ...backfills.map(() => integer(newTableTakes()))),
    row('the least of them, at first', ...backfills.map(({ environment }) => narrowest(environment))),
    row('hours until caught up', ...backfills.map(({ result }) => tenths(result.running.length / 60))),
    row('processors, at most', ...backfills.map(({ result }) => most(result.running))),
    row('messages waiting, at most', ...backfills.map(({ result }) => integer(most(result.queued)))),
    row('until then, all feeds', ...backfills.map(({ bill }) => shownDollars(bill.total))),
    row('for a million events', ...backfills.map(({ bill }) => shownDollars((bill.total / bill.events) * 1e6))),
    '',
    `A backfill is a matter of reading: processors wait for the poller, and the table, which doubles each half hour, holds it up in the first one or two at most. *Hurried* turns ${shownTurned(hurried, ' and ')} for the time of it.`,
    '',
    '## What goes in',
    '',
    ...inputs(),
    '',
  ].join('\n');
}

function shownTurned({ turned }: Scale, separator = '<br>'): string {
  const entries = Object.entries(turned);
  return entries.length === 0 ? 'nothing' : entries.map(([key, value]) => `\`${key}=${value}\``).join(separator);
}

/** Every limit of one environment by the load at whose peak it is met, the lowest first. */
function metFirst(): string[] {
  return [
    row('met by', 'events/s at the peak', 'events an hour', 'turn'),
    row('---', '---:', '---:', '---'),
    ...limitsMet().map(({ what, eventsPerSecond, turn }) =>
      row(what, integer(eventsPerSecond), millions((eventsPerSecond * 3_600) / peakOfDay), turn),
    ),
  ];
}

/** What one environment can do as it comes, the least first. */
export function limitsMet() {
  const { requestsAllow, processorStores, context, eventsPerMessage } = environmentOf({});
  const cores = processorStores / (context.processorSize.cpu / 1_024);
  const met: readonly (readonly [what: string, eventsPerSecond: number, turn: string])[] = [
    [
      `${requestsAllow / eventsPerMessage} requests a second for pages of ${eventsPerMessage}`,
      requestsAllow,
      '`SCAN_API_LIMIT` up to 10,000, and `SCAN_API_REQUESTS_PER_SECOND`, as far as the carrier allows',
    ],
    ['the poller, a quarter of a core', pollerReads(context.pollerSize.cpu), '`pollerSize`'],
    [
      `${context.maxProcessors} processors, a quarter of a core each`,
      context.maxProcessors * processorStores,
      '`maxProcessors` up to 100, `processorSize`',
    ],
    [
      `a new table, ${integer(warmOfNewTable)} write units a second`,
      warmOfNewTable / unitsOfAnEvent,
      'raise its warm throughput before, or let the load grow over hours: it doubles each half hour',
    ],
    ['the poller, a whole core', pollerReads(1_024), 'the feed in parts, an environment for each'],
    [
      `a table, ${integer(tableQuota)} write units a second`,
      tableQuota / unitsOfAnEvent,
      'ask AWS for more; the feed in parts',
    ],
    ['100 processors, a whole core each', 100 * cores, 'the feed in parts'],
  ];
  return met
    .map(([what, eventsPerSecond, turn]) => ({ what, eventsPerSecond, turn }))
    .toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond);
}

function millions(events: number): string {
  return `${digits(events / 1e6)} million`;
}

/** Messages that a processor has in hand at most: two handfuls of ten for each of its receivers (`receives.ts`). */
const inHand = 80;

/** What of each of AWS's limits one environment asks for, in their order. */
function askedFor({ scale, environment, result }: Simulated): string[] {
  const { peak } = rateOf(scale);
  const tasks = most(result.running);
  const grown = result.running.map((count, minute) => count - (result.running[minute - 1] ?? count));
  const units = (most(result.storedEvents) / 60) * unitsOfAnEvent;
  const messages = most(result.stored) / 60;
  const vcpus = tasks * (environment.context.processorSize.cpu / 1_024) + environment.context.pollerSize.cpu / 1_024;
  return [
    `${integer(messages)} messages a second, ten to a call`,
    `${integer(tasks * inHand)}: ${inHand} a processor at most`,
    `${integer(most(result.queued))}; reading pauses at ${integer(environment.maxQueueMessages)}`,
    `${integer(peak * unitsOfAnEvent)} at an ordinary day's peak`,
    'what a day needs it took the day before; after the outage twice that at once, and twice again half an hour later',
    `${integer(units)} after the outage`,
    'a parcel is written once for all its scans of a receive, however many come',
    `${integer(most(grown))} in a minute`,
    `${integer(most(grown) * scale.feeds)} in a minute, all environments`,
    `${integer(vcpus)}, ${integer(vcpus * scale.feeds)} in all environments`,
  ];
}

function startedInOutage({ desired }: Result): number {
  const [from, until] = [outage.from / 60, outage.until / 60];
  // The datapoints of the first minutes are from before it began.
  return Math.max(0, most(desired.slice(from + 5, until)) - (desired[from + 5] ?? 0));
}

function byHour(values: readonly number[]): number[] {
  return Array.from({ length: 24 }, (_, hour) => most(values.slice(hour * 60, hour * 60 + 60)));
}

function hours({ result }: Simulated): string[] {
  const [from, until] = [7, 13];
  const columns = {
    running: byHour(result.running),
    queued: byHour(result.queued),
    oldest: byHour(result.oldestSeconds),
    lag: byHour(result.lagSeconds),
  };
  return [
    ...head('hour', 'events/s', 'processors', 'messages waiting', 'oldest message, min', 'oldest scan not stored, min'),
    ...Array.from({ length: until - from }, (_, index) => from + index).map((hour) =>
      row(
        hour,
        integer(result.eventsPerSecond(hour * 3_600 + 3_599)),
        columns.running[hour] ?? 0,
        integer(columns.queued[hour] ?? 0),
        tenths((columns.oldest[hour] ?? 0) / 60),
        tenths((columns.lag[hour] ?? 0) / 60),
      ),
    ),
  ];
}

function reads({ requestsAllow, pollerReads: cpuAllows }: Environment): number {
  return Math.min(requestsAllow, cpuAllows);
}

function stores({ context, processorStores }: Environment): number {
  return context.maxProcessors * processorStores;
}

function newTableTakes(): number {
  return warmOfNewTable / unitsOfAnEvent;
}

function narrowest(environment: Environment): string {
  const ways = [
    ['requests', environment.requestsAllow],
    ["the poller's core", environment.pollerReads],
    ['processors', stores(environment)],
    ['the table', newTableTakes()],
  ] as const;
  return ways.reduce((a, b) => (b[1] < a[1] ? b : a))[0];
}

function inputs(): string[] {
  const { command, pollerCpuMicros } = benchmarkFigures();
  return [
    `- **CPU of an event**: poller ${pollerCpuMicros} µs, from [the benchmark](benchmark.md) (\`${command}\`); the processor as scaling plans with it (\`infra/src/services/capacity.ts\`). Both with ${plannedShare * 100} % of the rate that follows, and no more than one core of a task.`,
    `- **Requests and units of an event**: as measured of a live feed ([what it costs](cost.md#where-the-quantities-come-from) has the command), between the measured loads in proportion: ${digits(unitsOfAnEvent)} write units from 1,000 events/s on. Events that waited are counted alike. The benchmark folds more than half of the writes of a backlog away, because its feed has 2,000 parcels under way; at these sizes there are millions, and but for bursts the scans of one lie hours apart.`,
    '- **The scaling policy** as the CDK app synthesizes it for each context: target, cooldowns and expressions, read as CloudWatch and Application Auto Scaling do, by the model that [the choice of the policy](decisions/0056-backlog-scaling.md) was tried with. Metrics come 3 and 4 minutes late, a task takes a minute to start, steps in go one task at a time.',
    '- **The table** takes at once what is warm, then twice what it took half an hour ago, up to its quota. Throttled writes slow processors down; that they also open breakers for moments is left out.',
    '- **Assumed**: the carrier serves pages of the size that is asked for, at the default ten requests a second, within 100 ms each, so that reading page by page uses them all; messages count as full ones, which at low rates they are not (scaling then holds rather more than it needs).',
    '- **Between two events of the simulation everything flows evenly**: it knows no single message, so it says nothing of latency below a minute, of redelivery, or of one parcel that is hot.',
  ];
}
