import { randomUUID } from 'node:crypto';
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { openPlace, type Place } from '@waybill/local/engines/place.ts';
import { readStoredParcels } from '@waybill/local/outcome/stored-parcels.ts';
import { tables as definitions } from '@waybill/shared/resources.ts';
import { foundKey } from '@waybill/shared/table-description.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { provision } from './provision.ts';

let place: Place;
let sqs: SQSClient;
let dynamodb: DynamoDBClient;
beforeAll(async () => {
  place = await openPlace(process.env);
  ({ sqs, dynamodb } = place.clients);
});
afterAll(() => place?.stop());

const newPrefix = () => `t${randomUUID().slice(0, 8)}-`;

async function attributes(QueueUrl: string): Promise<Record<string, string>> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return Attributes;
}

describe('provisioning', () => {
  test('makes the queues with their settings, the dead letters behind the scans', async () => {
    const { scanQueueUrl, deadLetterQueueUrl } = await provision({ sqs, dynamodb, prefix: newPrefix() });
    const { RedrivePolicy = '{}', ...scans } = await attributes(scanQueueUrl);
    const { QueueArn } = await attributes(deadLetterQueueUrl);
    expect(scans).toMatchObject({ VisibilityTimeout: '30', ReceiveMessageWaitTimeSeconds: '20' });
    expect(JSON.parse(RedrivePolicy)).toEqual({ deadLetterTargetArn: QueueArn, maxReceiveCount: 3 });
  });

  test('makes the tables with their keys and indexes, ready for use', async () => {
    const { parcelsTable, checkpointsTable, failuresTable, operationsTable, batchesTable } = await provision({
      sqs,
      dynamodb,
      prefix: newPrefix(),
    });
    const tables: Record<string, readonly [key: string, ...indexes: string[]]> = {
      [parcelsTable]: ['parcelId (N)', 'open-parcels ACTIVE openShard (N), openedAtMs (N); KEYS_ONLY'],
      [checkpointsTable]: ['feed (S)'],
      [failuresTable]: ['failureId (S)', 'unresolved ACTIVE unresolved (S), lastFailedAtUtc (S); INCLUDE'],
      [operationsTable]: ['operationId (S)', 'recent ACTIVE startedMonth (S), operationId (S); ALL'],
      [batchesTable]: ['batchId (S)', 'recent ACTIVE createdDay (S), batchId (S); KEYS_ONLY'],
    };
    for (const [TableName, expected] of Object.entries(tables)) {
      const { Table = {} } = await dynamodb.send(new DescribeTableCommand({ TableName }));
      const indexes = Table.GlobalSecondaryIndexes ?? [];
      expect([
        foundKey(Table),
        ...indexes.map(
          ({ IndexName, IndexStatus, KeySchema, Projection }) =>
            `${IndexName} ${IndexStatus} ${foundKey(Table, KeySchema)}; ${Projection?.ProjectionType}`,
        ),
      ]).toEqual(expected);
      expect(Table.TableStatus).toBe('ACTIVE');
      expect(Table.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
    }
    expect(await readStoredParcels(dynamodb, parcelsTable)).toEqual([]);
  });

  test('leaves the index of open parcels out where nobody asks for it', async () => {
    const { parcelsTable } = await provision({ sqs, dynamodb, prefix: newPrefix(), openIndex: false });
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: parcelsTable }));
    expect(Table?.GlobalSecondaryIndexes ?? []).toEqual([]);
    expect(Table?.AttributeDefinitions).toHaveLength(1);
  });

  test('lets everything but checkpoints expire, where the engine can', async () => {
    const { failuresTable, parcelsTable, operationsTable, batchesTable } = await provision({
      sqs,
      dynamodb,
      prefix: newPrefix(),
    });
    for (const TableName of [failuresTable, parcelsTable, operationsTable, batchesTable]) {
      const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
      expect([
        { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' },
        // dynalite: it answers the question and does not know the command.
        { TimeToLiveStatus: 'DISABLED' },
      ]).toContainEqual(TimeToLiveDescription);
    }
  });

  test('may be done by several at once from the beginning', async () => {
    const prefix = newPrefix();
    const [one, other] = await Promise.all([
      provision({ sqs, dynamodb, prefix }),
      provision({ sqs, dynamodb, prefix }),
    ]);
    expect(other).toEqual(one);
  });

  test('may be done while another has created the tables and not enabled their TTL yet', async () => {
    const prefix = newPrefix();
    const enabling = Promise.withResolvers<void>();
    const slow = new Proxy(dynamodb, {
      get: (target, name) =>
        name === 'send'
          ? async (...request: Parameters<typeof target.send>) => {
              if (request[0] instanceof UpdateTimeToLiveCommand) await enabling.promise;
              return await target.send(...request);
            }
          : Reflect.get(target, name),
    });
    const first = provision({ sqs, dynamodb: slow, prefix });
    const TableName = `${prefix}${definitions.batches.name}`;
    const isActive = async () => {
      const { Table } = await dynamodb
        .send(new DescribeTableCommand({ TableName }))
        .catch(() => ({ Table: undefined }));
      return Table?.TableStatus === 'ACTIVE';
    };
    await vi.waitUntil(isActive, { timeout: 20_000 });
    const second = provision({ sqs, dynamodb, prefix });
    setTimeout(enabling.resolve, 300);
    expect(await second).toEqual(await first);
  });

  test('may be done again, by several at once, and keeps what is there', async () => {
    const prefix = newPrefix();
    const first = await provision({ sqs, dynamodb, prefix });
    const again = await Promise.all([provision({ sqs, dynamodb, prefix }), provision({ sqs, dynamodb, prefix })]);
    expect(again).toEqual([first, first]);
  });

  test('rejects a queue that is there with other settings, and leaves it as it is', async () => {
    const prefix = newPrefix();
    const { scanQueueUrl } = await provision({ sqs, dynamodb, prefix });
    const other = provision({ sqs, dynamodb, prefix, queue: { visibilityTimeoutSeconds: 2, maxReceiveCount: 5 } });
    await expect(other).rejects.toThrow(`queue ${prefix}waybill-scans: VisibilityTimeout is 30, expected 2`);
    await expect(other).rejects.toThrow('RedrivePolicy.maxReceiveCount is 3, expected 5');
    expect(await attributes(scanQueueUrl)).toMatchObject({ VisibilityTimeout: '30' });
  });

  test('keeps deployments with different prefixes apart', async () => {
    const [a, b] = [newPrefix(), newPrefix()];
    const [one, other] = [await provision({ sqs, dynamodb, prefix: a }), await provision({ sqs, dynamodb, prefix: b })];
    const names = [...Object.values(one), ...Object.values(other)];
    expect(new Set(names).size).toBe(2 * (4 + Object.keys(definitions).length));
    expect(one.parcelsTable).toBe(`${a}waybill-parcels`);
    expect(one.scanQueueUrl).toMatch(new RegExp(`/${a}waybill-scans$`));
  });

  test('stops waiting when the signal aborts', async () => {
    const signal = AbortSignal.abort();
    await expect(provision({ sqs, dynamodb, prefix: newPrefix(), signal })).rejects.toThrow(/abort/i);
  });
});
