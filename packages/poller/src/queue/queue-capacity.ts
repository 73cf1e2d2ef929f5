import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import { type WhenCapacity, whenQueueHasCapacity } from '@waybill/shared/queue/queue-capacity.ts';

export type CapacityDependencies = {
  readonly queue: QueueDepth;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.poller.paused'>;
  /** `MAX_QUEUE_MESSAGES`; 0 for no limit. */
  readonly maxQueueMessages: number;
};

/** Pauses the reading while the queue is full, and says so in the log and the metrics. */
export function queueCapacity({ queue, log, metrics, maxQueueMessages }: CapacityDependencies): WhenCapacity {
  return whenQueueHasCapacity({
    queue,
    maxQueueMessages,
    onDepth: ({ depth, isFull, isChange }) => {
      metrics['waybill.poller.paused'].record(isFull ? 1 : 0);
      if (isChange) log.warn({ depth, maxQueueMessages }, isFull ? 'reading paused' : 'reading resumed');
    },
    onFailure: (error) => log.warn({ err: error }, 'queue depth unknown, reading continues'),
  });
}
