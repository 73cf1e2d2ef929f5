import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { repairParcel } from '@waybill/operations/parcels/repair-parcel.ts';
import { readHistory } from '@waybill/shared/domain/history.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { isStoredUnreadable, type ParcelTableSettings } from '@waybill/shared/parcels/parcel-item.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { recordedLog } from '../../../shared/test/recorded-log.ts';
import { describeParcelTable, type StoredItem } from '../../test/parcel-table-suite.ts';
import { keptOnTrial, scan } from '../../test/processor-rig.ts';
import { batchedParcelTable } from './batched/batched-parcel-table.ts';
import { dynamoDbStatements } from './batched/dynamodb-statements.ts';
import { openParcelTable } from './batched/open-parcel-table.ts';
import { writeParcel } from './write-parcel.ts';

type Item = Record<string, AttributeValue>;

const engines = useEngines(process.env);
const now = Date.parse('2024-06-01T12:00:00Z');

type Where = { readonly dynamodb?: DynamoDBClient; readonly tableName?: string; readonly kept?: ParcelTableSettings };
type Open = (where?: Where) => ParcelTable;

function settings({
  dynamodb = engines().dynamodb,
  tableName = engines().resources.parcelsTable,
  kept = keptOnTrial,
}: Where = {}) {
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  return { ...kept, dynamodb, tableName, clock: { now: () => now, monotonic: () => 0 }, metrics };
}

const openSingle: Open = (where) => dynamoDbParcelTable(settings(where));

/** The writer that the engine takes when it is asked about the table that is there. */
const openChosen: Open = ({ kept = keptOnTrial, ...where } = {}) => {
  const given = { ...settings({ ...where, kept }), writeConcurrency: 64 };
  const asked = openParcelTable({ ...settings({ kept }), writeConcurrency: 64, log: recordedLog().log });
  const table = asked.chooseWriter().then((writer) => {
    const single = dynamoDbParcelTable(given);
    return writer === 'single'
      ? single
      : batchedParcelTable({ ...given, execute: dynamoDbStatements({ ...given, onDenied: () => {} }), single });
  });
  return {
    historyEvents: kept.historyEvents,
    apply: async (change) => (await table).apply(change),
    addHistory: async (parcelId, added) => (await table).addHistory(parcelId, added),
    replace: async (state, stored) => (await table).replace(state, stored),
  };
};

async function putItem(item: Item): Promise<void> {
  const { dynamodb, resources } = engines();
  await dynamodb.send(new PutItemCommand({ TableName: resources.parcelsTable, Item: item }));
}

async function getItem(parcelId: number): Promise<Item | undefined> {
  const { dynamodb, resources } = engines();
  const Key = { parcelId: { N: String(parcelId) } };
  const answer = await dynamodb.send(
    new GetItemCommand({ TableName: resources.parcelsTable, Key, ConsistentRead: true }),
  );
  return answer.Item;
}

/** As design.md names the attributes, and not as the code under test writes them. */
function itemOf({ state, revision, openedAtMs, expiresAt }: StoredItem): Item {
  const { parcelId, latest, milestones, history, removed } = state;
  const known = milestoneNames.flatMap((name) => {
    const { eventId, timeUtc } = milestones[name] ?? {};
    return timeUtc === undefined
      ? []
      : [[`${name}EventId`, { N: String(eventId) }] as const, [`${name}TimeUtc`, { S: timeUtc }] as const];
  });
  return {
    parcelId: { N: String(parcelId) },
    lastEventId: { N: String(latest.eventId) },
    type: { S: latest.type },
    statusCode: { S: latest.statusCode },
    runId: { S: latest.runId },
    createdDateTimeUtc: { S: latest.createdDateTimeUtc },
    ...Object.fromEntries(known),
    ...(history.length > 0 ? { history: { SS: history.map(({ text }) => text) } } : {}),
    ...(removed.length > 0 ? { removed: { NS: removed.map(String) } } : {}),
    ...(openedAtMs === undefined
      ? {}
      : { openShard: { N: String(parcelId % 16) }, openedAtMs: { N: String(openedAtMs) } }),
    ...(expiresAt === undefined ? {} : { expiresAt: { N: String(expiresAt) } }),
    revision: { N: String(revision) },
    updatedAtUtc: { S: '2020-01-01T00:00:00.000Z' },
  };
}

