import { gusts, usualSpotInterruptions } from '@waybill/infra/scaling-model/setting.ts';
import { shownDollars } from '@waybill/local/cost.ts';
import { warmOfNewTable } from './limits.ts';
import { head, integer, mean, most, range, row, tenths } from './page-format.ts';
import { type Environment, shownSettings } from './scales.ts';
import { outage, type Result, recoveryMinutes, unitsOfAnEvent } from './scenarios.ts';
import { hurried, type Simulation, type Simulations } from './simulations.ts';

const names = (simulations: readonly Simulation[]) => simulations.map(({ scale }) => scale.name);

/** An ordinary day. */
export function daySection({ days }: Simulations): string[] {
  const { least, spread, seconds } = gusts;
  return [
    `A quiet night, the morning's sorting, a spike at 15:00, an evening that fades. Gusts of ${seconds} s multiply the load by ${least} to ${least + spread}. Spot takes back ${usualSpotInterruptions} tasks. The processors of one environment:`,
    '',
    ...head('events per hour', ...names(days)),
    row('processors', ...days.map(({ result }) => range(result.running))),
    row('on average', ...days.map(({ result }) => tenths(mean(result.running)))),
    row('messages waiting, at most', ...days.map(({ result }) => integer(most(result.queued)))),
    row('oldest message, minutes', ...days.map(({ result }) => tenths(most(result.oldestSeconds) / 60))),
    row('oldest scan not stored, minutes', ...days.map(({ result }) => tenths(most(result.lagSeconds) / 60))),
  ];
}

/** The same day with an hour without DynamoDB, in detail for the second scale and by the hour for the third. */
export function outageSection({ days, outages }: Simulations): string[] {
  const [, million, hundred] = outages;
  const [, , hundredDay] = days;
  if (!million || !hundred || !hundredDay) throw new Error('there are three scales');
  return [
    `From ${outage.from / 3_600}:00 to ${outage.until / 3_600}:00, in the morning's peak. Processors pause and [hold](glossary.md#hold) the messages they have. The poller reads on until the queue holds \`MAX_QUEUE_MESSAGES\`, then it leaves the rest in the feed. Scaling keeps the number of tasks meanwhile, because the [breaker](glossary.md#breaker) is in its metric. Afterwards it works off the [backlog](glossary.md#backlog).`,
    '',
    ...head('events per hour', ...names(outages)),
    row('processors', ...outages.map(({ result }) => range(result.running))),
    row('started while DynamoDB is away', ...outages.map(({ result }) => startedInOutage(result))),
    row('messages waiting, at most', ...outages.map(({ result }) => integer(most(result.queued)))),
    row('oldest message, minutes', ...outages.map(({ result }) => tenths(most(result.oldestSeconds) / 60))),
    row('caught up, minutes after', ...outages.map(({ result }) => recoveryMinutes(result))),
    row('cost of the day', ...outages.map(({ bill }) => shownDollars(bill.total))),
    '',
    'An [outage](glossary.md#outage) costs next to nothing: a few more processors write the same events for some hours. The hours around it at a million per hour, each at its highest:',
    '',
    ...hoursAround(million),
    '',
    'The processors of one environment at 100 million, by hour, with the outage (bars) and without (line):',
    '',
    '```mermaid',
    'xychart-beta',
    `  x-axis "hour" [${Array.from({ length: 24 }, (_, hour) => hour).join(', ')}]`,
    `  y-axis "processors, at most" 0 --> ${most(hundred.result.running)}`,
    `  bar [${byHour(hundred.result.running).join(', ')}]`,
    `  line [${byHour(hundredDay.result.running).join(', ')}]`,
    '```',
  ];
}

/** A new deployment that starts a week behind. */
export function backfillSection({ backfills }: Simulations): string[] {
  return [
    'A new deployment, with a new table, finds a week of events in the feed, while new ones come as on any day. In one environment:',
    '',
    ...head('events per hour', ...names(backfills)),
    row('events per second that can be read', ...backfills.map(({ environment }) => integer(reads(environment)))),
    row('that the processors can store', ...backfills.map(({ environment }) => integer(stores(environment)))),
    row('that a new table takes at first', ...backfills.map(() => integer(newTableTakes()))),
    row('the lowest of them, at first', ...backfills.map(({ environment }) => lowest(environment))),
    row(
      'hours until [caught up](glossary.md#catch-up)',
      ...backfills.map(({ result }) => tenths(result.running.length / 60)),
    ),
    row('processors, at most', ...backfills.map(({ result }) => most(result.running))),
    row('messages waiting, at most', ...backfills.map(({ result }) => integer(most(result.queued)))),
    row('cost until then, all feeds', ...backfills.map(({ bill }) => shownDollars(bill.total))),
    row('per million events', ...backfills.map(({ bill }) => shownDollars((bill.total / bill.events) * 1e6))),
    '',
    `Reading decides how long a backfill takes: the processors wait for the poller. The table doubles every half hour, so it is the limit for the first hour or two at most. *Hurried* means ${shownSettings(hurried.settings, ' and ')} until it has caught up.`,
  ];
}

function startedInOutage({ desired }: Result): number {
  const [from, until] = [outage.from / 60, outage.until / 60];
  // The datapoints of the first minutes are from before the outage.
  return Math.max(0, most(desired.slice(from + 5, until)) - (desired[from + 5] ?? 0));
}

function byHour(values: readonly number[]): number[] {
  return Array.from({ length: 24 }, (_, hour) => most(values.slice(hour * 60, hour * 60 + 60)));
}

function hoursAround({ result }: Simulation): string[] {
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

function reads({ requestsAllow, pollerReads }: Environment): number {
  return Math.min(requestsAllow, pollerReads);
}

function stores({ context, processorStores }: Environment): number {
  return context.maxProcessors * processorStores;
}

function newTableTakes(): number {
  return warmOfNewTable / unitsOfAnEvent;
}

function lowest(environment: Environment): string {
  const ways = [
    ['requests', environment.requestsAllow],
    ["the poller's core", environment.pollerReads],
    ['processors', stores(environment)],
    ['the table', newTableTakes()],
  ] as const;
  return ways.reduce((a, b) => (b[1] < a[1] ? b : a))[0];
}
