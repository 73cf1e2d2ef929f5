import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ChangeMessageVisibilityBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { readStoredItems } from './stored-parcels.ts';

/** A message in the DLQ. */
export type DeadLetter = { readonly messageId: string; readonly body: string; readonly failureId: string | undefined };

/** A record of the failures table. */
export type FailureRecord = {
  readonly failureId: string;
  readonly reason: string;
  /** Begins with a stable code where the reason has several. */
  readonly detail: string;
  readonly body: string;
  readonly resolved: boolean;
};

/** Seconds for which messages stay hidden once they are read, so that none is read twice. All are handed back then. */
const hiddenSeconds = 300;
const batchEntries = 10;

/** Every message of the DLQ. They stay there, visible again at once. */
export async function readDeadLetters(sqs: SQSClient, QueueUrl: string, signal?: AbortSignal): Promise<DeadLetter[]> {
  const options = { ...(signal && { abortSignal: signal }) };
  const letters: DeadLetter[] = [];
  const handles: string[] = [];
  try {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: batchEntries,
          VisibilityTimeout: hiddenSeconds,
          WaitTimeSeconds: 0,
          MessageAttributeNames: ['All'],
        }),
        options,
      );
      if (Messages.length === 0) return letters;
      for (const { MessageId = '', Body = '', ReceiptHandle = '', MessageAttributes } of Messages) {
        letters.push({ messageId: MessageId, body: Body, failureId: MessageAttributes?.['failureId']?.StringValue });
        handles.push(ReceiptHandle);
      }
    }
  } finally {
    await handBack(sqs, QueueUrl, handles);
  }
}

async function handBack(sqs: SQSClient, QueueUrl: string, handles: readonly string[]): Promise<void> {
  for (let from = 0; from < handles.length; from += batchEntries) {
    const Entries = handles
      .slice(from, from + batchEntries)
      .map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}

export async function readFailureRecords(
  dynamodb: DynamoDBClient,
  table: string,
  signal?: AbortSignal,
): Promise<FailureRecord[]> {
  const items = await readStoredItems(dynamodb, table, signal);
  return items.map((item) => ({
    failureId: String(item['failureId']),
    reason: String(item['reason']),
    detail: String(item['detail']),
    body: String(item['body']),
    resolved: item['resolvedAtUtc'] !== undefined,
  }));
}
