import {
  parcelsCapacity,
  type TableCapacity,
  targetUtilization,
  type Units,
  unitsPerEvent,
} from '../data/provisioned-capacity.ts';
import { loadAt, meanLoad } from '../scaling-model/day.ts';
import { simulatePipeline } from '../scaling-model/pipeline.ts';
import { gusts, type Setting, usualLags } from '../scaling-model/setting.ts';
import { alwaysOne } from '../scaling-model/target-tracking.ts';
import { alarmsOfCapacity } from './deployment.ts';
import type { MeasuredLoad } from './measured-loads.ts';
import { hoursPerMonth, type Line, lineOf, secondsPerMonth, total } from './monthly-cost.ts';
import { rate, row, usd } from './page-format.ts';
import { indexUnitsPerEvent } from './stored-parcels.ts';

/** How the events of a day come. */
const courses = {
  even: 'the same load day and night',
  gusts: `the same, in gusts of ${gusts.seconds} s`,
  day: 'a day with peaks',
} as const;

type CourseName = keyof typeof courses;

const daySeconds = 86_400;
const readsAndWrites = 2;

/** The load at which a day is simulated, in units per second: its shape decides, not its size. */
const simulatedUnits = 1_000;

/** The share of the paid write units that a course of a day uses. */
export function utilizationOf(course: CourseName): number {
  if (course === 'even') return targetUtilization / 100;
  const setting: Setting = {
    // One task that stores whatever comes: only the table is simulated.
    policy: alwaysOne,
    taskStores: 10 * meanLoad,
    stepIn: 'one task',
    gap: 'stays a gap',
    lags: usualLags,
    seed: 1,
    seconds: daySeconds,
    loadAt: course === 'day' ? loadAt : () => meanLoad,
    outages: [],
    table: {
      unitsPerMessage: simulatedUnits / meanLoad,
      units: capacityFor(simulatedUnits / unitsPerEvent.table).writes,
      target: targetUtilization,
    },
  };
  const { units, stored } = simulatePipeline(setting);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return ((sum(stored) / daySeconds) * simulatedUnits) / meanLoad / (sum(units) / units.length);
}

/** Write units that a table has on average when it uses so many per second. */
function unitsFor(unitsPerSecond: number, { min }: Units, utilization: number): number {
  return Math.max(min, unitsPerSecond / utilization);
}

/** The units of a deployment that states this load, with nothing else set. */
function capacityFor(eventsPerSecond: number): TableCapacity {
  const unset = { minWriteUnits: undefined, maxWriteUnits: undefined, webhooks: [] };
  const capacity = parcelsCapacity({ capacity: 'provisioned', eventsPerSecond, ...unset });
  if (!capacity) throw new Error('a table with a stated load has no units');
  return capacity;
}

/** Monthly lines of writes and reads with `capacity=provisioned`, of whose write units so large a share is used. */
export function provisionedLines(
  load: MeasuredLoad,
  utilization: number,
  { openIndex }: { readonly openIndex: boolean },
): Line[] {
  const { eventsPerSecond } = load;
  const { reads, writes, index } = capacityFor(eventsPerSecond);
  const written = unitsFor(load.writeUnits - load.checkpointUnits, writes, utilization);
  const ofIndex = openIndex ? unitsFor(indexUnitsPerEvent * eventsPerSecond, index.writes, utilization) : 0;
  const scaled = openIndex ? 2 : 1;
  return [
    lineOf('DynamoDB', 'write units of parcels', 'writeCapacityHour', (written + ofIndex) * hoursPerMonth),
    // Their load is below the minimum: people and processors read little.
    lineOf(
      'DynamoDB',
      'read units of parcels',
      'readCapacityHour',
      (reads.min + (openIndex ? index.reads.min : 0)) * hoursPerMonth,
    ),
    lineOf('DynamoDB', 'writes of the other tables', 'writeUnit', load.checkpointUnits * secondsPerMonth),
    lineOf('DynamoDB', 'reads of the other tables', 'readUnit', load.reads * secondsPerMonth),
    lineOf('CloudWatch', 'alarms of scaling', 'alarmMetric', scaled * readsAndWrites * alarmsOfCapacity),
  ];
}

/** Monthly lines of writes and reads on demand, of the same tables. */
export function onDemandLines(load: MeasuredLoad, { openIndex }: { readonly openIndex: boolean }): Line[] {
  const index = openIndex ? indexUnitsPerEvent * load.eventsPerSecond : 0;
  return [
    lineOf('DynamoDB', 'writes', 'writeUnit', (load.writeUnits + index) * secondsPerMonth),
    lineOf('DynamoDB', 'reads', 'readUnit', load.reads * secondsPerMonth),
  ];
}

const names = Object.keys(courses).filter((name): name is CourseName => name in courses);

/** `docs/cost.md`: the parcels table paid by the hour, beside on demand. */
export function provisionedSection(loads: readonly MeasuredLoad[]): string[] {
  const used = { even: utilizationOf('even'), gusts: utilizationOf('gusts'), day: utilizationOf('day') };
  const percent = (course: CourseName) => `${Math.round(100 * used[course])} %`;
  const compared = (openIndex: boolean) => [
    row(
      openIndex ? 'with the index `open-parcels`: on demand' : 'on demand',
      ...loads.map((load) => usd(total(onDemandLines(load, { openIndex })))),
    ),
    ...names.map((course) =>
      row(
        `${openIndex ? 'with it: ' : ''}provisioned, ${courses[course]}`,
        ...loads.map((load) => usd(total(provisionedLines(load, used[course], { openIndex })))),
      ),
    ),
  ];
  return [
    '## Provisioned capacity',
    '',
    'On demand, writes are the largest line of the bill that does not grow with what is stored. With `capacity=provisioned` the parcels table is paid by the hour, for units that follow the load ([how to switch](../infra/RUNBOOK.md#switch-how-the-parcels-table-is-paid)). US dollars per month for writes and reads of all tables, and for the alarms that scaling makes, when `eventsPerSecond` is the load:',
    '',
    row('', ...loads.map(rate)),
    row('---', ...loads.map(() => '---:')),
    ...compared(false),
    ...compared(true),
    '',
    `- **What decides is how even the load is.** Scaling aims at ${targetUtilization} % of use. Of the units that are paid, an even load uses ${percent('even')}, one with gusts ${percent('gusts')} (they multiply it by ${gusts.least} to ${gusts.least + gusts.spread}), and the day of [at internet scale](scale.md#a-day) ${percent('day')}, with its quiet night and its peak of ${(24 / meanLoad).toFixed(1)} times the mean for three hours. Units grow within minutes and shrink after a quarter of an hour, so peaks leave some unused.`,
    '- **Where the mean is one event per second**, alarms and units for reads cost as much as all requests: stay on demand.',
    '- These days are a simulation of the table as DynamoDB documents its scaling (`infra/src/scaling-model/provisioned-table.ts`), not a measurement on AWS. In none of them is a write throttled. After an hour of outage units have to grow first: writes are throttled for half an hour, and it has caught up within the hour (on demand: [a quarter of an hour](scale.md#an-hour-without-dynamodb)).',
    '- With a webhook the table has read units for it. Tables of notifications stay on demand: what a receiver takes after an outage comes in bursts.',
    '- **Reserved capacity** is cheaper again, for a year or three paid beforehand. It applies to provisioned units of an account, in steps of 100, and is bought outside of this app.',
    '',
  ];
}
