import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AwsCall, awsJsonService } from '../../test/local-service.ts';
import { sqsConsumer } from './sqs-queue.ts';

/** A consumer whose SQS gives just this answer, and what it was asked. */
async function consumerOf(answer: (call: AwsCall) => object, receiver: { readonly md5?: false } = {}) {
  const { url, calls } = await awsJsonService(answer);
  const config = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const sqs = new SQSClient(config);
  const receiving = new SQSClient({ ...config, ...receiver });
  onTestFinished(() => {
    sqs.destroy();
    receiving.destroy();
  });
  const queueUrl = `${url}/000000000000/scans`;
  const options = { receiving, settling: sqs, queueUrl, waitSeconds: 20, visibilityTimeoutSeconds: 30 };
  return { queue: sqsConsumer(options), calls, queueUrl };
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const taken = (id: string, body: string) => ({ Id: id, MessageId: `id-${id}`, MD5OfMessageBody: md5(body) });
const done = (id: string) => ({ Id: id });
const failedWith = (id: string, Code: string, Message = '') => ({ Id: id, Code, Message, SenderFault: true });

describe('a send', () => {
  const messages = [{ body: 'm0' }, { body: 'm1' }, { body: 'm2' }];

  test('whose entries are all confirmed has no failures', async () => {
    const { queue, calls, queueUrl } = await consumerOf(() => ({
      Successful: [taken('2', 'm2'), taken('0', 'm0'), taken('1', 'm1')],
    }));
    expect(await queue.sendBatch(messages)).toEqual([]);
    expect(calls).toMatchObject([
      {
        action: 'SendMessageBatch',
        input: { QueueUrl: queueUrl, Entries: messages.map(({ body }) => ({ MessageBody: body })) },
      },
    ]);
  });

  test('names each entry that failed by its place, with the service’s code and words', async () => {
    const { queue } = await consumerOf(() => ({
      Successful: [taken('1', 'm1')],
      Failed: [failedWith('2', 'InternalError', 'try again'), failedWith('0', 'InvalidMessageContents', 'bad')],
    }));
    expect(await queue.sendBatch(messages)).toEqual([
      { index: 0, code: 'InvalidMessageContents', detail: 'bad' },
      { index: 2, code: 'InternalError', detail: 'try again' },
    ]);
  });

  test('counts an entry as failed that the answer does not mention', async () => {
    const { queue } = await consumerOf(() => ({ Successful: [taken('0', 'm0')] }));
    expect(await queue.sendBatch(messages)).toEqual([
      { index: 1, code: 'NOT_MENTIONED', detail: '' },
      { index: 2, code: 'NOT_MENTIONED', detail: '' },
    ]);
  });

  test('counts every entry as failed when the answer is empty', async () => {
    const { queue } = await consumerOf(() => ({}));
    expect(await queue.sendBatch(messages)).toHaveLength(3);
  });

  test('keeps the service’s code, though the same one on a delete would mean that the handle is gone', async () => {
    const { queue } = await consumerOf(() => ({ Failed: [failedWith('0', 'InvalidParameterValue', 'too long')] }));
    expect(await queue.sendBatch([{ body: 'm0' }])).toEqual([
      { index: 0, code: 'InvalidParameterValue', detail: 'too long' },
    ]);
  });

  test('carries attributes as strings', async () => {
    const { queue, calls } = await consumerOf(() => ({}));
    await queue.sendBatch([{ body: 'm0', attributes: { failureId: 'event-7' } }]);
    expect(calls[0]?.input).toMatchObject({
      Entries: [{ MessageAttributes: { failureId: { DataType: 'String', StringValue: 'event-7' } } }],
    });
  });

  test('rejects when SQS confirms another body than the one sent', async () => {
    const { queue } = await consumerOf(() => ({ Successful: [taken('0', 'something else')] }));
    await expect(queue.sendBatch([{ body: 'm0' }])).rejects.toThrow();
  });
});

const goneCodes = [
  'ReceiptHandleIsInvalid',
  'AWS.SimpleQueueService.ReceiptHandleIsInvalid',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'AWS.SimpleQueueService.MessageNotInflight',
  'MessageNotInflight',
];

describe('a delete', () => {
  test.for(goneCodes)('takes %s for done: the message is not ours any more', async (code) => {
    const { queue } = await consumerOf(() => ({ Successful: [done('0')], Failed: [failedWith('1', code)] }));
    expect(await queue.deleteBatch(['a', 'b'])).toEqual([]);
  });

  test.for(['InternalError', 'ServiceUnavailable', 'AccessDenied', 'RequestThrottled'])(
    'that failed with %s is to be repeated',
    async (code) => {
      const { queue, calls } = await consumerOf(() => ({
        Successful: [done('0')],
        Failed: [failedWith('1', code, 'why')],
      }));
      expect(await queue.deleteBatch(['a', 'b'])).toEqual([{ index: 1, code, detail: 'why' }]);
      expect(calls[0]?.input['Entries']).toEqual([
        { Id: '0', ReceiptHandle: 'a' },
        { Id: '1', ReceiptHandle: 'b' },
      ]);
    },
  );

  test('that the answer does not mention is to be repeated', async () => {
    const { queue } = await consumerOf(() => ({ Successful: [done('1')] }));
    expect(await queue.deleteBatch(['a', 'b'])).toEqual([{ index: 0, code: 'NOT_MENTIONED', detail: '' }]);
  });
});

describe('a change of visibility', () => {
  test.for(goneCodes)('with %s fails as GONE, so that nobody goes on renewing it', async (code) => {
    const { queue } = await consumerOf(() => ({ Failed: [failedWith('0', code, 'why')] }));
    expect(await queue.changeVisibilityBatch([{ receiptHandle: 'a', seconds: 30 }])).toEqual([
      { index: 0, code: 'GONE', detail: 'why' },
    ]);
  });

  test('asks for each message’s own seconds', async () => {
    const { queue, calls } = await consumerOf(() => ({ Successful: [done('0'), done('1')] }));
    const changes = [
      { receiptHandle: 'a', seconds: 0 },
      { receiptHandle: 'b', seconds: 60 },
    ];
    expect(await queue.changeVisibilityBatch(changes)).toEqual([]);
    expect(calls[0]?.input['Entries']).toEqual([
      { Id: '0', ReceiptHandle: 'a', VisibilityTimeout: 0 },
      { Id: '1', ReceiptHandle: 'b', VisibilityTimeout: 60 },
    ]);
  });
});

describe('a receive', () => {
  test('asks for ten, for as long as it may wait, with what settling needs to know', async () => {
    const { queue, calls } = await consumerOf(() => ({}));
    expect(await queue.receive()).toEqual([]);
    expect(calls[0]?.input).toMatchObject({
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 20,
      VisibilityTimeout: 30,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
      MessageAttributeNames: ['All'],
    });
  });

  test('returns each message with its handle, attributes of every type, receive count and time', async () => {
    const { queue } = await consumerOf(() => ({
      Messages: [
        {
          MessageId: 'id',
          ReceiptHandle: 'handle',
          Body: 'm0',
          MD5OfBody: md5('m0'),
          Attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1620767494150' },
          MessageAttributes: {
            failureId: { DataType: 'String', StringValue: 'event-7' },
            priority: { DataType: 'Number', StringValue: '7' },
            blob: { DataType: 'Binary', BinaryValue: 'AA==' },
          },
        },
      ],
    }));
    expect(await queue.receive()).toEqual([
      {
        messageId: 'id',
        receiptHandle: 'handle',
        body: 'm0',
        attributes: { failureId: 'event-7', priority: '7' },
        typedAttributes: {
          priority: { dataType: 'Number', value: '7' },
          blob: { dataType: 'Binary', value: new Uint8Array([0]) },
        },
        receiveCount: 3,
        sentAtMs: 1_620_767_494_150,
      },
    ]);
  });
});

test('attributes of any type are sent as they came', async () => {
  const { queue, calls } = await consumerOf(() => ({}));
  const typedAttributes = {
    size: { dataType: 'Number', value: '12' },
    blob: { dataType: 'Binary.gzip', value: new Uint8Array([0, 255]) },
  };
  await queue.sendBatch([{ body: 'm0', attributes: { failureId: 'event-7', size: '12' }, typedAttributes }]);
  expect(calls[0]?.input).toMatchObject({
    Entries: [
      {
        MessageAttributes: {
          failureId: { DataType: 'String', StringValue: 'event-7' },
          size: { DataType: 'Number', StringValue: '12' },
          blob: { DataType: 'Binary.gzip', BinaryValue: 'AP8=' },
        },
      },
    ],
  });
});

test('a careful receive asks for fewer messages, less waiting and a longer visibility', async () => {
  const { queue, calls } = await consumerOf(() => ({}));
  await queue.receive({ maxMessages: 1, waitSeconds: 5, visibilitySeconds: 900 });
  expect(calls[0]?.input).toMatchObject({ MaxNumberOfMessages: 1, WaitTimeSeconds: 5, VisibilityTimeout: 900 });
});

describe('a message with a wrong checksum', () => {
  const answer = () => ({
    Messages: [
      { MessageId: 'a', Body: 'm0', MD5OfBody: md5('m0') },
      { MessageId: 'b', Body: 'm1', MD5OfBody: md5('something else') },
    ],
  });

  test('makes the SDK throw the whole answer away, unless its check is turned off', async () => {
    const { queue } = await consumerOf(answer);
    await expect(queue.receive()).rejects.toThrow('Invalid MD5 checksum on messages: b');
  });

  test('is marked, and its neighbours are received', async () => {
    const { queue } = await consumerOf(answer, { md5: false });
    const received = await queue.receive();
    expect(received.map(({ messageId, isCorrupted = false }) => [messageId, isCorrupted])).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });
});

describe('the queue’s own attributes', () => {
  test.for([
    ['a number', '{"deadLetterTargetArn":"arn","maxReceiveCount":3}', 3],
    ['a string', '{"deadLetterTargetArn":"arn","maxReceiveCount":"5"}', 5],
    ['nothing', undefined, Number.POSITIVE_INFINITY],
  ] as const)(
    'give the most receives of a message where the redrive policy has %s',
    async ([, RedrivePolicy, count]) => {
      const { queue } = await consumerOf(() => (RedrivePolicy ? { Attributes: { RedrivePolicy } } : {}));
      expect(await queue.maxReceiveCount()).toBe(count);
    },
  );

  test.for(['{"deadLetterTargetArn":"arn"}', '{"maxReceiveCount":"many"}', 'text', '[]'])(
    'are refused rather than guessed at where the redrive policy is %s',
    async (RedrivePolicy) => {
      const { queue } = await consumerOf(() => ({ Attributes: { RedrivePolicy } }));
      await expect(queue.maxReceiveCount()).rejects.toThrow();
    },
  );

  test('give its depth, messages in flight included', async () => {
    const { queue } = await consumerOf(() => ({
      Attributes: { ApproximateNumberOfMessages: '40', ApproximateNumberOfMessagesNotVisible: '2' },
    }));
    expect(await queue.depth()).toBe(42);
  });
});
