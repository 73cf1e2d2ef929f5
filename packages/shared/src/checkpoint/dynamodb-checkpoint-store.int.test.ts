import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  CreateTableCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type ScalarAttributeType,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { type Engines, startEngines } from '@waybill/local/engines/engines.ts';
import { mostOpenGaps, open } from '@waybill/poller/gaps/gap-ledger.ts';
import { believableJump } from '@waybill/shared/scan-api/position.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { measured } from '../../../poller/test/observed.ts';
import { noProxies } from '../http/proxies.ts';
import { openDynamoDb } from '../process/aws-clients.ts';
import { requireKey } from '../process/table-check.ts';
import { tables } from '../resources.ts';
import { meterTables } from '../telemetry/table-meter.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { dynamoDbCheckpointStore } from './dynamodb-checkpoint-store.ts';
import { encodeGaps } from './stored-gaps.ts';

const table = `checkpoints-${randomUUID()}`;
const numbered = `numbered-${randomUUID()}`;
const { metrics, value } = measured();
let engines: Engines | undefined;
let dynamodb: DynamoDBClient;
let feed: string;
let store: CheckpointStore;

beforeAll(async () => {
  if (!process.env['AWS_ENDPOINT_URL_DYNAMODB']) {
    engines = await startEngines();
    Object.assign(process.env, engines.env);
  }
  dynamodb = openDynamoDb({ requestTimeoutMs: 5_000, maxSockets: 8, maxAttempts: 2, proxies: noProxies });
  meterTables(dynamodb, { metrics, tables: { [table]: 'checkpoints' } });
  await createTable(table, 'feed', 'S');
  await createTable(numbered, 'feed', 'N');
});
afterAll(async () => {
  dynamodb.destroy();
  await engines?.stop();
});

beforeEach(() => {
  feed = randomUUID();
  store = dynamoDbCheckpointStore({ dynamodb, tableName: table, feed });
});

async function createTable(TableName: string, AttributeName: string, AttributeType: ScalarAttributeType) {
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName, AttributeType }],
      KeySchema: [{ AttributeName, KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName });
}

/** The first holder of each test, and the one that takes over from it. */
const a = { token: 1, holder: 'a' };
const b = { token: 2, holder: 'b' };

describe('the lease in the table', () => {
  test('of a new feed goes to one taker only', async () => {
    expect(await store.read()).toBeUndefined();
    const outcomes = await Promise.all(['a', 'b', 'c'].map((holder) => store.acquire(undefined, holder)));
    expect(outcomes.toSorted()).toEqual(['acquired', 'outrun', 'outrun']);
    expect(await store.read()).toEqual({
      lastEventId: undefined,
      token: 1,
      counter: 1,
      holder: ['a', 'b', 'c'][outcomes.indexOf('acquired')],
    });
  });

  test('is taken over on condition that nothing was written since it was seen', async () => {
    await store.acquire(undefined, 'a');
    const seen = await store.read();
    expect(await store.renew(a, undefined)).toBe('renewed');
    expect(await store.acquire(seen, 'b')).toBe('outrun');
    expect(await store.acquire(await store.read(), 'b')).toBe('acquired');
    expect(await store.renew(a, 5)).toBe('fenced');
    expect(await store.renew(b, 5)).toBe('renewed');
    expect(await store.read()).toEqual({ lastEventId: 5, token: 2, counter: 4, holder: 'b' });
  });

  test('is released by its holder only, and keeps position and token', async () => {
    await store.acquire(undefined, 'a');
    await store.renew(a, 7);
    await store.release({ token: 99, holder: 'a' });
    expect(await store.read()).toMatchObject({ holder: 'a' });
    await store.release(a);
    expect(await store.read()).toEqual({ lastEventId: 7, token: 1, counter: 3, holder: undefined });
  });

  test('says how far the feed goes as the holder last knew it; what a person or a later release wrote there stops nobody', async () => {
    await store.acquire(undefined, 'a');
    const progress = {
      caughtUpAtUtc: '2026-11-28T22:15:30.000Z',
      newestScanUtc: '2026-11-28T22:15:26.000Z',
      headEventId: 9,
    };
    await store.renew(a, 7, undefined, progress);
    await store.renew(a, 8, undefined, { headEventId: 10 });
    await store.renew(a, 9);
    await store.release(a);
    expect(await store.read()).toMatchObject({ lastEventId: 9, ...progress, headEventId: 10 });
    const odd = { caughtUpAtUtc: { N: '1' }, newestScanUtc: { BOOL: true }, headEventId: { S: 'x' } };
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: { feed: { S: feed }, ...odd } }));
    expect(await store.read()).toEqual({ lastEventId: undefined, token: 0, counter: 0, holder: undefined });
  });

  test('is not that of a former holder whose item was deleted, though the tokens begin at 1 again', async () => {
    await store.acquire(undefined, 'a');
    await store.renew(a, 500);
    await dynamodb.send(new DeleteItemCommand({ TableName: table, Key: { feed: { S: feed } } }));
    await store.acquire(await store.read(), 'c');
    const next = await store.read();
    expect(next).toMatchObject({ token: 1, holder: 'c' });
    expect(await store.renew(a, undefined)).toBe('fenced');
    expect(await store.renew(a, 501)).toBe('fenced');
    await store.release(a);
    expect(await store.read()).toEqual(next);
  });

  test('over an item that a person wrote without token and counter can be taken', async () => {
    await dynamodb.send(
      new PutItemCommand({ TableName: table, Item: { feed: { S: feed }, lastEventId: { N: '41' } } }),
    );
    const seen = await store.read();
    expect(seen).toEqual({ lastEventId: 41, token: 0, counter: 0, holder: undefined });
    expect(await store.acquire(seen, 'a')).toBe('acquired');
    expect(await store.read()).toEqual({ lastEventId: 41, token: 1, counter: 1, holder: 'a' });
  });

  test('over an item that cannot be understood is left alone, with an error', async () => {
    await dynamodb.send(
      new PutItemCommand({ TableName: table, Item: { feed: { S: feed }, lastEventId: { S: 'forty-one' } } }),
    );
    await expect(store.read()).rejects.toThrow('lastEventId');
  });
});

