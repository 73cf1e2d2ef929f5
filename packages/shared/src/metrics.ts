import type { Counter, Gauge, Histogram } from '@opentelemetry/api';
import { failureReasons } from './failures/failure-record.ts';
import { latencyBuckets, type MetricDefinition, metric } from './metric-definition.ts';
import { notificationMetrics } from './notification-metrics.ts';
import { queueMetrics } from './queue-metrics.ts';

/** Every metric that Waybill emits: read by the code that counts, by the alarms and by the docs. */
export const metricDefinitions = {
  'waybill.feed.requests': metric('counter', '{request}', 'requests to the Scan Event API', {
    attributes: { outcome: '`ok` or the error code' },
    cloudWatch: [[], ['outcome']],
  }),
  'waybill.feed.errors': metric('counter', '{request}', 'requests to the Scan Event API that failed', {
    attributes: { error: 'status code; `none` without an answer' },
  }),
  'waybill.feed.pages': metric(
    'counter',
    '{page}',
    'pages that moved the position or showed that the feed has nothing newer',
    { cloudWatch: [[]], fromZero: { by: ['poller'] } },
  ),
  'waybill.feed.events': metric('counter', '{event}', 'valid scan events that were read and are sent', {
    cloudWatch: [[]],
  }),
  'waybill.feed.rejections': metric('counter', '{element}', 'elements of the feed that are not a valid scan event', {
    attributes: { reason: 'rejection code' },
    cloudWatch: [[]],
  }),
  'waybill.feed.holes': metric(
    'counter',
    '{hole}',
    'jumps of more than 10,000 ids, and ranges without a usable id, that the position crossed',
    { cloudWatch: [[]] },
  ),
  'waybill.feed.retention_holes': metric(
    'counter',
    '{hole}',
    'holes far larger than usual: the feed may have deleted events before they were read',
    { cloudWatch: [[]], fromZero: { by: ['poller'] } },
  ),
  'waybill.feed.unreadable_rows': metric(
    'counter',
    '{row}',
    'rows of the feed without which its page can be read, and with which it cannot: passed over one by one',
    {
      attributes: { outcome: '`cut`: what was received went to the queue; `hole`: nothing was received' },
      cloudWatch: [[]],
      fromZero: { by: ['poller'], attributes: [{ outcome: 'cut' }, { outcome: 'hole' }] },
    },
  ),
  'waybill.feed.open_gaps': metric('gauge', '{range}', 'ranges of skipped ids that are still asked for again'),
  'waybill.feed.gap_reach': metric(
    'gauge',
    's',
    'how late an event may turn up and is still found: `GAP_PATIENCE_SECONDS`, or less while skipped ids are dropped early',
    { cloudWatch: [[]], lasting: true },
  ),
  'waybill.feed.late_events': metric('counter', '{event}', 'events found in a gap after the position had passed it'),
  'waybill.feed.dropped_gaps': metric(
    'counter',
    '{range}',
    'gaps given up early: the requests do not suffice to ask for all of them, or the feed did not answer',
    { cloudWatch: [[]] },
  ),
  'waybill.feed.catch_ups': metric(
    'counter',
    '{stretch}',
    'times that several readers began to read in parallel, because the feed was far ahead',
  ),
  'waybill.feed.watermark': metric(
    'gauge',
    '{id}',
    'EventId through which nothing is missing: the position, or the id before the lowest open gap',
    { cloudWatch: [[]] },
  ),
  'waybill.feed.position': metric('gauge', '{id}', 'EventId up to which every event is confirmed on the queue', {
    cloudWatch: [[]],
  }),
  'waybill.feed.lag': metric(
    'gauge',
    's',
    'age of the newest scan that the position has passed; 0 while the feed has nothing newer',
    { cloudWatch: [[]] },
  ),
  'waybill.feed.silence': metric(
    'gauge',
    's',
    'time since this poller saw something new in the feed, or began to read it',
    { cloudWatch: [[]] },
  ),
  'waybill.feed.went_back': metric(
    'gauge',
    '1',
    '1 while the feed has older ids, but not the last one that was read, and none beyond it',
    { cloudWatch: [[]], lasting: true },
  ),
  'waybill.poller.lease': metric('gauge', '1', '1 while this poller holds the lease, 0 while it stands by', {
    cloudWatch: [[]],
    lasting: true,
  }),
  'waybill.poller.paused': metric(
    'gauge',
    '1',
    '1 while reading is paused because the queue holds more than `MAX_QUEUE_MESSAGES`',
    { cloudWatch: [[]], lasting: true },
  ),
  'waybill.ingestion.batches': metric('counter', '{push}', 'pushes of scan events, by what became of them', {
    attributes: {
      outcome: '`accepted`, `repeated`, `nothing_acceptable`, `key_reused`, `under_way`, `not_confirmed`, `queue_full`',
    },
  }),
  'waybill.ingestion.events': metric('counter', '{event}', 'pushed scan events confirmed on the queue'),
  'waybill.ingestion.rejections': metric('counter', '{element}', 'pushed elements that are not a valid scan event', {
    attributes: { reason: 'rejection code' },
    cloudWatch: [[]],
  }),
  ...queueMetrics,
  'waybill.processor.scan_to_state': metric(
    'histogram',
    's',
    'time from a scan to its stored parcel state, by the oldest scan of each message',
    { buckets: latencyBuckets, cloudWatch: [[]] },
  ),
  'waybill.processor.events': metric('counter', '{event}', 'scan events stored, or found to be stored already', {
    cloudWatch: [[]],
  }),
  'waybill.processor.outcomes': metric('counter', '{parcel}', 'folded changes, by what their write did', {
    attributes: { outcome: '`applied`, `merged`, `redundant`' },
    cloudWatch: [['outcome']],
  }),
  'waybill.processor.splits': metric('counter', '{message}', 'failed events sent as messages of their own', {
    cloudWatch: [[]],
  }),
  'waybill.processor.sent_on': metric(
    'counter',
    '{message}',
    'messages of which a rest was sent on with a delay, because DynamoDB throttled it while other parcels were stored',
  ),
  'waybill.processor.failures': metric('counter', '{failure}', 'failures recorded', {
    attributes: { reason: 'failure reason' },
    cloudWatch: [[], ['reason']],
    fromZero: { by: ['processor'], attributes: failureReasons.map((reason) => ({ reason })) },
  }),
  'waybill.processor.in_hand': metric('gauge', '{message}', 'messages received and not yet settled'),
  'waybill.processor.breaker': metric('gauge', '1', '0 closed, 1 half open (probing), 2 open: receiving is paused', {
    cloudWatch: [[]],
    lasting: true,
  }),
  ...notificationMetrics,
  'waybill.store.writes': metric('counter', '{request}', 'write requests to DynamoDB, failed ones included', {
    attributes: { table: 'what the table holds' },
  }),
  'waybill.store.statements': metric(
    'counter',
    '{statement}',
    'statements in batches, one per parcel; 0 where each parcel is written with its own update',
  ),
  'waybill.store.second_tries': metric(
    'counter',
    '{statement}',
    'statements sent because the first one for a parcel did not match the stored item; each costs one more write',
  ),
  'waybill.store.write_units': metric(
    'counter',
    '{unit}',
    'write capacity units consumed, as DynamoDB reports them; for batches without a report, by statements and item sizes',
    {
      attributes: { table: 'what the table holds' },
      cloudWatch: [['table']],
      spends: { price: 'writeUnit', service: 'DynamoDB' },
    },
  ),
  'waybill.store.read_units': metric('counter', '{unit}', 'read capacity units consumed, as DynamoDB reports them', {
    attributes: { table: 'what the table holds' },
    spends: { price: 'readUnit', service: 'DynamoDB' },
  }),
  'waybill.store.throttles': metric(
    'counter',
    '{request}',
    'requests to DynamoDB, or statements of a batch, that were refused because there are too many, at each attempt: by the table, one of its indexes or the account',
    { attributes: { table: 'what the table holds' }, cloudWatch: [['table']] },
  ),
  'waybill.store.errors': metric('counter', '{error}', 'engine errors while storing; the work was held and retried', {
    attributes: { error: 'error name' },
    cloudWatch: [[]],
  }),
  // Not on CloudWatch: the API's gateway publishes there what its alarms and dashboard read.
  'waybill.api.requests': metric('counter', '{request}', 'requests to the API that were answered', {
    attributes: {
      route: 'method and pattern of the path; `none` for what has no route',
      status: 'status code; 499: the client went before the answer',
    },
  }),
  'waybill.api.duration': metric('histogram', 's', 'time from the headers of a request to the end of its answer', {
    attributes: { route: 'as of `waybill.api.requests`', status: 'as of `waybill.api.requests`' },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  'waybill.api.in_flight': metric('gauge', '{request}', 'requests to the API that are worked on'),
  'waybill.api.rejections': metric('counter', '{request}', 'requests that may be fine and were refused: 429 and 503', {
    attributes: {
      reason:
        '`token rate`, `address rate`, `own requests in flight`, `requests in flight`, `bodies in flight`, `engine`, `time`',
    },
  }),
  'waybill.build.info': metric('gauge', '1', '1, of a process that runs; what it is stands in the attributes', {
    attributes: {
      service: '`poller`, `processor`, `api`, `notifier`',
      version: 'of Waybill',
      commit: '40 hex digits, `unknown` outside an image',
      node: 'version of Node',
    },
  }),
  'waybill.cost.spent': metric(
    'counter',
    '{dollar}',
    'US dollars for SQS requests and DynamoDB units, at the list prices of `prices.ts`; per event: divide by `waybill.processor.events`',
    { attributes: { service: '`SQS`, `DynamoDB`' } },
  ),
} satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;

const definitions: ReadonlyMap<string, MetricDefinition> = new Map(Object.entries(metricDefinitions));

/** Undefined for a name that is not one of Waybill's. */
export function definitionOf(name: string): MetricDefinition | undefined {
  return definitions.get(name);
}

/** The metrics that the processes publish to CloudWatch. */
export type CloudWatchMetricName = {
  [Name in MetricName]: (typeof metricDefinitions)[Name] extends { cloudWatch: unknown } ? Name : never;
}[MetricName];

/**
 * The CloudWatch namespace of one deployment, or of the notifiers of one webhook in it: each has its own, so that what they
 * count is told apart without a dimension that every other process would pay for.
 */
export function cloudWatchNamespace(environment: string, webhook?: string): string {
  return ['Waybill', environment, ...(webhook === undefined ? [] : [webhook])].join('/');
}

type Instrument<K> = K extends { kind: 'counter' } ? Counter : K extends { kind: 'gauge' } ? Gauge : Histogram;

/** Every metric as an OpenTelemetry instrument, by its name. */
export type Metrics = { readonly [Name in MetricName]: Instrument<(typeof metricDefinitions)[Name]> };