/** Of newer versions: no write may touch it. */
const newer = { signature: { S: 'R. Doe' }, legs: { L: [{ N: '1' }] } };

function parcelOf(item: Item): StoredItem {
  const { signature, legs, updatedAtUtc, ...rest } = item;
  const text = (name: string) => rest[name]?.S ?? '';
  const id = (name: string) => Number(rest[name]?.N);
  const ifThere = (name: string) => (rest[name] ? id(name) : undefined);
  const milestone = (name: string) => ({ eventId: id(`${name}EventId`), timeUtc: text(`${name}TimeUtc`) });
  const state = {
    parcelId: id('parcelId'),
    latest: {
      eventId: id('lastEventId'),
      type: text('type'),
      statusCode: text('statusCode'),
      runId: text('runId'),
      createdDateTimeUtc: text('createdDateTimeUtc'),
    },
    milestones: Object.fromEntries(
      milestoneNames.filter((name) => rest[`${name}EventId`]).map((name) => [name, milestone(name)]),
    ),
    history: readHistory(rest['history']?.SS ?? []) ?? [],
    removed: (rest['removed']?.NS ?? []).map(Number).sort((a, b) => a - b),
  };
  const parcel = {
    state,
    revision: id('revision'),
    openedAtMs: ifThere('openedAtMs'),
    expiresAt: ifThere('expiresAt'),
  };
  // Nothing else of an event is stored.
  expect(asSets({ ...itemOf(parcel), updatedAtUtc })).toEqual(asSets({ ...rest, updatedAtUtc }));
  if (signature) expect({ signature, legs }).toEqual(newer);
  return parcel;
}

/** An engine returns a set in any order. */
function asSets(item: Record<string, AttributeValue | undefined>) {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, value?.SS?.toSorted() ?? value?.NS?.toSorted() ?? value]),
  );
}

