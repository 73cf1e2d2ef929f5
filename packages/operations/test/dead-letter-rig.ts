import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { packOne } from '@waybill/shared/domain/pack.ts';
import type { OnEngines } from '../../consumer/test/engines.ts';

export type DeadLetterInput = {
  readonly body: string;
  readonly attributes?: Record<string, MessageAttributeValue>;
};

/** A source queue with its dead-letter queue. */
export type Pair = { readonly sourceUrl: string; readonly url: string };

export async function newPair(sqs: SQSClient, maxReceiveCount = 1): Promise<Pair> {
  const name = randomUUID();
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dlq` }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount });
  const { QueueUrl: sourceUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy, VisibilityTimeout: '30' } }),
  );
  return { sourceUrl, url };
}

/** Puts messages into a queue, ten at a time. */
export async function put(sqs: SQSClient, QueueUrl: string, messages: readonly DeadLetterInput[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(messages.length / 10) }, (_, index) => index * 10);
  await Promise.all(
    batches.map(async (start) => {
      const Entries = messages.slice(start, start + 10).map(({ body, attributes }, index) => ({
        Id: String(index),
        MessageBody: body,
        ...(attributes && { MessageAttributes: attributes }),
      }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`not sent: ${JSON.stringify(Failed)}`);
    }),
  );
}

/** Everything that can be received from a queue now; it stays invisible for a minute. */
export async function drain(sqs: SQSClient, QueueUrl: string): Promise<Message[]> {
  const found: Message[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 60,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return found;
    found.push(...Messages);
  }
}

export const bodiesOf = (messages: readonly Message[]) => messages.map(({ Body = '' }) => Body).toSorted();

/** The body of a message with one scan event. */
export function scan(eventId: number, fields: { readonly parcelId?: number; readonly type?: string } = {}): string {
  const { parcelId = 5_000 + eventId, type = 'STATUS' } = fields;
  const event = { eventId, parcelId, type, createdDateTimeUtc: '2021-05-11T21:11:34Z', statusCode: '', runId: '' };
  return packOne(JSON.stringify(event));
}

/** What redrives need of these engines, asking shortly. */
export function redriveDeps({ sqs, dynamodb, resources }: OnEngines, pace = { visibilitySeconds: 60, waitSeconds: 1 }) {
  const documents = DynamoDBDocumentClient.from(dynamodb);
  const { failuresTable } = resources;
  return { sqs, documents, deployment: { failuresTable }, clock: systemClock, random: () => 0.5, pace };
}

/** Writes failure records as the processor does. */
export function failureLogOf({ dynamodb, resources }: OnEngines, nowMs = Date.now()) {
  const documents = DynamoDBDocumentClient.from(dynamodb);
  return dynamoDbFailureLog({ documents, tableName: resources.failuresTable, clock: { now: () => nowMs } });
}

/** A context that nobody cancels. */
export const uncancelled = { signal: new AbortController().signal, onProgress: () => undefined };
