import { latencyBuckets, type MetricDefinition, metric } from './metric-definition.ts';

/** The metrics of queues: a part of those in `metrics.ts`. */
export const queueMetrics = {
  'waybill.queue.sends': metric('counter', '{request}', 'SendMessageBatch requests'),
  'waybill.queue.sent': metric('counter', '{message}', 'messages in SendMessageBatch requests, repetitions included'),
  'waybill.queue.billed': metric('counter', '{request}', 'SQS requests as billed: one per 64 KiB of payload', {
    attributes: { action: 'SQS action' },
    cloudWatch: [[]],
    spends: { price: 'sqsRequest', service: 'SQS' },
  }),
  'waybill.queue.receives': metric('counter', '{request}', 'ReceiveMessage requests'),
  'waybill.queue.lost_receives': metric(
    'counter',
    '{request}',
    'ReceiveMessage requests that failed and may have used up a receive of messages: the answer was lost',
    { cloudWatch: [[]], fromZero: { by: ['processor', 'notifier'] } },
  ),
  'waybill.queue.received': metric('counter', '{message}', 'messages received'),
  'waybill.queue.deletes': metric('counter', '{request}', 'DeleteMessageBatch requests'),
  'waybill.queue.visibility_changes': metric('counter', '{request}', 'ChangeMessageVisibilityBatch requests'),
  'waybill.queue.depth': metric(
    'gauge',
    '{message}',
    'messages in the queue, in flight ones included, as SQS counts them; every process that asks publishes it: take the highest',
    { attributes: { queue: 'name of the queue' } },
  ),
  'waybill.queue.dead_letters': metric(
    'gauge',
    '{message}',
    'messages in the dead-letter queue, as SQS counts them; every processor, or notifier, publishes it: take the highest',
    { attributes: { queue: 'name of the queue whose dead letters they are' } },
  ),
  'waybill.queue.message_age': metric(
    'histogram',
    's',
    'time that the oldest message of a receive has spent in the queue',
    { buckets: latencyBuckets },
  ),
} satisfies Record<string, MetricDefinition>;
