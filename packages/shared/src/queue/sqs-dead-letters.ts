import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { besideQueue } from './queue-url.ts';
import { sqsSender } from './sqs-queue.ts';

const redrivePolicy = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.object({ deadLetterTargetArn: z.string() }));

/** Messages in a dead-letter queue, in flight ones included; approximate, as SQS counts. Undefined where there is no such queue. */
export type CountDeadLetters = () => Promise<number | undefined>;

/**
 * Counts what is in the dead-letter queue that the queue's redrive policy names: one request each time, and one for the
 * policy, which is read again after a failure. Both are `GetQueueAttributes`.
 *
 * @param onRequest called before each request
 */
export function sqsDeadLetters(sqs: SQSClient, queueUrl: string, onRequest: () => void): CountDeadLetters {
  let deadLetterQueueUrl: string | undefined;
  const readPolicy = async () => {
    onRequest();
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] }),
    );
    const policy = Attributes?.RedrivePolicy;
    return policy ? besideQueue(queueUrl, redrivePolicy.parse(policy).deadLetterTargetArn) : undefined;
  };
  return async () => {
    try {
      deadLetterQueueUrl ??= await readPolicy();
      if (deadLetterQueueUrl === undefined) return undefined;
      onRequest();
      return await sqsSender(sqs, deadLetterQueueUrl).depth();
    } catch (error) {
      deadLetterQueueUrl = undefined;
      throw error;
    }
  };
}
