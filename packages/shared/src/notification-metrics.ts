import { latencyBuckets, type MetricDefinition, metric } from './metric-definition.ts';

/** The metrics of announcements and notifications: a part of those in `metrics.ts`. */
export const notificationMetrics = {
  'waybill.announcements.sent': metric('counter', '{announcement}', 'announcements that a queue has confirmed', {
    attributes: { queue: 'name of the queue' },
  }),
  'waybill.announcements.too_old': metric(
    'counter',
    '{milestone}',
    'milestones that are not announced because they are older than `ANNOUNCE_MAX_AGE_HOURS`',
  ),
  'waybill.announcements.delay': metric(
    'histogram',
    's',
    'time from the stored state of the parcels of a message to the confirmation of its announcements by every queue',
    { buckets: latencyBuckets },
  ),
  'waybill.announcements.breaker': metric(
    'gauge',
    '1',
    '0 closed, 1 half open (probing), 2 open: the queue takes no announcements, and messages with milestones are held',
    { attributes: { queue: 'name of the queue' }, cloudWatch: [[]], lasting: true },
  ),
  'waybill.notifier.notifications': metric('counter', '{milestone}', 'milestones looked at, by what became of them', {
    attributes: { outcome: '`notified`, `already-notified`, `not-reached`, `requirements-not-met`, `refused`' },
    cloudWatch: [['outcome']],
  }),
  'waybill.notifier.breaker': metric(
    'gauge',
    '1',
    "DynamoDB's, of a notifier: 0 closed, 1 half open (probing), 2 open: receiving is paused",
    { cloudWatch: [[]], lasting: true },
  ),
  'waybill.notifier.endpoint_breaker': metric(
    'gauge',
    '1',
    'of the webhook, and of the one to whom it is reported; the worse: 0 closed, 1 half open (probing), 2 open: receiving is paused',
    { cloudWatch: [[]], lasting: true },
  ),
} satisfies Record<string, MetricDefinition>;
