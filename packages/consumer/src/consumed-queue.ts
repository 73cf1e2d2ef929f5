import { openSqs } from '@waybill/shared/process/aws-clients.ts';
import type { MessageConsumer, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import { queueNameOf } from '@waybill/shared/queue/queue-url.ts';
import { type CountDeadLetters, sqsDeadLetters } from '@waybill/shared/queue/sqs-dead-letters.ts';
import { sqsConsumer } from '@waybill/shared/queue/sqs-queue.ts';
import { countBilled, countedConsumer, publishedDeadLetters } from '@waybill/shared/telemetry/queue-meter.ts';
import type { ConsumerSettings } from './consumer.ts';

export type ConsumedQueueOptions = Pick<
  Parameters<typeof openSqs>[0],
  'endpointIsQueueHost' | 'proxies' | 'variables'
> & {
  readonly queueUrl: string;
  readonly settings: Pick<ConsumerSettings, 'receivers' | 'receiveWaitMs' | 'visibilityTimeoutMs'>;
  readonly metrics: Parameters<typeof countedConsumer>[1];
};

/** The queue of a consumer, over clients of its own, its requests counted. */
export function openConsumedQueue({ queueUrl, settings, metrics, ...shared }: ConsumedQueueOptions): {
  readonly queue: MessageConsumer & QueueDepth;
  /** Publishes how many dead letters the queue has. */
  readonly countDeadLetters: CountDeadLetters;
  readonly close: () => void;
} {
  const { receivers, receiveWaitMs, visibilityTimeoutMs } = settings;
  // One attempt: a long poll is repeated by its loop, a stop waits for it, and its answer may be all that was lost.
  const receiving = openSqs({
    ...shared,
    requestTimeoutMs: receiveWaitMs + 5_000,
    maxSockets: receivers,
    maxAttempts: 1,
    checksBodies: false,
  });
  const settling = openSqs({ ...shared, requestTimeoutMs: 4_000, maxSockets: 64, maxAttempts: 2 });
  const sqs = sqsConsumer({
    receiving,
    settling,
    queueUrl,
    waitSeconds: receiveWaitMs / 1_000,
    visibilityTimeoutSeconds: visibilityTimeoutMs / 1_000,
  });
  const close = () => {
    for (const client of [receiving, settling]) client.destroy();
  };
  const name = queueNameOf(queueUrl);
  const countRequest = () => countBilled(metrics, 'GetQueueAttributes');
  return {
    queue: countedConsumer(sqs, metrics, name),
    countDeadLetters: publishedDeadLetters(sqsDeadLetters(settling, queueUrl, countRequest), metrics, name),
    close,
  };
}
