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
  const [queues, parcelsTable, checkpointsTable, failuresTable] = await Promise.all([
    provisionQueues(options),
    provisionTable(tables.parcels, options),
    provisionTable(tables.checkpoints, options),
    provisionTable(tables.failures, options),
  ]);
  return { ...queues, parcelsTable, checkpointsTable, failuresTable };
}

async function provisionQueues(
  options: ProvisionOptions,
): Promise<Pick<Resources, 'scanQueueUrl' | 'deadLetterQueueUrl'>> {
  const { prefix = '' } = options;
  const settings = { ...scanQueue, ...options.queue };
  const deadLetterQueueUrl = await provisionQueue(options, prefix + scanQueue.deadLetterQueue.name, {
    MessageRetentionPeriod: String(scanQueue.deadLetterQueue.retentionSeconds),
    MaximumMessageSize: String(scanQueue.maximumMessageBytes),
  });
  const { Attributes } = await options.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
    { ...(options.signal && { abortSignal: options.signal }) },
  );
  const scanQueueUrl = await provisionQueue(options, prefix + scanQueue.name, {
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
  { sqs, signal }: ProvisionOptions,
  QueueName: string,
  Attributes: Record<string, string>,
): Promise<string> {
  const http = { ...(signal && { abortSignal: signal }) };
  try {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }), http);
    return given(QueueUrl, `CreateQueue ${QueueName} answered no QueueUrl`);
  } catch (cause) {
    if (!isTaken(cause)) throw cause;
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }), http);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }), http);
    return given(QueueUrl, `GetQueueUrl ${QueueName} answered no QueueUrl`);
  }
}

/** Not `instanceof QueueNameExists`: the query-compatible code that AWS and engines send along replaces the error's name. */
function isTaken(cause: unknown): boolean {
  return cause instanceof SQSServiceException && /QueueNameExists|QueueAlreadyExists/.test(cause.name);
}

async function provisionTable(table: TableDefinition, options: ProvisionOptions): Promise<string> {
  const { dynamodb, prefix = '', signal } = options;
  const TableName = prefix + table.name;
  const http = { ...(signal && { abortSignal: signal }) };
  try {
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: table.key.name, AttributeType: table.key.type }],
        KeySchema: [{ AttributeName: table.key.name, KeyType: 'HASH' }],
      }),
      http,
    );
  } catch (cause) {
    if (!(cause instanceof ResourceInUseException)) throw cause;
  }
  await untilActive(TableName, options);
  if (table.ttl) await expireBy(table.ttl, TableName, options);
  return TableName;
}

async function untilActive(TableName: string, { dynamodb, signal }: ProvisionOptions): Promise<void> {
  for (let look = 0; look < tableLook.times; look++) {
    if ((await statusOf(TableName, dynamodb, signal)) === 'ACTIVE') return;
    await delay(tableLook.everyMs, undefined, { ...(signal && { signal }) });
  }
  throw new Error(`Table ${TableName} is not ACTIVE after ${(tableLook.everyMs * tableLook.times) / 1000} s`);
}

async function statusOf(
  TableName: string,
  dynamodb: DynamoDBClient,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }), {
      ...(signal && { abortSignal: signal }),
    });
    return Table?.TableStatus;
  } catch (cause) {
    // DynamoDB shows a new table with delay.
    if (cause instanceof ResourceNotFoundException) return undefined;
    throw cause;
  }
}

async function expireBy(
  AttributeName: string,
  TableName: string,
  { dynamodb, signal }: ProvisionOptions,
): Promise<void> {
  const http = { ...(signal && { abortSignal: signal }) };
  try {
    const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }), http);
    // Switching on what is on already is an error.
    if (TimeToLiveDescription?.TimeToLiveStatus?.startsWith('ENABL')) return;
    const TimeToLiveSpecification = { AttributeName, Enabled: true };
    await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }), http);
  } catch (cause) {
    const unsupported = cause instanceof DynamoDBServiceException && cause.name === 'UnknownOperationException';
    if (!unsupported) throw cause;
  }
}

function given<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise);
  return value;
}
