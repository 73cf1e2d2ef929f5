/** The index of open parcels: what it holds and costs on every engine at hand, and what an engine does when it comes late. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ConsumedCapacity,
  DescribeTableCommand,
  DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { provisionTable } from '@waybill/provisioner/provision-table.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { openParcelsIndex, openShards, tables } from '@waybill/shared/resources.ts';
import { findIndex } from '@waybill/shared/table-description.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordedLog } from '../../packages/shared/test/recorded-log.ts';
import { anyone, differences, enginesUnderTest } from './engines-under-test.ts';

const { signal } = new AbortController();

describe.for(enginesUnderTest('dynamodb'))('$name', ({ name, open }) => {
  const differs = differences(name);
  let engine: Awaited<ReturnType<typeof open>>;
  let dynamodb: DynamoDBClient;
  beforeAll(async () => {
    engine = await open();
    dynamodb = new DynamoDBClient({ ...anyone, endpoint: engine.endpoint, maxAttempts: 1 });
  });
  afterAll(() => engine.close());

  /** A parcels table without TTL: DynamoDB Local with some tables that have it fills no index any more. */
  async function newTable(openIndex: boolean): Promise<string> {
    const { ttl: _, ...definition } = { ...tables.parcels, name: `x-${randomUUID()}` };
    const { drift } = await provisionTable(dynamodb, definition, { openIndex }, signal);
    expect(drift).toEqual([]);
    return definition.name;
  }

  const times = { opened: 1_620_000_000_000, event: 1 };
  /** An update of a parcel, as a scan makes it, the first scan, or the delivery. */
  async function update(TableName: string, parcelId: number, what: 'first' | 'scan' | 'delivery') {
    times.event += 1;
    const opened = 'openShard = :shard, openedAtMs = :opened';
    const UpdateExpression = {
      first: `SET lastEventId = :event, ${opened}`,
      scan: 'SET lastEventId = :event',
      delivery: 'SET lastEventId = :event, deliveryEventId = :event REMOVE openShard, openedAtMs',
    }[what];
    const values = { ':shard': parcelId % openShards, ':opened': times.opened };
    const numbers = { ':event': times.event, ...(what === 'first' && values) };
    const { ConsumedCapacity } = await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key: { parcelId: { N: String(parcelId) } },
        UpdateExpression,
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(numbers).map(([name, value]) => [name, { N: String(value) }]),
        ),
        ReturnConsumedCapacity: 'INDEXES',
      }),
    );
    return ConsumedCapacity;
  }

  const indexUnits = (capacity: ConsumedCapacity | undefined): number | undefined =>
    capacity?.GlobalSecondaryIndexes?.[openParcelsIndex.name]?.CapacityUnits;

  async function openParcels(TableName: string, shard: number) {
    const query = new QueryCommand({
      TableName,
      IndexName: openParcelsIndex.name,
      KeyConditionExpression: 'openShard = :shard',
      ExpressionAttributeValues: { ':shard': { N: String(shard) } },
    });
    return (await dynamodb.send(query)).Items?.map(({ parcelId }) => Number(parcelId?.N));
  }

  test('it holds a parcel from the first scan to the delivery, and costs two write units in that time', async () => {
    const table = await newTable(true);
    const first = await update(table, 35, 'first');
    const scan = await update(table, 35, 'scan');
    expect(await openParcels(table, 3)).toEqual([35]);
    const delivery = await update(table, 35, 'delivery');
    const late = await update(table, 35, 'scan');
    expect(await openParcels(table, 3)).toEqual([]);
    const doesReport = indexUnits(first) !== undefined;
    differs('units of an index', doesReport ? 'reported' : 'not reported');
    if (!doesReport) return;
    expect([first, scan, delivery, late].map((each) => indexUnits(each) ?? 0)).toEqual([1, 0, 1, 0]);
    expect([first, scan, delivery, late].map((each) => each?.CapacityUnits)).toEqual([2, 1, 2, 1]);
  });

  test('it holds no parcel that lacks one of its two attributes', async () => {
    const table = await newTable(true);
    await update(table, 19, 'scan');
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { parcelId: { N: '19' } },
        UpdateExpression: 'SET openShard = :shard',
        ExpressionAttributeValues: { ':shard': { N: '3' } },
      }),
    );
    expect(await openParcels(table, 3)).toEqual([]);
  });

  test('a process starts without it, and with another one of its name, which it logs', async () => {
    const other = { ...tables.parcels, indexes: [{ ...openParcelsIndex, projection: 'ALL' }] } as const;
    const differing = `x-${randomUUID()}`;
    await provisionTable(dynamodb, { ...other, name: differing }, { openIndex: true }, signal);
    const logged = async (tableName: string) => {
      const { log, lines } = recordedLog();
      await requireKey(dynamodb, tableName, tables.parcels, log);
      return lines;
    };
    expect(await logged(await newTable(true))).toEqual([]);
    expect(await logged(await newTable(false))).toEqual([]);
    expect(await logged(differing)).toMatchObject([
      {
        reason: 'INDEX_OFF',
        index: 'open-parcels',
        expected: 'openShard (N), openedAtMs (N); KEYS_ONLY',
        found: 'openShard (N), openedAtMs (N); ALL',
      },
    ]);
  });

  test('it can be added to a table in use or not; meanwhile the engine takes writes or refuses them', async () => {
    const table = await newTable(false);
    await update(table, 3, 'first');
    await update(table, 19, 'scan');
    const [missing] = (
      await provisionTable(dynamodb, { ...tables.parcels, name: table }, { openIndex: true }, signal)
    ).drift.filter(({ setting }) => setting === 'index open-parcels');
    if (!missing?.fix) {
      differs('an index for a table in use', 'not possible');
      return;
    }
    const adding = missing.fix();
    const writes = new Set<string>();
    const isReady = async () => {
      // DynamoDB Local fails this, too, as it fails writes.
      const description = await dynamodb.send(new DescribeTableCommand({ TableName: table })).catch(() => undefined);
      return findIndex(description?.Table ?? {}, openParcelsIndex).state === 'ready';
    };
    let ready = false;
    for (let poll = 0; poll < 40 && !ready; poll += 1) {
      ready = await isReady();
      const write = update(table, 51, 'first').then(
        () => 'taken',
        (error: unknown) => (error instanceof Error ? error.name : String(error)),
      );
      if (!ready) writes.add(await write);
      await delay(100);
    }
    await adding;
    // On AWS, all are taken. DynamoDB Local fails some with InternalFailure, which a processor takes for an outage.
    differs('writes while an index is added', [...writes].toSorted().join(', ') || 'none tried');
    expect(['taken', 'InternalFailure', 'InternalServerError']).toEqual(expect.arrayContaining([...writes]));
    // DynamoDB Local fills no index once some tables have TTL; see provision-indexes.int.test.ts.
    differs('an index for a table in use', ready ? 'filled' : 'not filled within 4 s');
    if (!ready) return;
    await update(table, 67, 'first');
    expect(await openParcels(table, 3)).toEqual(expect.arrayContaining([3, 67]));
    expect(await openParcels(table, 3)).not.toContain(19);
  });
});
