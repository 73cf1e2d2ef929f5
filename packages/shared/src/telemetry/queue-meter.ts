import type { Metrics } from '../metrics.ts';
import type { MessageConsumer, MessageSender, QueueDepth } from '../queue/message-queue.ts';
import { sizeOf } from '../queue/send.ts';
import type { CountDeadLetters } from '../queue/sqs-dead-letters.ts';
import { limits } from '../resources.ts';

/**
 * The sending side of a queue, with every call counted before it leaves, repetitions included. Publishes the depth that is
 * asked for.
 *
 * @param name of the queue
 */
export function countedSender(
  queue: MessageSender & QueueDepth,
  metrics: Metrics,
  name: string,
): MessageSender & QueueDepth {
  return {
    sendBatch: (batch) => {
      metrics['waybill.queue.sends'].add(1);
      metrics['waybill.queue.sent'].add(batch.length);
      const bytes = batch.reduce((sum, message) => sum + sizeOf(message), 0);
      metrics['waybill.queue.billed'].add(billedRequests(bytes), { action: 'SendMessageBatch' });
      return queue.sendBatch(batch);
    },
    depth: async () => {
      countBilled(metrics, 'GetQueueAttributes');
      const depth = await queue.depth();
      metrics['waybill.queue.depth'].record(depth, { queue: name });
      return depth;
    },
  };
}

/**
 * As {@link countedSender}, with the consuming side. A receive is billed by what it returns, so it is billed
 * afterwards.
 */
export function countedConsumer(
  queue: MessageConsumer & QueueDepth,
  metrics: Metrics,
  name: string,
): MessageConsumer & QueueDepth {
  return {
    ...countedSender(queue, metrics, name),
    receive: async (options) => {
      metrics['waybill.queue.receives'].add(1);
      const messages = await queue.receive(options);
      const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
      metrics['waybill.queue.billed'].add(billedRequests(bytes), { action: 'ReceiveMessage' });
      if (messages.length > 0) metrics['waybill.queue.received'].add(messages.length);
      return messages;
    },
    deleteBatch: (receiptHandles) => {
      metrics['waybill.queue.deletes'].add(1);
      countBilled(metrics, 'DeleteMessageBatch');
      return queue.deleteBatch(receiptHandles);
    },
    changeVisibilityBatch: (changes) => {
      metrics['waybill.queue.visibility_changes'].add(1);
      countBilled(metrics, 'ChangeMessageVisibilityBatch');
      return queue.changeVisibilityBatch(changes);
    },
    maxReceiveCount: () => {
      countBilled(metrics, 'GetQueueAttributes');
      return queue.maxReceiveCount();
    },
  };
}

/**
 * Counts the messages in the dead-letter queue of a queue, as `count` does, and publishes their number.
 *
 * @param name of the queue whose dead letters they are
 */
export function publishedDeadLetters(
  count: CountDeadLetters,
  metrics: Pick<Metrics, 'waybill.queue.dead_letters'>,
  name: string,
): CountDeadLetters {
  return async () => {
    const messages = await count();
    if (messages !== undefined) metrics['waybill.queue.dead_letters'].record(messages, { queue: name });
    return messages;
  };
}

/** A call whose payload is far below the 64 KiB of one billed request. */
export function countBilled(metrics: Pick<Metrics, 'waybill.queue.billed'>, action: string): void {
  metrics['waybill.queue.billed'].add(1, { action });
}

/**
 * Requests that SQS bills for a call with this payload (SQS pricing: every 64 KiB chunk is one request, at least one).
 */
export function billedRequests(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / limits.billedRequestBytes));
}
