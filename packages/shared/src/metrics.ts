import type { Counter, Gauge, Histogram, Meter } from '@opentelemetry/api';
import { type PriceName, prices } from './prices.ts';
import { limits } from './resources.ts';

type Definition = {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly unit: string;
  readonly meaning: string;
  /** Attribute keys and what they tell apart. Values are few and stable: each combination is a time series. */
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * Published to CloudWatch too, once for each of these sets of attribute keys (`[]`: the sum over all attributes).
   * Each metric and combination of values there costs money every month, so only what alarms, scaling and the
   * dashboard read.
   */
  readonly cloudWatch?: readonly (readonly string[])[];
  /**
   * A gauge that tells a state, which lasts until it is recorded anew: CloudWatch gets it with every export. Any other
   * metric it gets only when something was recorded since the last export.
   */
  readonly lasting?: true;
  /** Upper bounds of a histogram's buckets, in `unit`. */
  readonly buckets?: readonly number[];
  /** What is bought whenever this counter counts: it then counts in `waybill.cost.spent`, too. */
  readonly spends?: { readonly price: PriceName; readonly service: string };
};

/** Seconds, from a scan just made to one from before a long outage. */
const latencyBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800];

/** Every metric that Waybill emits: read by the code that counts, by the alarms and by the documentation. */
export const metricDefinitions = {
  'waybill.feed.requests': {
    kind: 'counter',
    unit: '{request}',
    meaning: 'requests to the Scan Event API',
    attributes: { outcome: '`ok` or the error code' },
    cloudWatch: [[], ['outcome']],
  },
  'waybill.feed.pages': {
    kind: 'counter',
    unit: '{page}',
    meaning: 'pages that moved the position, or showed that the feed has nothing newer',
    cloudWatch: [[]],
  },
  'waybill.feed.events': { kind: 'counter', unit: '{event}', meaning: 'valid scan events read', cloudWatch: [[]] },
  'waybill.feed.rejections': {
    kind: 'counter',
    unit: '{element}',
    meaning: 'elements of the feed that are no scan event',
    attributes: { reason: 'rejection code' },
    cloudWatch: [[]],
  },
  'waybill.feed.holes': {
    kind: 'counter',
    unit: '{hole}',
    meaning: 'jumps of more than 10,000 ids, and stretches without a usable id, that the position crossed',
    cloudWatch: [[]],
  },
  'waybill.feed.retention_holes': {
    kind: 'counter',
    unit: '{hole}',
    meaning: 'holes far larger than the steps between the ids around them: the feed may have dropped events unread',
    cloudWatch: [[]],
  },
  'waybill.feed.open_gaps': {
    kind: 'gauge',
    unit: '{range}',
    meaning: 'ranges of ids that the feed skipped and that are asked for again',
  },
  'waybill.feed.late_events': {
    kind: 'counter',
    unit: '{event}',
    meaning: 'events that turned up in a gap after the position had passed it',
  },
  'waybill.feed.dropped_gaps': {
    kind: 'counter',
    unit: '{range}',
    meaning: 'gaps given up before their patience was over: more than are watched, or never answered for',
    cloudWatch: [[]],
  },
  'waybill.feed.catch_ups': {
    kind: 'counter',
    unit: '{stretch}',
    meaning: 'times that several readers began to read at once, because the feed was far ahead',
  },
  'waybill.feed.watermark': {
    kind: 'gauge',
    unit: '{id}',
    meaning: 'EventId through which nothing is missing: the position, or the id before the lowest open gap',
    cloudWatch: [[]],
  },
  'waybill.feed.position': {
    kind: 'gauge',
    unit: '{id}',
    meaning: 'EventId up to which everything is confirmed on the queue',
    cloudWatch: [[]],
  },
  'waybill.feed.lag': {
    kind: 'gauge',
    unit: 's',
    meaning: 'age of the newest scan that the position has passed, 0 while the feed has nothing newer',
    cloudWatch: [[]],
  },
  'waybill.poller.lease': {
    kind: 'gauge',
    unit: '1',
    meaning: '1 while this poller holds the lease, 0 while it stands by',
    cloudWatch: [[]],
    lasting: true,
  },
  'waybill.poller.paused': {
    kind: 'gauge',
    unit: '1',
    meaning: '1 while reading is paused because the queue holds more than `MAX_QUEUE_MESSAGES`',
    cloudWatch: [[]],
    lasting: true,
  },
  'waybill.queue.sends': { kind: 'counter', unit: '{request}', meaning: 'SendMessageBatch requests' },
  'waybill.queue.sent': { kind: 'counter', unit: '{message}', meaning: 'messages handed to SQS' },
  'waybill.queue.billed': {
    kind: 'counter',
    unit: '{request}',
    meaning: 'SQS requests as billed: every 64 KiB of payload counts',
    attributes: { action: 'SQS action' },
    cloudWatch: [[]],
    spends: { price: 'sqsRequest', service: 'SQS' },
  },
  'waybill.queue.receives': { kind: 'counter', unit: '{request}', meaning: 'ReceiveMessage requests' },
  'waybill.queue.received': { kind: 'counter', unit: '{message}', meaning: 'messages received' },
  'waybill.queue.deletes': { kind: 'counter', unit: '{request}', meaning: 'DeleteMessageBatch requests' },
  'waybill.queue.visibility_changes': {
    kind: 'counter',
    unit: '{request}',
    meaning: 'ChangeMessageVisibilityBatch requests',
  },
  'waybill.queue.message_age': {
    kind: 'histogram',
    unit: 's',
    meaning: 'time in the queue of the oldest message of a receive',
    buckets: latencyBuckets,
  },
  'waybill.processor.scan_to_state': {
    kind: 'histogram',
    unit: 's',
    meaning: 'from a scan to its parcel state, by the oldest scan of each message',
    buckets: latencyBuckets,
    cloudWatch: [[]],
  },
  'waybill.processor.events': {
    kind: 'counter',
    unit: '{event}',
    meaning: 'scan events stored or found known',
    cloudWatch: [[]],
  },
  'waybill.processor.outcomes': {
    kind: 'counter',
    unit: '{parcel}',
    meaning: 'folded changes by what their write did',
    attributes: { outcome: '`applied`, `merged`, `redundant`' },
    cloudWatch: [['outcome']],
  },
  'waybill.processor.splits': {
    kind: 'counter',
    unit: '{message}',
    meaning: 'failed events sent off as messages of their own',
    cloudWatch: [[]],
  },
  'waybill.processor.failures': {
    kind: 'counter',
    unit: '{failure}',
    meaning: 'failures recorded',
    attributes: { reason: 'failure reason' },
    cloudWatch: [[], ['reason']],
  },
  'waybill.processor.in_hand': { kind: 'gauge', unit: '{message}', meaning: 'messages received and not yet settled' },
  'waybill.processor.breaker': {
    kind: 'gauge',
    unit: '1',
    meaning: '0 closed, 1 half open (probing), 2 open: receiving is paused',
    cloudWatch: [[]],
    lasting: true,
  },
  'waybill.store.writes': {
    kind: 'counter',
    unit: '{request}',
    meaning: 'write requests to DynamoDB',
    attributes: { table: 'what the table holds' },
  },
  'waybill.store.statements': {
    kind: 'counter',
    unit: '{statement}',
    meaning:
      'statements in batches, each the write of one parcel; 0 where each parcel is written by an update of its own',
  },
  'waybill.store.second_tries': {
    kind: 'counter',
    unit: '{statement}',
    meaning:
      'statements sent because the first one for that parcel did not fit what is stored; each costs a write more',
  },
  'waybill.store.write_units': {
    kind: 'counter',
    unit: '{unit}',
    meaning:
      'consumed write capacity units as DynamoDB reports them; of batches that it does not report, by statements and item sizes',
    attributes: { table: 'what the table holds' },
    cloudWatch: [['table']],
    spends: { price: 'writeUnit', service: 'DynamoDB' },
  },
  'waybill.store.read_units': {
    kind: 'counter',
    unit: '{unit}',
    meaning: 'consumed read capacity units as DynamoDB reports them',
    attributes: { table: 'what the table holds' },
    spends: { price: 'readUnit', service: 'DynamoDB' },
  },
  'waybill.store.errors': {
    kind: 'counter',
    unit: '{error}',
    meaning: 'engine errors met while storing; the work was held and repeated',
    attributes: { error: 'error name' },
    cloudWatch: [[]],
  },
  'waybill.cost.spent': {
    kind: 'counter',
    unit: '{dollar}',
    meaning:
      'US dollars that SQS requests and DynamoDB units cost at the list prices of `prices.ts`; over `waybill.processor.events`, what an event costs',
    attributes: { service: '`SQS`, `DynamoDB`' },
  },
} as const satisfies Record<string, Definition>;

