import type { MetricName } from '../metrics.ts';

/** The processes that say what they do. */
export const activeKinds = ['poller', 'processor', 'notifier'] as const;
export type ActiveKind = (typeof activeKinds)[number];

export type SeriesDefinition = {
  readonly metric: MetricName;
  /** Of the metric only the points with these attributes; absent: all. */
  readonly where?: Readonly<Record<string, string>>;
  /** The processes whose metric it is: several count under one name, of different things. */
  readonly of: readonly ActiveKind[];
  /** Numbers are kept whole: what is smaller than 1 is kept as so many parts of 1. */
  readonly parts?: number;
  /** Of a level that is an age: without a new record it grows with the clock, while this gauge is not 0. */
  readonly growsWhile?: MetricName;
};

/** What is counted in each minute: added up over processes. */
export const countSeries = {
  /** Valid events of the feed that were read and are sent. */
  read: { metric: 'waybill.feed.events', of: ['poller'] },
  /** Elements of the feed that are not a valid scan event. */
  rejected: { metric: 'waybill.feed.rejections', of: ['poller'] },
  feedRequestsFailed: { metric: 'waybill.feed.errors', of: ['poller'] },
  /** Events that were stored, or found to be stored already. */
  stored: { metric: 'waybill.processor.events', of: ['processor'] },
  /** Changes of parcels, by what their write did. */
  applied: { metric: 'waybill.processor.outcomes', where: { outcome: 'applied' }, of: ['processor'] },
  merged: { metric: 'waybill.processor.outcomes', where: { outcome: 'merged' }, of: ['processor'] },
  redundant: { metric: 'waybill.processor.outcomes', where: { outcome: 'redundant' }, of: ['processor'] },
  /** Failures recorded, of processors. */
  failed: { metric: 'waybill.processor.failures', of: ['processor'] },
  /** Milestones told to a webhook. */
  told: { metric: 'waybill.notifier.notifications', where: { outcome: 'notified' }, of: ['notifier'] },
  webhookRequestsFailed: {
    metric: 'waybill.notifier.endpoint_errors',
    where: { endpoint: 'webhook' },
    of: ['notifier'],
  },
  /** Requests that DynamoDB refused because there are too many. */
  throttled: { metric: 'waybill.store.throttles', of: activeKinds },
  /** US dollars for SQS requests and DynamoDB units, kept in millionths. */
  spent: { metric: 'waybill.cost.spent', of: activeKinds, parts: 1e6 },
} as const satisfies Readonly<Record<string, SeriesDefinition>>;

/** What is high or low: of a minute, and of several processes, the highest counts. */
export const levelSeries = {
  /** Age of the newest scan that the position has passed, 0 while the feed has nothing newer. */
  secondsBehind: { metric: 'waybill.feed.lag', of: ['poller'], growsWhile: 'waybill.poller.lease' },
  /** Messages in the scan queue. */
  queueDepth: { metric: 'waybill.queue.depth', of: ['poller', 'processor'] },
  /** Time that the oldest scan message of a receive has spent in the queue. */
  oldestSeconds: { metric: 'waybill.queue.message_age', of: ['processor'] },
  /** Messages in queues of announcements. */
  announcementsDepth: { metric: 'waybill.queue.depth', of: ['notifier'] },
  announcementsOldestSeconds: { metric: 'waybill.notifier.message_age', of: ['notifier'] },
} as const satisfies Readonly<Record<string, SeriesDefinition>>;

export type CountSeries = keyof typeof countSeries;
export type LevelSeries = keyof typeof levelSeries;

/** The series of one kind of process, as its item holds them. */
export function seriesOf(kind: ActiveKind): readonly (readonly [CountSeries | LevelSeries, SeriesDefinition])[] {
  const all: Readonly<Record<CountSeries | LevelSeries, SeriesDefinition>> = { ...countSeries, ...levelSeries };
  // The keys are those of the record; Object.entries cannot say so.
  const entries = Object.entries(all) as [CountSeries | LevelSeries, SeriesDefinition][];
  return entries.filter(([, { of }]) => of.includes(kind));
}

export function isLevel(series: CountSeries | LevelSeries): series is LevelSeries {
  return series in levelSeries;
}
