import { loadAt, meanLoad } from '@waybill/infra/scaling-model/day.ts';
import { type Course, simulatePipeline } from '@waybill/infra/scaling-model/pipeline.ts';
import { type Span, usualLags } from '@waybill/infra/scaling-model/setting.ts';
import { keepingUp } from './keeping-up.ts';
import { tableQuota, warmOfNewTable } from './limits.ts';
import type { Environment, Scale } from './scales.ts';

const hour = 3_600;
/** Seconds for which a backfill is followed at most. */
const longest = 21 * 24 * hour;

export type Scenario = 'day' | 'outage' | 'backfill';

/** The hour without DynamoDB: in the morning's peak, where it hurts most. */
export const outage: Span = { from: 9 * hour, until: 10 * hour };
const backfillHours = 7 * 24;

/** A course of one environment, in events, by minute. */
export type Result = Course & {
  readonly eventsPerSecond: (second: number) => number;
  /** Events stored in each minute. */
  readonly storedEvents: readonly number[];
};

/** Events a second, at its highest and over the day, of one feed. */
export function rateOf({ eventsPerHour, feeds }: Scale) {
  const mean = eventsPerHour / feeds / hour;
  const at = (second: number) => (mean * loadAt(second)) / meanLoad;
  const peak = Math.max(...Array.from({ length: 24 * 60 }, (_, minute) => at(minute * 60)));
  return { mean, peak, at };
}

/**
 * Write units of an event, far above the lowest load. Waiting ones are no fewer: with millions of parcels under way the
 * scans of one lie hours apart, and but for bursts no receive brings two.
 */
export const unitsOfAnEvent = keepingUp(1_000).writeUnits / 1_000;

/** Times the mean at which a day has its peak. */
export const peakOfDay = rateOf({ name: '', eventsPerHour: hour, feeds: 1, turned: {} }).peak;

/**
 * Simulates one environment. A day and an outage befall a table that took such a peak before; a backfill, a new one.
 * AWS says of steps in only that they are gradual: one task at a time is the dearer end.
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
    seconds: scenario === 'backfill' ? longest : 24 * hour,
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
  const until = scenario === 'backfill' ? (caughtUpAfter(course) ?? course.stored.length) : course.stored.length;
  const cut = (values: readonly number[]) => values.slice(0, until);
  return {
    desired: cut(course.desired),
    running: cut(course.running),
    oldestSeconds: cut(course.oldestSeconds),
    lagSeconds: cut(course.lagSeconds),
    queued: cut(course.queued),
    stored: cut(course.stored),
    storedEvents: cut(course.stored).map((messages) => messages * events),
    eventsPerSecond: at,
  };
}

/** Minutes of lag below which a pipeline has caught up: what scaling itself accepts, and some gusts. */
const caughtUpSeconds = 300;

/** Minutes after which the lag is small for the first time. */
function caughtUpAfter({ lagSeconds }: Pick<Course, 'lagSeconds'>): number | undefined {
  const found = lagSeconds.findIndex((lag) => lag <= caughtUpSeconds);
  return found < 0 ? undefined : found + 1;
}

/** Minutes from the end of the outage until the lag is small for good. */
export function recoveryMinutes({ lagSeconds }: Pick<Course, 'lagSeconds'>): number {
  return lagSeconds.slice(outage.until / 60).findLastIndex((lag) => lag > caughtUpSeconds) + 1;
}
