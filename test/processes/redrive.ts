import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
  SQSServiceException,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { until } from './until.ts';

/** By the engine's own message move task, or message by message where it has none. */
export type RedriveWay = 'move task' | 'by hand';

type Queues = { readonly queueUrl: string; readonly deadLetterQueueUrl: string };

/**
 * "Start DLQ redrive" of the console with its default target: every message goes back to the queue that it came from.
 * Returns how, once all are moved.
 */
export async function redrive(sqs: SQSClient, queues: Queues): Promise<RedriveWay> {
  const { deadLetterQueueUrl: QueueUrl } = queues;
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const SourceArn = Attributes?.QueueArn;
  try {
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
  } catch (error) {
    const isUnknown = error instanceof SQSServiceException && /InvalidAction|UnknownOperation/.test(error.name);
    if (!isUnknown) throw error;
    await moveByHand(sqs, queues);
    return 'by hand';
  }
  await until('all is moved', async () => {
    const { Results = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
    const [last] = Results;
    if (last?.Status === 'FAILED') throw new Error(`The move failed: ${last.FailureReason}`);
    return last?.Status === 'COMPLETED';
  });
  return 'move task';
}

async function moveByHand(sqs: SQSClient, { deadLetterQueueUrl, queueUrl }: Queues): Promise<void> {
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageAttributeNames: ['All'] }),
    );
    const [message] = Messages;
    if (!message) return;
    const { Body, MessageAttributes, ReceiptHandle } = message;
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body, MessageAttributes }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle }));
  }
}
