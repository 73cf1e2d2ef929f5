import { hour, type MetricAlarm, minute, type Publishing, periodFor, publishedEvery } from './metric-alarm.ts';

/** What throttling means, by what the table holds. */
const throttlingImpacts = {
  parcels:
    'DynamoDB throttles the parcels table: processors keep their messages and pause until writes succeed again, and parcel state falls behind the feed.',
  checkpoints:
    'DynamoDB throttles the checkpoints table: the poller may lose its lease, and the feed is read late or not at all.',
  failures:
    'DynamoDB throttles the failures table: failures cannot be recorded, so processors keep failed messages, and parcel state falls behind the feed.',
  operations:
    'DynamoDB throttles the operations table: what an operator does cannot be put on record, so it is refused. Parcel state is not affected.',
  batches:
    'DynamoDB throttles the batches table: pushes are answered with 503, and processors keep messages of pushed batches and pause until writes succeed again.',
  notifications: (webhook: string) =>
    `DynamoDB throttles the notifications table of the webhook ${webhook}: its notifiers keep their announcements and pause until writes succeed again, and milestones are told late.`,
} as const;

export type ThrottledTable = keyof typeof throttlingImpacts;

export type ThrottlingSetting = Publishing & {
  /** The name of the webhook whose notifications the table has. */
  readonly webhook?: string;
  /** Whether units are provisioned, and scaled by what is used. */
  readonly scales?: boolean;
};

/**
 * `parcels-throttled` and the like: requests to a table, or a write to one of its indexes, that DynamoDB refused because
 * there are too many, as the processes see them. Not DynamoDB's own metrics: they have data in minutes with throttling
 * only, and an alarm about them would never end (docs/decisions/0182-throttling-by-a-metric-of-our-own.md).
 */
export function throttlingAlarm(
  table: ThrottledTable,
  { webhook = '', scales = false, ...publishing }: ThrottlingSetting,
): MetricAlarm {
  const impact = throttlingImpacts[table];
  const periodSeconds = periodFor(minute, publishedEvery(publishing));
  return {
    severity: 'warning',
    impact: typeof impact === 'string' ? impact : impact(webhook),
    metric: 'waybill.store.throttles',
    attributes: { table },
    statistic: 'Sum',
    comparison: '>=',
    threshold: 1,
    periodSeconds,
    ...(scales ? mostOfAnHour(periodSeconds) : threeOfFive),
    missing: 'notBreaching',
  };
}

/** The SDK retries a single throttled request, which does no harm. */
const threeOfFive = { periods: 5, datapoints: 3 };

/** Provisioned units grow within minutes, by two fifths at a time. Somebody has to look when that was not enough for most of an hour. */
function mostOfAnHour(periodSeconds: number) {
  const periods = Math.max(4, Math.round(hour / periodSeconds));
  return { periods, datapoints: Math.ceil((3 * periods) / 4) };
}