export type MetricName = keyof typeof metricDefinitions;

/** What is known of a metric by its name; undefined for a name that is none of Waybill's. */
export function definitionOf(name: string): Definition | undefined {
  return new Map<string, Definition>(Object.entries(metricDefinitions)).get(name);
}

/** The metrics that the processes publish to CloudWatch. */
export type CloudWatchMetricName = {
  [Name in MetricName]: (typeof metricDefinitions)[Name] extends { cloudWatch: unknown } ? Name : never;
}[MetricName];

/** Where CloudWatch keeps the metrics of one deployment. */
export function cloudWatchNamespace(environment: string): string {
  return `Waybill/${environment}`;
}

type Instrument<K> = K extends { kind: 'counter' } ? Counter : K extends { kind: 'gauge' } ? Gauge : Histogram;

/** Every metric as an OpenTelemetry instrument, by its name. */
export type Metrics = { readonly [Name in MetricName]: Instrument<(typeof metricDefinitions)[Name]> };

export function createMetrics(meter: Meter): Metrics {
  const optionsOf = ({ unit, meaning }: Definition) => ({ unit, description: meaning });
  const cost = 'waybill.cost.spent';
  const spent = meter.createCounter(cost, optionsOf(metricDefinitions[cost]));
  const create = ([name, definition]: [string, Definition]) => {
    const options = optionsOf(definition);
    const { kind, spends, buckets = [] } = definition;
    if (name === cost) return [name, spent];
    if (kind === 'counter') {
      const counter = meter.createCounter(name, options);
      return [name, spends ? spending(counter, spent, spends) : counter];
    }
    if (kind === 'gauge') return [name, meter.createGauge(name, options)];
    return [name, meter.createHistogram(name, { ...options, advice: { explicitBucketBoundaries: [...buckets] } })];
  };
  // Sound because each entry is made by its own definition's kind; Object.fromEntries cannot say so.
  return Object.fromEntries(Object.entries(metricDefinitions).map(create)) as Metrics;
}

/** A counter of something that is paid for by the piece. */
function spending(counter: Counter, spent: Counter, { price, service }: NonNullable<Definition['spends']>): Counter {
  return {
    add: (count, ...rest) => {
      counter.add(count, ...rest);
      spent.add(count * prices[price].usd, { service });
    },
  };
}

/** Requests that SQS bills for one call with this payload (SQS pricing: every 64 KiB chunk is one request, at least one). */
export function billedRequests(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / limits.billedRequestBytes));
}
