import { latencyBuckets, type MetricDefinition, metric } from './metric-definition.ts';

/** The metrics of announcements, a part of those in `metrics.ts`. */
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
} satisfies Record<string, MetricDefinition>;