describe.for([
  { name: 'by single updates', open: openSingle, pairs: 160 },
  { name: 'by the writer that the engine takes', open: openChosen, pairs: 160 },
] as const)('$name', ({ name, open, pairs }) => {
  describeParcelTable(
    `on DynamoDB ${name}`,
    (kept) => ({
      table: open({ kept }),
      marksAtMs: now,
      put: (parcel) => putItem({ ...itemOf(parcel), ...newer }),
      get: async (parcelId) => {
        const item = await getItem(parcelId);
        return item && parcelOf(item);
      },
    }),
    pairs,
    name === 'by single updates' ? 0 : 500_000,
  );

  // Parcels of its own: both writers write to one table.
  const first = name === 'by single updates' ? 1_000_000 : 1_500_000;

  test('keeps attributes of newer versions through every kind of write, and when it was updated', async () => {
    const table = open();
    const parcelId = first + 1;
    await putItem({ ...itemOf({ state: stateOf(scan(5, { parcelId })), revision: 1 }), ...newer });
    expect(await writeParcel(table, stateOf(scan(9, { parcelId })))).toBe('applied');
    expect(await writeParcel(table, stateOf(scan(3, { parcelId, type: 'PICKUP' })))).toBe('merged');
    expect(await getItem(parcelId)).toMatchObject({ ...newer, updatedAtUtc: { S: '2024-06-01T12:00:00.000Z' } });
    const before = await getItem(parcelId);
    expect(await writeParcel(table, stateOf(scan(3, { parcelId, type: 'PICKUP' })))).toBe('redundant');
    expect(await getItem(parcelId)).toEqual(before);
  });

  test('repaired of a wrong delivery is open again, without its end, and nothing of the delivery is left', async () => {
    const table = open({ kept: { historyEvents: 32, retentionDays: 90 } });
    const parcelId = first + 5;
    const delivery = stateOf(scan(9, { parcelId, type: 'DELIVERY' }));
    await writeParcel(table, stateOf(scan(2, { parcelId, type: 'PICKUP' })));
    await writeParcel(table, delivery);
    expect(parcelOf((await getItem(parcelId)) ?? {})).toMatchObject({
      openedAtMs: undefined,
      expiresAt: expect.any(Number),
    });
    expect(await repairParcel(table, parcelId, [9])).toMatchObject({ outcome: 'repaired' });
    const repaired = parcelOf((await getItem(parcelId)) ?? {});
    expect(repaired).toMatchObject({ openedAtMs: now, expiresAt: undefined, state: { latest: { eventId: 2 } } });
    expect(Object.keys(repaired.state.milestones)).toEqual(['pickup']);
    expect(await writeParcel(table, delivery)).toBe('redundant');
    expect(await writeParcel(table, stateOf(scan(10, { parcelId })))).toBe('applied');
    expect(parcelOf((await getItem(parcelId)) ?? {}).state).toMatchObject({ latest: { eventId: 10 }, removed: [9] });
  });

  test('that has expired and gone begins anew with the next scan', async () => {
    const { dynamodb, resources } = engines();
    const table = open({ kept: { historyEvents: 32, retentionDays: 1 } });
    const parcelId = first + 6;
    await writeParcel(table, stateOf(scan(2, { parcelId, type: 'DELIVERY' })));
    expect(parcelOf((await getItem(parcelId)) ?? {})).toMatchObject({
      expiresAt: Date.parse('2021-05-12T21:11:34Z') / 1_000,
    });
    const Key = { parcelId: { N: String(parcelId) } };
    await dynamodb.send(new DeleteItemCommand({ TableName: resources.parcelsTable, Key }));
    const later = stateOf(scan(7, { parcelId }));
    expect(await writeParcel(table, later)).toBe('applied');
    expect(parcelOf((await getItem(parcelId)) ?? {})).toEqual({
      ...{ state: later, revision: 1, openedAtMs: now },
      expiresAt: undefined,
    });
  });

  test.each([0, 90])(
    'that 0.1.0 delivered is open no more, whatever comes, with %i days kept',
    async (retentionDays) => {
      const table = open({ kept: { historyEvents: 32, retentionDays } });
      const parcelId = first + 10 + retentionDays;
      const of = (eventId: number, type = 'STATUS') => stateOf(scan(eventId, { parcelId, type }));
      const again = stateOf(scan(9, { parcelId, type: 'DELIVERY', createdDateTimeUtc: '2021-06-01T08:00:00Z' }));
      // As one that was open when 0.1.0 stored its delivery: with marks, and without an entry of that scan.
      const state = { ...of(5, 'DELIVERY'), history: of(2).history };
      const known = { ...state, history: merge(state, of(5, 'DELIVERY')).history };
      const writes = [
        [state, of(9), 'applied'],
        [state, of(3), 'merged'],
        [state, of(5, 'DELIVERY'), 'merged'],
        [known, of(5, 'DELIVERY'), 'redundant'],
        [state, again, 'applied'],
        // Once more: now a statement expects the delivery to be there.
        [state, again, 'applied'],
      ] as const;
      for (const [stored, change, outcome] of writes) {
        await putItem(itemOf({ state: stored, revision: 1, openedAtMs: 1 }));
        expect(await writeParcel(table, change)).toBe(outcome);
        expect(parcelOf((await getItem(parcelId)) ?? {})).toEqual({
          ...{ state: merge(stored, change), revision: 2, openedAtMs: undefined },
          expiresAt:
            retentionDays > 0 ? Date.parse('2021-05-11T21:11:34Z') / 1_000 + retentionDays * 86_400 : undefined,
        });
      }
    },
  );

  test('that was delivered while parcels were kept for ever has its end from the next scan in order', async () => {
    const table = open({ kept: { historyEvents: 32, retentionDays: 90 } });
    const parcelId = first + 7;
    const stored = stateOf(scan(5, { parcelId, type: 'DELIVERY' }));
    const again = stateOf(scan(9, { parcelId, type: 'DELIVERY', createdDateTimeUtc: '2021-06-01T08:00:00Z' }));
    // Once more: now a statement expects the delivery to be there.
    for (const change of [stateOf(scan(9, { parcelId })), again, again]) {
      await putItem(itemOf({ state: stored, revision: 1 }));
      expect(await writeParcel(table, change)).toBe('applied');
      expect(parcelOf((await getItem(parcelId)) ?? {})).toEqual({
        ...{ state: merge(stored, change), revision: 2, openedAtMs: undefined },
        expiresAt: Date.parse('2021-08-09T21:11:34Z') / 1_000,
      });
    }
  });

  test('of 0.1.0 is open from its next scan on, though no history is kept', async () => {
    const table = open({ kept: { historyEvents: 0, retentionDays: 0 } });
    const parcelId = first + 8;
    const [stored, change] = [5, 9].map((eventId) => ({ ...stateOf(scan(eventId, { parcelId })), history: [] }));
    if (!stored || !change) throw new Error('there are two');
    await putItem(itemOf({ state: stored, revision: 1 }));
    expect(await writeParcel(table, change)).toBe('applied');
    expect(parcelOf((await getItem(parcelId)) ?? {})).toEqual({
      ...{ state: change, revision: 2, openedAtMs: now },
      expiresAt: undefined,
    });
  });

  test.each([
    ['has nothing of a parcel', {}],
    ['has an id of the wrong type', { lastEventId: { S: '5' } }],
    ['has no revision', { lastEventId: { N: '5' }, type: { S: '' } }],
    ['has a revision that is not a number', { lastEventId: { N: '1' }, revision: { S: 'x' } }],
  ])('that %s is rejected as the item’s fault, and stays as it is', async (_, attributes: Item) => {
    const parcelId = first + 2;
    const item = { parcelId: { N: String(parcelId) }, ...attributes };
    await putItem(item);
    const write = writeParcel(open(), stateOf(scan(3, { parcelId })));
    await expect(write).rejects.toMatchObject({
      code: 'STORE_REJECTED',
      message: expect.stringContaining(String(parcelId)),
    });
    await expect(write).rejects.toSatisfy(isStoredUnreadable);
    expect(await getItem(parcelId)).toEqual(item);
  });

  test('that lacks an attribute takes a change that is in order, and can be read then', async () => {
    const parcelId = first + 4;
    const { statusCode: _, ...lacking } = itemOf({
      state: stateOf(scan(3, { parcelId, type: 'PICKUP' })),
      revision: 1,
      openedAtMs: 1,
    });
    await putItem(lacking);
    // A statement must know whether there is a pickup: what is stored shows it.
    const later = stateOf(scan(9, { parcelId, type: 'PICKUP' }));
    expect(await writeParcel(open(), later)).toBe('applied');
    expect(parcelOf((await getItem(parcelId)) ?? {})).toMatchObject({
      state: { latest: { eventId: 9 }, milestones: { pickup: { eventId: 3 } } },
      revision: 2,
    });
  });

  test('of an item too large is the item’s fault', async () => {
    const parcelId = first + 3;
    const text = 'x'.repeat(1_024);
    const filler = { filler: { S: 'x'.repeat(409_600 - 1_024) } };
    await putItem({ ...itemOf({ state: stateOf(scan(1, { parcelId })), revision: 1 }), ...filler });
    const write = writeParcel(open(), stateOf(scan(3, { parcelId, runId: text, statusCode: text })));
    await expect(write).rejects.toMatchObject({ code: 'STORE_REJECTED' });
    await expect(write).rejects.not.toSatisfy(isStoredUnreadable);
  });

  test('of a table with another key is the engine’s fault', async () => {
    const { dynamodb, resources } = engines();
    const TableName = `${resources.parcelsTable}-${first}`;
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'parcelId', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'parcelId', AttributeType: 'S' }],
      }),
    );
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TableName });
    const write = open({ tableName: TableName }).apply(stateOf(scan(1)));
    await expect(write).rejects.toMatchObject({ code: 'TABLE_MISMATCH' });
  });

  test('of a table that is not there, or an engine that is not, is the engine’s fault', async () => {
    const elsewhere = open({ tableName: 'not-there' });
    await expect(elsewhere.apply(stateOf(scan(1)))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const settings = {
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    };
    const nowhere = open({ dynamodb: new DynamoDBClient({ ...settings, endpoint: 'http://127.0.0.1:9' }) });
    await expect(nowhere.apply(stateOf(scan(1)))).rejects.not.toMatchObject({ code: 'STORE_REJECTED' });
  });
});
