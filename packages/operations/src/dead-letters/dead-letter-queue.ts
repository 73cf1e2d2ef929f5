import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { WaybillError } from '@waybill/shared/error.ts';
import type { MessageConsumer, MessageSender } from '@waybill/shared/queue/message-queue.ts';
import { sqsConsumer, sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { z } from 'zod';
import { queueCounts } from '../queue-counts.ts';

/** Messages of a queue, approximate, as SQS counts them. */
export type MessageCounts = {
  /** What can be received now or after its delay. */
  readonly waiting: number;
  /** What somebody has received and neither deleted nor let go. */
  readonly inFlight: number;
};

/** What acts do with the messages of a dead-letter queue. */
export type DeadLetterPort = Pick<MessageConsumer, 'receive' | 'deleteBatch' | 'changeVisibilityBatch'> & {
  readonly counts: () => Promise<MessageCounts>;
  /** Sends to the queue that the messages came from. */
  readonly sendToSource: MessageSender['sendBatch'];
};

/** A dead-letter queue, and the queue whose redrive policy names it. */
export type DeadLetterQueue = DeadLetterPort & {
  readonly url: string;
  readonly arn: string;
  readonly sourceUrl: string;
  readonly sourceArn: string;
};

/** `arn:aws:sqs:<region>:<account>:<name>` (AWS, "Amazon SQS resource types"). */
const queueArn = /^arn:[^:]+:sqs:[^:]*:(?<account>[^:]*):(?<name>[^:]+)$/;

const redrivePolicy = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.object({ deadLetterTargetArn: z.string() }));

/**
 * Opens the dead-letter queue that the redrive policy of the source queue names. Rejects with `NOT_CONFIGURED` where the
 * source has none, where it is a FIFO queue, and where the dead-letter queue has a redrive policy of its own: there a
 * look could move the messages on.
 */
export async function openDeadLetters(sqs: SQSClient, sourceUrl: string): Promise<DeadLetterQueue> {
  if (sourceUrl.endsWith('.fifo')) {
    throw notConfigured(`${sourceUrl} is a FIFO queue: a message that is sent again would lose its place`, sourceUrl);
  }
  const source = await attributesOf(sqs, sourceUrl, ['QueueArn', 'RedrivePolicy']);
  if (!source.RedrivePolicy) {
    throw new WaybillError(
      'NOT_CONFIGURED',
      `${sourceUrl} has no redrive policy, so it has no dead-letter queue. If it is one itself, name the queue that its messages come from`,
      { details: { next: `aws sqs list-dead-letter-source-queues --queue-url ${sourceUrl}` } },
    );
  }
  const { deadLetterTargetArn: arn } = redrivePolicy.parse(source.RedrivePolicy);
  const { name, account } = queueArn.exec(arn)?.groups ?? {};
  const { QueueUrl: url } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: name, ...(account && { QueueOwnerAWSAccountId: account }) }),
  );
  if (!url) throw notConfigured(`the dead-letter queue ${arn} has no URL`, sourceUrl);
  const { RedrivePolicy } = await attributesOf(sqs, url, ['RedrivePolicy']);
  if (RedrivePolicy) {
    const text = `${url} has a redrive policy of its own: looking at a message there counts as a receive and may move it on`;
    throw notConfigured(text, sourceUrl);
  }
  // Each receive says its own wait and visibility.
  const reading = {
    receiving: sqs,
    settling: sqs,
    waitSeconds: 1,
    visibilityTimeoutSeconds: 30,
    isDeadLetterQueue: true,
  };
  const { receive, deleteBatch, changeVisibilityBatch } = sqsConsumer({ ...reading, queueUrl: url });
  return {
    ...{ url, arn, sourceUrl, sourceArn: source.QueueArn ?? '' },
    ...{ receive, deleteBatch, changeVisibilityBatch },
    counts: () => countsOf(sqs, url),
    sendToSource: sqsSender(sqs, sourceUrl).sendBatch,
  };
}

/** What of a queue waits to be received, and what somebody has. */
export async function countsOf(sqs: SQSClient, queueUrl: string): Promise<MessageCounts> {
  const { visible, delayed, inFlight } = await queueCounts(sqs, queueUrl);
  return { waiting: visible + delayed, inFlight };
}

async function attributesOf(sqs: SQSClient, QueueUrl: string, AttributeNames: QueueAttributeName[]) {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Attributes;
}

function notConfigured(message: string, queueUrl: string): WaybillError {
  const next = `aws sqs get-queue-attributes --attribute-names All --queue-url ${queueUrl}`;
  return new WaybillError('NOT_CONFIGURED', message, { details: { next } });
}
