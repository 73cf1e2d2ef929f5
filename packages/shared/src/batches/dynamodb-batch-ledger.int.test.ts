import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { tableOf } from '../../../operations/test/parcels-rig.ts';
import { measured } from '../../../poller/test/observed.ts';
import { tables } from '../resources.ts';
import { meterTables } from '../telemetry/table-meter.ts';
import { dynamoDbBatchLedger } from './dynamodb-batch-ledger.ts';

const engines = useEngines(process.env);
let table: Promise<string> | undefined;

/** A batch of its own with three parts. */
async function openBatch(batchId: string, fields: object = { pending: new Set([0, 1, 2]) }) {
  const documents = DynamoDBDocumentClient.from(engines().dynamodb);
  table ??= tableOf(engines().dynamodb, tables.batches);
  const TableName = await table;
  const stored = { batchId, state: 'sent', accepted: 30, rejected: 0, packs: 3, createdDay: '2124-06-01' };
  await documents.send(new PutCommand({ TableName, Item: { ...stored, ...fields } }));
  const time = { now: Date.parse('2124-06-01T12:00:00Z') };
  const ledger = dynamoDbBatchLedger({ documents, tableName: TableName, clock: { now: () => time.now } });
  /** What has changed. */
  const changed = async (id = batchId) => {
    const { Item } = await documents.send(new GetCommand({ TableName, Key: { batchId: id }, ConsistentRead: true }));
    if (!Item) return undefined;
    const entries = Object.entries(Item).filter(([name]) => !(name in stored));
    return Object.fromEntries(entries.map(([name, value]) => [name, value instanceof Set ? [...value].sort() : value]));
  };
  return { ledger, time, changed };
}
const noon = '2124-06-01T12:00:00.000Z';
const later = '2124-06-01T12:01:00.000Z';

describe('a batch', () => {
  test('is begun by its first part and finished by its last, whatever comes again', async () => {
    const { ledger, time, changed } = await openBatch('b-1');
    const settle = (part: number) => ledger.settle({ batchId: 'b-1', part, failureId: undefined });
    expect(await settle(1)).toBe(true);
    expect(await changed()).toEqual({ pending: [0, 2], startedAtUtc: noon, finishedAtUtc: noon });
    time.now += 60_000;
    expect([await settle(0), await settle(2)]).toEqual([true, true]);
    expect(await changed()).toEqual({ startedAtUtc: noon, finishedAtUtc: later });
    time.now += 60_000;
    expect(await settle(0)).toBe(false);
    expect(await changed()).toEqual({ startedAtUtc: noon, finishedAtUtc: later });
  });

  test('has a part settled and its failures added in one update, each once', async () => {
    const { ledger, time, changed } = await openBatch('b-2');
    const both = new Set(['event-1', 'event-2']);
    expect(await ledger.fail({ batchId: 'b-2', part: 0, failureIds: ['event-1'] })).toEqual(new Set(['event-1']));
    expect(await ledger.fail({ batchId: 'b-2', part: 0, failureIds: ['event-2'] })).toEqual(both);
    const failed = { pending: [1, 2], failed: ['event-1', 'event-2'], startedAtUtc: noon, finishedAtUtc: noon };
    expect(await changed()).toEqual(failed);
    time.now += 60_000;
    expect(await ledger.fail({ batchId: 'b-2', part: undefined, failureIds: ['event-2'] })).toEqual(new Set());
    expect(await changed()).toEqual(failed);
  });

  test('has a failure resolved by what was split off, which is no part', async () => {
    const { ledger, time, changed } = await openBatch('b-3', { failed: new Set(['event-1', 'event-2']) });
    const settle = (failureId: string) => ledger.settle({ batchId: 'b-3', part: undefined, failureId });
    expect(await settle('event-1')).toBe(true);
    time.now += 60_000;
    expect(await settle('event-2')).toBe(true);
    expect(await changed()).toEqual({ startedAtUtc: noon, finishedAtUtc: later });
    expect(await settle('event-2')).toBe(false);
  });

  test('has a part that names a record settled while it is pending, and resolved when only that is left', async () => {
    const { ledger, changed } = await openBatch('b-4', { pending: new Set([7]), failed: new Set(['event-1']) });
    const settle = () => ledger.settle({ batchId: 'b-4', part: 7, failureId: 'event-1' });
    expect(await settle()).toBe(true);
    expect(await changed()).toEqual({ startedAtUtc: noon, finishedAtUtc: noon });
    await ledger.fail({ batchId: 'b-4', part: 7, failureIds: ['event-1'] });
    expect([await settle(), await settle()]).toEqual([true, false]);
  });

  test('tells which failures were there when some are stored after all', async () => {
    const failed = new Set(['event-1', 'event-2', 'event-3']);
    const { ledger, changed } = await openBatch('b-5', { failed });
    expect(await ledger.cure('b-5', ['event-3', 'event-4', 'event-1'])).toEqual(['event-3', 'event-1']);
    expect(await changed()).toMatchObject({ failed: ['event-2'] });
    expect(await ledger.cure('b-5', ['event-2'])).toEqual(['event-2']);
    expect(await ledger.cure('b-5', ['event-2'])).toEqual([]);
  });

  test('that has expired is not made anew, and is no error', async () => {
    const { ledger, changed } = await openBatch('b-6');
    expect(await ledger.settle({ batchId: 'b-gone', part: 0, failureId: 'event-1' })).toBe(false);
    await ledger.fail({ batchId: 'b-gone', part: 0, failureIds: ['event-1'] });
    expect(await ledger.cure('b-gone', ['event-1'])).toEqual([]);
    expect(await changed('b-gone')).toBeUndefined();
  });

  test('that would outgrow an item is left as it is', async () => {
    const note = 'x'.repeat(408_000);
    const { ledger, changed } = await openBatch('b-7', { note });
    await ledger.fail({ batchId: 'b-7', part: 0, failureIds: Array.from({ length: 300 }, (_, id) => `event-${id}`) });
    expect(Object.keys((await changed()) ?? {})).toEqual(['note']);
  });

  test('costs one write unit a message, for as many as 200 messages', async () => {
    const parts = Array.from({ length: 200 }, (_, part) => part);
    const { ledger } = await openBatch('b-8', { pending: new Set(parts), bodySha256: 'f'.repeat(64) });
    const { metrics, value } = measured();
    meterTables(engines().dynamodb, { metrics, tables: { [(await table) ?? '']: 'batches' } });
    for (const part of [0, 199]) await ledger.settle({ batchId: 'b-8', part, failureId: undefined });
    await ledger.fail({ batchId: 'b-8', part: 1, failureIds: ['event-9007199254740991'] });
    // Settled before: what its condition refuses is billed, too.
    await ledger.settle({ batchId: 'b-8', part: 0, failureId: undefined });
    expect(value('waybill.store.writes{batches}')).toBe(4);
    expect(value('waybill.store.write_units{batches}')).toBe(4);
  });

  test('that the engine cannot write is an error', async () => {
    const documents = DynamoDBDocumentClient.from(engines().dynamodb);
    const ledger = dynamoDbBatchLedger({ documents, tableName: 'not-there', clock: { now: () => 0 } });
    const failed = { batchId: 'b', part: 0, failureIds: ['event-1'] };
    await expect(ledger.fail(failed)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
