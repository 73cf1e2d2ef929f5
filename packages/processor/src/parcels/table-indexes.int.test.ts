import { CreateTableCommand, GetItemCommand, type KeyType, type ScalarAttributeType } from '@aws-sdk/client-dynamodb';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { describeError, hasCode } from '@waybill/shared/error.ts';
import { indexKeys } from '@waybill/shared/index-keys.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { tables } from '@waybill/shared/resources.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { recordedLog } from '../../../shared/test/recorded-log.ts';
import { keptOnTrial, scan } from '../../test/processor-rig.ts';
import { openParcelTable } from './batched/open-parcel-table.ts';

const engines = useEngines(process.env);
const clock = { now: () => 0, monotonic: () => 0 };
type Key = readonly [name: string, type: ScalarAttributeType, keyType?: KeyType];
let tablesMade = 0;

/** A parcels table with one index of this key. */
async function tableWith(kind: 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes', key: readonly Key[]) {
  tablesMade += 1;
  const TableName = `${engines().resources.parcelsTable}-${tablesMade}`;
  const definitions = new Map<string, ScalarAttributeType>([
    ['parcelId', 'N'],
    ...key.map(([name, type]) => [name, type] as const),
  ]);
  await engines().dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'parcelId', KeyType: 'HASH' }],
      AttributeDefinitions: [...definitions].map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      [kind]: [
        {
          IndexName: 'by-something',
          KeySchema: key.map(([AttributeName, , KeyType = 'HASH']) => ({ AttributeName, KeyType })),
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
  return TableName;
}

const check = async (key: readonly Key[]) =>
  requireKey(engines().dynamodb, await tableWith('GlobalSecondaryIndexes', key), tables.parcels);

describe('an index of the parcels table', () => {
  test.each<[string, readonly Key[], RegExp]>([
    ['by what may be empty', [['statusCode', 'S']], /by-something .* key statusCode, which may be empty/],
    ['by what names a round', [['runId', 'S']], /runId/],
    ['by what may be too long', [['type', 'S']], /type, which may be empty, too long/],
    ['by what is of another type', [['lastEventId', 'S']], /lastEventId, which is written as N, not S/],
    [
      'sorted by what may be empty',
      [
        ['tenant', 'S'],
        ['statusCode', 'S', 'RANGE'],
      ],
      /statusCode/,
    ],
  ])('%s is refused at start', async (_, key, message) => {
    await expect(check(key)).rejects.toMatchObject({ code: 'TABLE_MISMATCH', message: expect.stringMatching(message) });
  });

  test.each<[string, readonly Key[]]>([
    [
      'of open parcels',
      [
        ['openShard', 'N'],
        ['openedAtMs', 'N', 'RANGE'],
      ],
    ],
    ['by an attribute that is not ours', [['tenant', 'S']]],
    ['by what is always there', [['createdDateTimeUtc', 'S']]],
  ])('%s is taken', async (_, key) => {
    await expect(check(key)).resolves.toBeUndefined();
  });

  test('is looked at when it is a local one, too', async () => {
    const { dynamodb } = engines();
    const key = [
      ['parcelId', 'N'],
      ['statusCode', 'S', 'RANGE'],
    ] as const;
    const made = await tableWith('LocalSecondaryIndexes', key).catch(() => undefined);
    // AWS has local indexes only on tables with a sort key.
    if (made === undefined) return;
    await expect(requireKey(dynamodb, made, tables.parcels)).rejects.toMatchObject({ code: 'TABLE_MISMATCH' });
  });

  test('that came later and cannot take an item is the table’s failure, not the event’s, for both writers', async () => {
    const { dynamodb } = engines();
    const tableName = await tableWith('GlobalSecondaryIndexes', [['statusCode', 'N']]);
    const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
    const given = { ...keptOnTrial, dynamodb, tableName, clock, metrics, log: recordedLog().log, writeConcurrency: 64 };
    const chosen = openParcelTable(given);
    await chosen.chooseWriter();
    for (const table of [dynamoDbParcelTable(given), chosen]) {
      const outcome = await table.apply(stateOf(scan(7))).then(
        () => 'taken',
        (error: unknown) => (hasCode(error, 'TABLE_MISMATCH') ? describeError(error) : error),
      );
      // DynamoDB Local takes a value of another type in an update, but not in an insert.
      if (outcome !== 'taken') expect(outcome).toMatch(/by-something .* key statusCode, which may be empty/);
    }
  });
});

test('every attribute of a stored parcel is said to be a key or none', async () => {
  const { dynamodb, resources } = engines();
  const table = dynamoDbParcelTable({ ...keptOnTrial, dynamodb, tableName: resources.parcelsTable, clock });
  await table.apply(stateOf(scan(8, { type: 'PICKUP' })));
  const { Item = {} } = await dynamodb.send(
    new GetItemCommand({ TableName: resources.parcelsTable, Key: { parcelId: { N: '8' } } }),
  );
  expect(Object.keys(indexKeys[tables.parcels.name] ?? {})).toEqual(expect.arrayContaining(Object.keys(Item)));
});