describe('the checkpoint in the table', () => {
  test('never moves back, and moves to the end of all ids', async () => {
    await store.acquire(undefined, 'a');
    expect(await store.renew(a, 100)).toBe('renewed');
    expect(await store.renew(a, 100)).toBe('renewed');
    expect(await store.renew(a, 99)).toBe('fenced');
    expect(await store.renew(a, Number.MAX_SAFE_INTEGER)).toBe('renewed');
    expect(await store.read()).toMatchObject({ lastEventId: Number.MAX_SAFE_INTEGER });
  });

  test('leaves attributes of other versions alone', async () => {
    await dynamodb.send(
      new PutItemCommand({ TableName: table, Item: { feed: { S: feed }, laterAttribute: { S: 'later' } } }),
    );
    await store.acquire(await store.read(), 'a');
    await store.renew(a, 5);
    await store.release(a);
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: { feed: { S: feed } } }));
    expect(Item?.['laterAttribute']).toEqual({ S: 'later' });
  });

  test('carries gaps and watermark in the same write, keeps them through a takeover, and drops gaps that are closed', async () => {
    await store.acquire(undefined, 'a');
    expect(await store.renew(a, 10, { openGaps: '1 3.2.0', watermark: 2 })).toBe('renewed');
    expect(await store.renew(a, undefined)).toBe('renewed');
    expect(await store.renew(a, 12)).toBe('renewed');
    expect(await store.acquire(await store.read(), 'b')).toBe('acquired');
    expect(await store.read()).toMatchObject({ lastEventId: 12, openGaps: '1 3.2.0', watermark: 2 });
    expect(await store.renew(a, 13, { openGaps: '1 5.1.0', watermark: 4 })).toBe('fenced');
    expect(await store.renew(b, undefined, { openGaps: undefined, watermark: 12 })).toBe('renewed');
    expect(await store.read()).toMatchObject({ lastEventId: 12, openGaps: undefined, watermark: 12 });
  });

  test('counts its writes and the capacity that they consumed', async () => {
    const before = value('waybill.store.writes{checkpoints}') ?? 0;
    const units = value('waybill.store.write_units{checkpoints}') ?? 0;
    await store.acquire(undefined, 'a');
    await store.renew(a, 5);
    expect(value('waybill.store.writes{checkpoints}')).toBe(before + 2);
    expect(value('waybill.store.write_units{checkpoints}')).toBe(units + 2);
  });
});

describe('a table is refused at start', () => {
  test('when its key has another name or another type, and only then', async () => {
    await expect(requireKey(dynamodb, table, tables.checkpoints)).resolves.toBeUndefined();
    await expect(requireKey(dynamodb, table, tables.parcels)).rejects.toMatchObject({ code: 'TABLE_MISMATCH' });
    await expect(requireKey(dynamodb, numbered, tables.checkpoints)).rejects.toMatchObject({ code: 'TABLE_MISMATCH' });
    await expect(requireKey(dynamodb, 'no-such-table', tables.checkpoints)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('a write of the checkpoint', () => {
  const first = 987_654_321;

  /** As many gaps as there may be, each of `ids` ids, and `apart` ids from one to the next. */
  function gapsOf({ from = first, ids = 1, apart = 2, ageMs = 540_000 }): string | undefined {
    const starts = Array.from({ length: mostOpenGaps }, (_, index) => from + index * apart);
    const ranges = starts.map((start) => ({ from: start, to: start + ids - 1 }));
    return encodeGaps(open([], ranges, 0), ageMs, 1_000);
  }

  /** Write units of any update of the item: its whole size counts, in kilobytes, names and text by their UTF-8, numbers by two digits a byte and one more. */
  async function unitsOfItem(): Promise<number> {
    const { Item = {} } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: { feed: { S: feed } } }));
    const bytes = Object.entries(Item).reduce(
      (sum, [name, { S, N }]) => sum + name.length + (S?.length ?? 0) + (N ? Math.ceil(N.length / 2) + 1 : 0),
      0,
    );
    return Math.ceil(bytes / 1_024);
  }

  test.each([
    ['without gaps', '1 while no gap is open', 1, undefined],
    ['with 1,000 gaps of one id', '8 with 1,000 gaps of one id', 8, gapsOf({})],
    [
      'with as long a text as there may be',
      '19 at most',
      19,
      gapsOf({ from: 9e12, ids: believableJump - 1, apart: 9e12, ageMs: 86_400_000 }),
    ],
  ])('%s costs the write units that the runbook says', async (_, inRunbook, units, openGaps) => {
    await store.acquire(undefined, 'a'.repeat(34));
    const time = '2026-11-28T22:15:30.000Z';
    const progress = { caughtUpAtUtc: time, newestScanUtc: time, headEventId: first };
    await store.renew({ token: 1, holder: 'a'.repeat(34) }, first, { openGaps, watermark: first }, progress);
    expect(await unitsOfItem()).toBe(units);
    const runbook = await readFile(new URL('../../../../infra/RUNBOOK.md', import.meta.url), 'utf8');
    expect(runbook).toContain(inRunbook);
  });
});
