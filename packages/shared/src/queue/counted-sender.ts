import { billedRequests, type Metrics } from '../metrics.ts';
import type { MessageSender } from './message-queue.ts';
import { sizeOf } from './send.ts';

/** The queue, with each call to it counted by what it holds, repetitions included. */
export function countedSender(
  queue: MessageSender,
  metrics: Pick<Metrics, 'waybill.queue.sends' | 'waybill.queue.sent' | 'waybill.queue.billed'>,
): MessageSender {
  return {
    sendBatch: (batch) => {
      metrics['waybill.queue.sends'].add(1);
      metrics['waybill.queue.sent'].add(batch.length);
      const bytes = batch.reduce((sum, message) => sum + sizeOf(message), 0);
      metrics['waybill.queue.billed'].add(billedRequests(bytes), { action: 'SendMessageBatch' });
      return queue.sendBatch(batch);
    },
  };
}
