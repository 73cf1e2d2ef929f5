import { createHash } from 'node:crypto';
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { limits } from '../resources.ts';
import {
  type EntryFailure,
  gone,
  type MessageConsumer,
  type MessageSender,
  type OutgoingMessage,
  type QueueDepth,
  type ReceivedMessage,
} from './message-queue.ts';

/** The sending side of an SQS queue. */
export function sqsSender(sqs: SQSClient, queueUrl: string): MessageSender & QueueDepth {
  return {
    sendBatch: async (messages) => {
      const response = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: messages.map(sendEntry) }),
      );
      return unconfirmed(messages.length, response.Successful, response.Failed);
    },
    depth: async () => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return (
        Number(Attributes.ApproximateNumberOfMessages ?? 0) +
        Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0)
      );
    },
  };
}

export type ConsumerOptions = {
  /**
   * For long polls only: their sockets must not keep deletes and heartbeats waiting. Opened with `md5: false`: the SDK's
   * own check throws the whole answer away for one bad body; here each message is checked by itself.
   */
  readonly receiving: SQSClient;
  readonly settling: SQSClient;
  readonly queueUrl: string;
  readonly waitSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  /** Asks for the queue from which each message was moved. */
  readonly isDeadLetterQueue?: boolean;
};

const sourceArn = ['DeadLetterQueueSourceArn'] as const;

/** The consuming side of an SQS queue, sending included: what is split off goes back to the same queue. */
export function sqsConsumer(options: ConsumerOptions): MessageConsumer & QueueDepth {
  const { receiving, settling, queueUrl, isDeadLetterQueue = false } = options;
  return {
    ...sqsSender(settling, queueUrl),
    receive: async ({ maxMessages, waitSeconds, visibilitySeconds } = {}) => {
      const response = await receiving.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: maxMessages ?? limits.batchEntries,
          WaitTimeSeconds: waitSeconds ?? options.waitSeconds,
          VisibilityTimeout: visibilitySeconds ?? options.visibilityTimeoutSeconds,
          MessageSystemAttributeNames: [
            'ApproximateReceiveCount',
            'SentTimestamp',
            ...(isDeadLetterQueue ? sourceArn : []),
          ],
          MessageAttributeNames: ['All'],
        }),
      );
      return (response.Messages ?? []).map(received);
    },
    deleteBatch: async (handles) => {
      const response = await settling.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      );
      return unconfirmed(handles.length, response.Successful, response.Failed).filter(
        (failure) => !isGone(failure.code),
      );
    },
    changeVisibilityBatch: async (changes) => {
      const response = await settling.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queueUrl,
          Entries: changes.map(({ receiptHandle, seconds }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: seconds,
          })),
        }),
      );
      return unconfirmed(changes.length, response.Successful, response.Failed).map((failure) =>
        isGone(failure.code) ? { ...failure, code: gone } : failure,
      );
    },
    maxReceiveCount: async () => {
      const { Attributes = {} } = await settling.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] }),
      );
      const { RedrivePolicy } = Attributes;
      return RedrivePolicy === undefined ? Number.POSITIVE_INFINITY : redrivePolicy.parse(RedrivePolicy);
    },
  };
}

/** SQS returns the count as a number or as a string, as it was set. */
const redrivePolicy = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.object({ maxReceiveCount: z.coerce.number().int().positive() }))
  .transform((policy) => policy.maxReceiveCount);

function sendEntry(message: OutgoingMessage, index: number) {
  return {
    Id: String(index),
    MessageBody: message.body,
    ...(message.delaySeconds !== undefined && { DelaySeconds: message.delaySeconds }),
    MessageAttributes: Object.fromEntries([
      ...Object.entries(message.attributes ?? {}).map(([name, value]) => [name, attribute('String', value)] as const),
      ...Object.entries(message.typedAttributes ?? {}).map(
        ([name, { dataType, value }]) => [name, attribute(dataType, value)] as const,
      ),
    ]),
  };
}

function attribute(DataType: string, value: string | Uint8Array) {
  return typeof value === 'string' ? { DataType, StringValue: value } : { DataType, BinaryValue: value };
}

/** Only an entry that the response lists as successful is confirmed; one that it does not mention is not. */
function unconfirmed(
  count: number,
  successful: readonly { Id: string | undefined }[] = [],
  failed: readonly BatchResultErrorEntry[] = [],
): EntryFailure[] {
  const confirmed = new Set(successful.map((entry) => entry.Id));
  const reasons = new Map(failed.map((entry) => [entry.Id, entry]));
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => !confirmed.has(String(index)))
    .map((index) => {
      const reason = reasons.get(String(index));
      return { index, code: reason?.Code ?? 'NOT_MENTIONED', detail: reason?.Message ?? '' };
    });
}

/**
 * The codes for a receipt handle that has expired, or whose message is gone, differ between engines: AWS prefixes some
 * with `AWS.SimpleQueueService.`, LocalStack ends some in `Exception`.
 */
function isGone(code: string): boolean {
  return /(ReceiptHandleIsInvalid|InvalidParameterValue|MessageNotInflight)(Exception)?$/.test(code);
}

function md5Of(body: string): string {
  return createHash('md5').update(body).digest('hex');
}

function received(message: Message): ReceivedMessage {
  const body = message.Body ?? '';
  const isCorrupted = message.MD5OfBody !== undefined && message.MD5OfBody !== md5Of(body);
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body,
    attributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).flatMap(([name, value]) =>
        value.StringValue === undefined ? [] : [[name, value.StringValue]],
      ),
    ),
    ...typedAttributes(message),
    ...(message.Attributes?.DeadLetterQueueSourceArn && {
      deadLetterSourceArn: message.Attributes.DeadLetterQueueSourceArn,
    }),
    receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    sentAtMs: Number(message.Attributes?.SentTimestamp ?? Number.NaN),
    ...(isCorrupted && { isCorrupted }),
  };
}

/** Nothing for the message whose attributes are all plain strings, as ours are. */
function typedAttributes({ MessageAttributes = {} }: Message): Pick<ReceivedMessage, 'typedAttributes'> {
  const typed = Object.entries(MessageAttributes).flatMap(
    ([name, { DataType = 'String', StringValue, BinaryValue }]) => {
      const value = StringValue ?? BinaryValue;
      return DataType === 'String' || value === undefined ? [] : [[name, { dataType: DataType, value }] as const];
    },
  );
  return typed.length === 0 ? {} : { typedAttributes: Object.fromEntries(typed) };
}
