import {
  CreateTableCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { recordedLog } from '../../../shared/test/recorded-log.ts';
import { keptOnTrial, scan } from '../../test/processor-rig.ts';
import { openParcelTable } from './batched/open-parcel-table.ts';
import { writeParcel } from './write-parcel.ts';

const engines = useEngines(process.env);
const clock = { now: () => 1_717_243_200_000, monotonic: () => 0 };
const index = 'open-parcels';
let tablesMade = 0;

/** A parcels table with the index of open parcels. */
async function tableWithIndex(): Promise<string> {
  const { dynamodb, resources } = engines();
  tablesMade += 1;
  const TableName = `${resources.parcelsTable}-open-${tablesMade}`;
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'parcelId', KeyType: 'HASH' }],
      AttributeDefinitions: ['parcelId', 'openShard', 'openedAtMs'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'N',
      })),
      GlobalSecondaryIndexes: [
        {
          IndexName: index,
          KeySchema: [
            { AttributeName: 'openShard', KeyType: 'HASH' },
            { AttributeName: 'openedAtMs', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TableName });
  return TableName;
}

/** What the index holds, over all its shards. */
async function openParcels(tableName: string): Promise<number[]> {
  const found = await Promise.all(
    Array.from({ length: 16 }, (_, shard) =>
      engines().dynamodb.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: index,
          KeyConditionExpression: 'openShard = :shard',
          ExpressionAttributeValues: { ':shard': { N: String(shard) } },
        }),
      ),
    ),
  );
  return found.flatMap(({ Items = [] }) => Items.map(({ parcelId }) => Number(parcelId?.N))).sort((a, b) => a - b);
}

/** Has the client ask what each index took, and adds that up; undefined where the engine does not say. */
function meterIndex(dynamodb: DynamoDBClient): { readonly units: () => number | undefined; readonly end: () => void } {
  let units: number | undefined;
  dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' } });
      if ('ConsumedCapacity' in answer.output)
        for (const taken of [answer.output.ConsumedCapacity].flat()) {
          if (!taken || !('GlobalSecondaryIndexes' in taken || 'Table' in taken)) continue;
          units = (units ?? 0) + (taken.GlobalSecondaryIndexes?.[index]?.CapacityUnits ?? 0);
        }
      return answer;
    },
    { step: 'initialize', name: 'meterIndex' },
  );
  return { units: () => units, end: () => void dynamodb.middlewareStack.remove('meterIndex') };
}

const of = (eventId: number, type = 'STATUS') => stateOf(scan(eventId, { parcelId: 7, type }));

test('the index holds just what has not arrived, whatever the order, for both writers', async () => {
  const { dynamodb } = engines();
  const tableName = await tableWithIndex();
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  const given = { ...keptOnTrial, dynamodb, tableName, clock, metrics, log: recordedLog().log, writeConcurrency: 64 };
  const chosen = openParcelTable(given);
  await chosen.chooseWriter();
  const events = (parcelId: number) =>
    ['PICKUP', 'STATUS', 'DELIVERY', 'STATUS'].map((type, position) => stateOf(scan(position + 1, { parcelId, type })));
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
    [0, 3, 1, 2],
  ];
  for (const [at, order] of orders.entries()) {
    for (const [writer, table] of [dynamoDbParcelTable(given), chosen].entries()) {
      const parcelId = 100 + at * 10 + writer;
      let isDelivered = false;
      for (const position of order) {
        const change = events(parcelId)[position];
        if (change) await writeParcel(table, change);
        isDelivered ||= position === 2;
        expect(await openParcels(tableName)).toEqual(isDelivered ? [] : [parcelId]);
      }
    }
  }
});

test('a scan that comes after the end of a parcel begins a new one: open, unless it is the delivery again', async () => {
  const { dynamodb } = engines();
  const TableName = await tableWithIndex();
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  const log = recordedLog().log;
  let nowMs = clock.now();
  const ticking = { ...clock, now: () => nowMs };
  const given = { dynamodb, tableName: TableName, clock: ticking, metrics, log, writeConcurrency: 64 };
  const kept = { historyEvents: 32, retentionDays: 90 };
  const chosen = openParcelTable({ ...given, ...kept });
  await chosen.chooseWriter();
  for (const [writer, table] of [dynamoDbParcelTable({ ...given, ...kept }), chosen].entries()) {
    const parcelId = 200 + writer;
    const Key = { parcelId: { N: String(parcelId) } };
    const change = (eventId: number, type: string) => stateOf(scan(eventId, { parcelId, type }));
    const item = async () =>
      (await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item ?? {};
    const end = () => dynamodb.send(new DeleteItemCommand({ TableName, Key }));
    for (const each of [change(1, 'PICKUP'), change(2, 'DELIVERY')]) await writeParcel(table, each);
    const first = await item();
    expect(first).toHaveProperty('expiresAt');

    await end();
    nowMs += 1;
    expect(await writeParcel(table, change(3, 'STATUS'))).toBe('applied');
    const again = await item();
    expect(again).toMatchObject({ openedAtMs: { N: String(nowMs) }, revision: { N: '1' } });
    expect(again['history']?.SS).toHaveLength(1);
    for (const gone of ['pickupEventId', 'deliveryEventId', 'expiresAt']) expect(again).not.toHaveProperty(gone);
    expect(await openParcels(TableName)).toEqual([parcelId]);

    await end();
    expect(await writeParcel(table, change(2, 'DELIVERY'))).toBe('applied');
    const delivered = await item();
    expect(delivered['expiresAt']).toEqual(first['expiresAt']);
    for (const absent of ['openShard', 'openedAtMs', 'pickupEventId']) expect(delivered).not.toHaveProperty(absent);
    expect(await openParcels(TableName)).toEqual([]);
  }
});

// By single updates: what a statement takes of an index, alone or in a batch, no engine that we have reports.
test('a parcel takes two write units of the index in its life', async () => {
  const { dynamodb } = engines();
  const tableName = await tableWithIndex();
  const table = dynamoDbParcelTable({ ...keptOnTrial, dynamodb, tableName, clock });
  const { units, end } = meterIndex(dynamodb);
  for (const change of [of(1, 'PICKUP'), of(3), of(2), of(5, 'DELIVERY'), of(6), of(4)])
    await writeParcel(table, change);
  end();
  // The embedded engine counts no index.
  expect(units()).toBe(process.env['AWS_ENDPOINT_URL_DYNAMODB'] ? 2 : 0);
});
