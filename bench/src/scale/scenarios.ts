import { loadAt, meanLoad } from '@waybill/infra/scaling-model/day.ts';
import { type Course, simulatePipeline } from '@waybill/infra/scaling-model/pipeline.ts';
import { type Span, usualLags } from '@waybill/infra/scaling-model/setting.ts';
import { keepingUp } from './keeping-up.ts';
import { tableQuota, warmOfNewTable } from './limits.ts';
import type { Environment, Scale } from './scales.ts';

const hour = 3_600;
/** Seconds for which a backfill is simulated at most; it ends when the pipeline has caught up. */
const longest = 21 * 24 * hour;

/** Seconds of lag below which a pipeline has caught up: what scaling itself accepts, and some gusts. */
const caughtUpSeconds = 300;

export type Scenario = 'day' | 'outage' | 'backfill';

/** The hour without DynamoDB: in the morning's peak, where it hurts most. */
export const outage: Span = { from: 9 * hour, until: 10 * hour };
const backfillHours = 7 * 24;

/** The course of one environment, in events, by minute. */
export type Result = Course & {
  readonly eventsPerSecond: (second: number) => number;
  /** Events stored in each minute. */
  readonly storedEvents: readonly number[];
};

/** Events per second of one feed: over the day, at its peak, and at a second. */
export function rateOf({ eventsPerHour, feeds }: Scale) {
  const mean = eventsPerHour / feeds / hour;
  const at = (second: number) => (mean * loadAt(second)) / meanLoad;
  const peak = Math.max(...Array.from({ length: 24 * 60 }, (_, minute) => at(minute * 60)));
  return { mean, peak, at };
}

/**
 * Write units of an event, far above the lowest load. An event that waited needs no fewer: with millions of parcels under
 * way the scans of one parcel lie hours apart, and apart from bursts no receive brings two of them.
 */
export const unitsOfAnEvent = keepingUp(1_000).writeUnits / 1_000;

/** The peak of a day, as a multiple of its mean. */
export const peakOfDay = rateOf({ name: '', eventsPerHour: hour, feeds: 1, settings: {} }).peak;

/**
 * Simulates one environment. On a day and in an outage the table took such a peak before; a backfill writes to a new table. AWS
 * says only that scaling in is gradual: one task at a time is the most expensive way.
 */
export function simulateScenario(scale: Scale, environment: Environment, scenario: Scenario, seed: number): Result {
  const { eventsPerMessage: events, policy } = environment;
  const { at, peak } = rateOf(scale);
  const course = simulatePipeline({
    policy,
    stepIn: 'one task',
    gap: 'stays a gap',
    lags: usualLags,
    seed,
    ...(scenario === 'backfill' ? { seconds: longest, untilLag: caughtUpSeconds } : { seconds: 24 * hour }),
    loadAt: (second) => at(second) / events,
    backlog: {
      messages: scenario === 'backfill' ? (scale.eventsPerHour * backfillHours) / scale.feeds / events : 0,
      seconds: backfillHours * hour,
    },
    readsAtMost: Math.min(environment.requestsAllow, environment.pollerReads) / events,
    taskStores: environment.processorStores / events,
    fullQueue: environment.maxQueueMessages,
    outages: scenario === 'outage' ? [outage] : [],
    table: {
      unitsPerMessage: unitsOfAnEvent * events,
      warm: scenario === 'backfill' ? warmOfNewTable : Math.max(warmOfNewTable, 2 * peak * unitsOfAnEvent),
      quota: tableQuota,
    },
  });
  const storedEvents = course.stored.map((messages) => messages * events);
  return { ...course, storedEvents, eventsPerSecond: at };
}

/** Minutes from the end of the outage until the lag is small for good. */
export function recoveryMinutes({ lagSeconds }: Pick<Course, 'lagSeconds'>): number {
  return lagSeconds.slice(outage.until / 60).findLastIndex((lag) => lag > caughtUpSeconds) + 1;
}
