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
    attributes: {
      outcome: '`notified`, `already-notified`, `not-reached`, `requirements-not-met`, `refused`, `unreadable`',
    },
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
    'of the webhook, and of the one to whom it is reported; the worse: 0 closed, 1 half open (probing), 2 open: what needs it is held',
    { cloudWatch: [[]], lasting: true },
  ),
  'waybill.notifier.endpoint_errors': metric(
    'counter',
    '{request}',
    'requests to the webhook, or to the one to whom it is reported, that failed for its own fault; they were held and repeated',
    { attributes: { endpoint: '`webhook`, `report`', error: 'status code; `none` without an answer' } },
  ),
  'waybill.notifier.request_duration': metric(
    'histogram',
    's',
    'time from the begin of a request to its answer, or to its failure',
    {
      attributes: { endpoint: '`webhook`, `report`', outcome: '`taken`, `refused`, `failed`' },
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    },
  ),
  'waybill.notifier.announced_to_notified': metric(
    'histogram',
    's',
    'time from the send of an announcement to its notification, told and reported',
    { buckets: latencyBuckets },
  ),
  'waybill.notifier.failures': metric('counter', '{failure}', 'failures recorded by a notifier', {
    attributes: { reason: 'failure reason' },
  }),
  'waybill.notifier.splits': metric('counter', '{message}', 'announcements that failed, sent as messages of their own'),
  'waybill.notifier.in_hand': metric('gauge', '{message}', 'messages of announcements received and not yet settled'),
  'waybill.notifier.message_age': metric(
    'histogram',
    's',
    'time that the oldest message of a receive has spent in the queue of announcements',
    { buckets: latencyBuckets },
  ),
} satisfies Record<string, MetricDefinition>;
