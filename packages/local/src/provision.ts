import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  DynamoDBServiceException,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  type SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import { scanQueue, type TableDefinition, tables } from '@waybill/shared/resources.ts';

/** Milliseconds between two looks at a table that is being created, and how often to look: 30 s in all. */
const tableLook = { everyMs: 100, times: 300 };

/** Where the queues and tables of one deployment are. */
export type Resources = {
  readonly scanQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly parcelsTable: string;
  readonly checkpointsTable: string;
  readonly failuresTable: string;
};

export type ProvisionOptions = {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  /** Before every name, so that several deployments (tests, say) share an engine without meeting. */
  readonly prefix?: string;
  /** Settings that differ from those in `resources.ts`: a test that waits for a redelivery cannot wait 30 s. */
  readonly queue?: {
    readonly visibilityTimeoutSeconds?: number;
    readonly receiveWaitSeconds?: number;
    readonly maxReceiveCount?: number;
  };
  readonly signal?: AbortSignal;
};

/**
 * Makes the queues and tables of `resources.ts`, with their settings, and waits until the tables can be used. What is
 * there already is kept, and a queue's settings are brought up to date. An engine without TTL gets tables without it.
 */
export async function provision(options: ProvisionOptions): Promise<Resources> {
  const { sqs, dynamodb, prefix = '', queue, signal = new AbortController().signal } = options;
  const place = { sqs, dynamodb, prefix, signal };
  const [queues, parcelsTable, checkpointsTable, failuresTable] = await Promise.all([
    provisionQueues(place, queue),
    provisionTable(place, tables.parcels),
    provisionTable(place, tables.checkpoints),
    provisionTable(place, tables.failures),
  ]);
  return { ...queues, parcelsTable, checkpointsTable, failuresTable };
}

/** Where to make things. */
type Place = Required<Omit<ProvisionOptions, 'queue'>>;

async function provisionQueues(
  place: Place,
  changes: ProvisionOptions['queue'],
): Promise<Pick<Resources, 'scanQueueUrl' | 'deadLetterQueueUrl'>> {
  const settings = { ...scanQueue, ...changes };
  const deadLetterQueueUrl = await provisionQueue(place, settings.deadLetterQueue.name, {
    MessageRetentionPeriod: String(settings.deadLetterQueue.retentionSeconds),
    MaximumMessageSize: String(settings.maximumMessageBytes),
  });
  const { Attributes } = await place.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
    { abortSignal: place.signal },
  );
  const scanQueueUrl = await provisionQueue(place, settings.name, {
    VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
    ReceiveMessageWaitTimeSeconds: String(settings.receiveWaitSeconds),
    MessageRetentionPeriod: String(settings.retentionSeconds),
    MaximumMessageSize: String(settings.maximumMessageBytes),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: Attributes?.['QueueArn'],
      maxReceiveCount: settings.maxReceiveCount,
    }),
  });
  return { scanQueueUrl, deadLetterQueueUrl };
}

async function provisionQueue(
  { sqs, prefix, signal: abortSignal }: Place,
  name: string,
  Attributes: Record<string, string>,
): Promise<string> {
  const QueueName = prefix + name;
  try {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }), { abortSignal });
    return given(QueueUrl, `CreateQueue ${QueueName} answered no QueueUrl`);
  } catch (cause) {
    if (!isTaken(cause)) throw cause;
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }), { abortSignal });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }), { abortSignal });
    return given(QueueUrl, `GetQueueUrl ${QueueName} answered no QueueUrl`);
  }
}

/** Not `instanceof QueueNameExists`: the query-compatible code that AWS and engines send along replaces the error's name. */
function isTaken(cause: unknown): boolean {
  return cause instanceof SQSServiceException && /QueueNameExists|QueueAlreadyExists/.test(cause.name);
}

async function provisionTable(place: Place, { name, key, ttl }: TableDefinition): Promise<string> {
  const TableName = place.prefix + name;
  const create = new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: key.name, AttributeType: key.type }],
    KeySchema: [{ AttributeName: key.name, KeyType: 'HASH' }],
  });
  try {
    await place.dynamodb.send(create, { abortSignal: place.signal });
  } catch (cause) {
    if (!(cause instanceof ResourceInUseException)) throw cause;
  }
  await untilActive(place, TableName);
  if (ttl) await expireBy(place, TableName, ttl);
  return TableName;
}

async function untilActive(place: Place, TableName: string): Promise<void> {
  for (let look = 0; look < tableLook.times; look++) {
    if ((await statusOf(place, TableName)) === 'ACTIVE') return;
    await delay(tableLook.everyMs, undefined, { signal: place.signal });
  }
  throw new Error(`Table ${TableName} is not ACTIVE after ${(tableLook.everyMs * tableLook.times) / 1000} s`);
}

async function statusOf({ dynamodb, signal: abortSignal }: Place, TableName: string): Promise<string | undefined> {
  try {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }), { abortSignal });
    return Table?.TableStatus;
  } catch (cause) {
    // DynamoDB shows a new table with delay.
    if (cause instanceof ResourceNotFoundException) return undefined;
    throw cause;
  }
}

async function expireBy({ dynamodb, signal: abortSignal }: Place, TableName: string, AttributeName: string) {
  try {
    const describe = new DescribeTimeToLiveCommand({ TableName });
    const { TimeToLiveDescription } = await dynamodb.send(describe, { abortSignal });
    // Switching on what is on already is an error.
    if (TimeToLiveDescription?.TimeToLiveStatus?.startsWith('ENABL')) return;
    const TimeToLiveSpecification = { AttributeName, Enabled: true };
    await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }), { abortSignal });
  } catch (cause) {
    const unsupported = cause instanceof DynamoDBServiceException && cause.name === 'UnknownOperationException';
    if (!unsupported) throw cause;
  }
}

function given<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise);
  return value;
}
