/** Where the embedded engines differ from AWS in ways that code and tests of this repository have to know. */
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engines, startEngines } from './engines.ts';

let engines: Engines;
let sqs: SQSClient;
let dynamodb: DynamoDBClient;
let resources: Resources;
let queues = 0;

beforeAll(async () => {
  engines = await startEngines();
  const settings = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  sqs = new SQSClient({ ...settings, endpoint: engines.sqsEndpoint, useQueueUrlAsEndpoint: false });
  dynamodb = new DynamoDBClient({ ...settings, endpoint: engines.dynamodbEndpoint });
  resources = await provision({ sqs, dynamodb });
});
afterAll(() => engines.stop());

async function newQueue(Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `queue-${++queues}`, Attributes }));
  return QueueUrl;
}

async function receive(QueueUrl: string, WaitTimeSeconds = 0): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, MaxNumberOfMessages: 10 }),
  );
  return Messages;
}

async function inFlight(QueueUrl: string): Promise<string | undefined> {
  const AttributeNames = ['ApproximateNumberOfMessagesNotVisible' as const];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Attributes?.['ApproximateNumberOfMessagesNotVisible'];
}

describe('fauxqs', () => {
  test('names a host in queue URLs that need not resolve: clients must be configured to use the endpoint', async () => {
    expect(new URL(resources.scanQueueUrl).hostname).toBe('sqs.us-east-1.localhost');
  });

  test('puts a prefix before the name of an error, as AWS does for query-compatible ones', async () => {
    const QueueName = `queue-${++queues}`;
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '1' } }));
    const again = sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '2' } }));
    await expect(again).rejects.toMatchObject({ name: expect.stringMatching(/QueueNameExists$/) });
  });

  test('ends every long poll on one message, all but one of them empty and early', async () => {
    const QueueUrl = await newQueue();
    const started = performance.now();
    const polls = Promise.all([receive(QueueUrl, 20), receive(QueueUrl, 20), receive(QueueUrl, 20)]);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one', DelaySeconds: 1 }));
    expect((await polls).flat()).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('moves a message to the dead letters only when somebody asks for messages again', async () => {
    const { scanQueueUrl, deadLetterQueueUrl } = await provision({
      ...{ sqs, dynamodb, prefix: 'spent-' },
      queue: { maxReceiveCount: 1 },
    });
    await sqs.send(new SendMessageCommand({ QueueUrl: scanQueueUrl, MessageBody: 'spent' }));
    const [{ ReceiptHandle } = {}] = await receive(scanQueueUrl);
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: scanQueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    expect(await receive(deadLetterQueueUrl)).toEqual([]);
    expect(await receive(scanQueueUrl)).toEqual([]);
    expect(await receive(deadLetterQueueUrl)).toHaveLength(1);
  });

  test('counts a message as in flight after its visibility ended, until somebody asks for messages', async () => {
    const QueueUrl = await newQueue({ VisibilityTimeout: '1' });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'left' }));
    await receive(QueueUrl);
    const ended = performance.now() + 1_100;
    await expect.poll(() => performance.now(), { timeout: 5_000 }).toBeGreaterThan(ended);
    expect(await inFlight(QueueUrl)).toBe('1');
    expect(await receive(QueueUrl)).toHaveLength(1);
  });

  test('confirms a delete with a handle it does not know', async () => {
    const QueueUrl = await newQueue();
    const Entries = [{ Id: 'a', ReceiptHandle: 'no such handle' }];
    const { Successful, Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect([Successful, Failed]).toEqual([[{ Id: 'a' }], []]);
  });

  test('refuses characters beyond U+FFFF, entry by entry', async () => {
    const Entries = [
      { Id: 'a', MessageBody: 'plain' },
      { Id: 'b', MessageBody: '🚚' },
    ];
    const { Successful, Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: await newQueue(), Entries }));
    expect(Successful).toHaveLength(1);
    expect(Failed).toMatchObject([{ Id: 'b', Code: 'InvalidMessageContents', SenderFault: true }]);
  });
});

describe('dynalite', () => {
  const parcel = (parcelId: number): Record<string, AttributeValue> => ({ parcelId: { N: String(parcelId) } });

  test('keeps the old item to itself when a condition fails', async () => {
    const TableName = resources.parcelsTable;
    await dynamodb.send(new PutItemCommand({ TableName, Item: { ...parcel(1), revision: { N: '1' } } }));
    const update = dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key: parcel(1),
        UpdateExpression: 'SET revision = :two',
        ConditionExpression: 'attribute_not_exists(parcelId)',
        ExpressionAttributeValues: { ':two': { N: '2' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    const failure = await update.catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(failure).not.toHaveProperty('Item.revision');
  });

  test('refuses a share of the writes of one table while told to, which dynalite cannot by itself', async () => {
    const { parcelsTable, failuresTable } = resources;
    const once = new DynamoDBClient({
      ...{ region: 'us-east-1', endpoint: engines.dynamodbEndpoint, maxAttempts: 1 },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const put = (TableName: string, Item: Record<string, AttributeValue>) =>
      once.send(new PutItemCommand({ TableName, Item })).then(
        () => 'written',
        (cause: unknown) => (cause instanceof Error ? cause.name : cause),
      );
    const two = async () => [await put(parcelsTable, parcel(2)), await put(parcelsTable, parcel(3))];
    await engines.throttle({ table: parcelsTable, share: 1 });
    expect(await two()).toEqual(Array(2).fill('ProvisionedThroughputExceededException'));
    expect(await put(failuresTable, { failureId: { S: '1' }, pad: { S: 'x'.repeat(100_000) } })).toBe('written');
    const { Item } = await once.send(new GetItemCommand({ TableName: parcelsTable, Key: parcel(2) }));
    expect(Item).toBeUndefined();
    await engines.throttle({ table: parcelsTable, share: 0.5 });
    expect([...(await two()), ...(await two())].filter((outcome) => outcome === 'written')).toHaveLength(2);
    await engines.throttle(undefined);
    expect(await two()).toEqual(['written', 'written']);
    once.destroy();
  });
});
