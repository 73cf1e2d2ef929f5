import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, type QueryCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { failureReasons, unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import type { Place } from '../newest-first.ts';
import type { FailureFilter } from './failure-filter.ts';
import { failureGroups, failureGroupsShape } from './failure-groups.ts';
import { failureList, failureListShape, failurePage } from './failure-list.ts';
import { failureShow, shownFailureShape } from './failure-show.ts';

const engines = useEngines(process.env);
// Far ahead: an engine that honours the TTL deletes a record of years ago in the middle of a test.
const begin = Date.parse('2124-06-01T12:00:00Z');
const at = (seconds: number) => new Date(begin + seconds * 1_000).toISOString();
const context = { signal: new AbortController().signal, onProgress: () => {} };

function open(failuresTable: string, dynamodb: DynamoDBClient = engines().dynamodb) {
  const documents = DynamoDBDocumentClient.from(dynamodb);
  return { documents, deployment: { failuresTable }, clock: instantClock() };
}

/** Failures of three kinds, some of which are resolved: number `n` failed last `n` seconds after the beginning. */
async function fill(failuresTable: string): Promise<void> {
  const { documents } = open(failuresTable);
  const time = { now: begin };
  const log = dynamoDbFailureLog({ documents, tableName: failuresTable, clock: { now: () => time.now } });
  const record = async (n: number, fields: { reason?: string; detail: string; parcelId?: number }) => {
    time.now = begin + n * 1_000;
    const { reason = 'INVALID_EVENT', detail, parcelId } = fields;
    await log.record({ failureId: `event-${n}`, reason, detail, parcelId, body: `{"person":"Ada","n":${n}}` });
  };
  for (let n = 1; n <= 12; n += 1)
    await record(n, { detail: 'MISSING: expected a value in Type', parcelId: 5_000 + n });
  for (let n = 13; n <= 20; n += 1)
    await record(n, { reason: 'STORE_REJECTED', detail: `what is stored of parcel ${5_000 + n} is no parcel` });
  await record(21, { detail: 'INVALID_TYPE: expected a non-empty string of whole characters in Type' });
  for (const n of [1, 13, 2]) await log.resolve(`event-${n}`);
  // Fails again, and is the newest of its kind then.
  await record(22, { detail: 'x' });
  await record(2, { detail: 'MISSING: expected a value in Type', parcelId: 5_002 });
  time.now = begin + 23_000;
  await log.record({
    ...{ failureId: 'event-2', reason: 'INVALID_EVENT', detail: 'MISSING: expected a value in Type' },
    ...{ parcelId: 5_002, body: '{}' },
  });
  await log.resolve('event-22');
  // As a processor of release 0.1.0 leaves what it resolves.
  const resolved = { failureId: 'event-23', reason: 'INVALID_EVENT', detail: 'x', body: '{}', attempts: 4 };
  const times = { firstFailedAtUtc: at(23), lastFailedAtUtc: at(24), resolvedAtUtc: at(25) };
  const unresolved = unresolvedValue('INVALID_EVENT', 'event-23');
  await documents.send(new PutCommand({ TableName: failuresTable, Item: { ...resolved, ...times, unresolved } }));
}

const missing = {
  reason: 'INVALID_EVENT',
  detail: 'MISSING: expected a value in Type',
  count: 11,
  firstFailedAtUtc: at(2),
  lastFailedAtUtc: at(23),
  sample: 'event-2',
};
const rejected = {
  reason: 'STORE_REJECTED',
  detail: 'what is stored of parcel … is no parcel',
  count: 7,
  firstFailedAtUtc: at(14),
  lastFailedAtUtc: at(20),
  sample: 'event-20',
};
const invalid = {
  reason: 'INVALID_EVENT',
  detail: 'INVALID_TYPE: expected a non-empty string of whole characters in Type',
  count: 1,
  firstFailedAtUtc: at(21),
  lastFailedAtUtc: at(21),
  sample: 'event-21',
};

beforeAll(() => fill(engines().resources.failuresTable));

describe('groups of unresolved failures', () => {
  const groups = async (filter: Parameters<typeof failureGroups>[1] = {}, most?: number) =>
    failureGroupsShape.parse(await failureGroups(open(engines().resources.failuresTable), filter, context, most));

  test.each([false, true])('say what fails, how often, since when and until when; with a scan: %s', async (scan) => {
    expect(await groups({ scan })).toEqual({
      groups: [missing, rejected, invalid],
      count: 19,
      isMoreThan: false,
      reasonsCut: [],
      notes: [],
    });
  });

  test('are narrowed down by reason, detail, parcel and time', async () => {
    expect((await groups({ reason: 'STORE_REJECTED' })).groups).toEqual([rejected]);
    expect((await groups({ detail: 'parcel … is' })).groups).toEqual([rejected]);
    expect((await groups({ detail: 'parcel 5014 is' })).groups).toMatchObject([{ count: 1, sample: 'event-14' }]);
    expect((await groups({ parcelId: 5_003 })).groups).toMatchObject([{ count: 1, sample: 'event-3' }]);
    expect((await groups({ sinceUtc: at(20).replace('.000', '') })).groups).toMatchObject([
      { count: 1, sample: 'event-2' },
      { count: 1, sample: 'event-21' },
      { count: 1, sample: 'event-20' },
    ]);
    expect((await groups({ reason: 'OF_A_NEWER_RELEASE' })).groups).toEqual([]);
  });

  test.each([false, true])(
    'say where counting ended, by reason: no flood hides another; with a scan: %s',
    async (scan) => {
      expect(await groups({ scan }, 7)).toMatchObject({
        groups: [{ reason: 'STORE_REJECTED', count: 7 }, { reason: 'INVALID_EVENT' }, { reason: 'INVALID_EVENT' }],
        isMoreThan: true,
        reasonsCut: ['INVALID_EVENT'],
        notes: ['INVALID_EVENT: more than 7 failures, only so many were looked at'],
        count: 14,
      });
    },
  );
});

describe('the list of unresolved failures', () => {
  const list = async (filter: Partial<Parameters<typeof failureList>[1]>, most?: number) =>
    failureListShape.parse(
      await failureList(open(engines().resources.failuresTable), { limit: 100, ...filter }, context, most),
    );
  const ids = async (filter: Partial<Parameters<typeof failureList>[1]>) =>
    (await list(filter)).failures.map(({ failureId }) => failureId);
  const newestFirst = [2, 21, 20, 19, 18, 17, 16, 15, 14, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((n) => `event-${n}`);

  test.each([false, true])('has those that failed last first; with a scan: %s', async (scan) => {
    expect(await ids({ scan })).toEqual(newestFirst);
    const { failures, isMoreThan } = await list({ scan, limit: 4 });
    expect(failures.map(({ failureId }) => failureId)).toEqual(newestFirst.slice(0, 4));
    expect(isMoreThan).toBe(true);
    expect(await list({ scan, limit: 19 })).toMatchObject({ isMoreThan: false, notes: [] });
    expect(failures[0]).toEqual({
      ...{ failureId: 'event-2', reason: 'INVALID_EVENT', detail: missing.detail, attempts: 3, parcelId: 5_002 },
      ...{ firstFailedAtUtc: at(2), lastFailedAtUtc: at(23) },
    });
  });

  test.each([false, true])('is narrowed down by reason, detail, parcel and time; with a scan: %s', async (scan) => {
    expect(await ids({ scan, reason: 'STORE_REJECTED', sinceUtc: at(19) })).toEqual(['event-20', 'event-19']);
    expect(await ids({ scan, detail: 'INVALID_TYPE' })).toEqual(['event-21']);
    expect(await ids({ scan, parcelId: 5_007 })).toEqual(['event-7']);
  });

  test('asks each partition once for what it shows, and none for more than that', async () => {
    const deps = open(engines().resources.failuresTable);
    const limits: unknown[] = [];
    const send = async (command: QueryCommand) => {
      if (command.input.IndexName) limits.push(command.input.Limit);
      return await deps.documents.send(command);
    };
    const documents = Object.assign(Object.create(deps.documents), { send });
    await failureList({ ...deps, documents }, { limit: 3 }, context);
    expect(limits).toEqual(Array.from({ length: failureReasons.length * 8 }, () => 4));
  });

  test('goes on page by page where the last one ended, whatever it is narrowed to', async () => {
    const deps = open(engines().resources.failuresTable);
    const pages = async (filter: FailureFilter, limit: number, most?: number) => {
      const found: string[][] = [];
      let after: Place | undefined;
      do {
        const page = await failurePage(deps, { ...filter, limit, after }, context.signal, most);
        found.push(page.failures.map(({ failureId }) => failureId));
        after = page.next;
      } while (after);
      return found;
    };
    const all = await pages({}, 5);
    expect(all.map(({ length }) => length)).toEqual([5, 5, 5, 4]);
    expect(all.flat()).toEqual(newestFirst);
    expect(await pages({ sinceUtc: at(19) }, 2)).toEqual([
      ['event-2', 'event-21'],
      ['event-20', 'event-19'],
    ]);
    expect((await pages({ parcelId: 5_007 }, 2, 5)).flat()).toEqual(['event-7']);
  });

  test('says how far it looked for what is rare', async () => {
    expect(await list({ parcelId: 5_007 }, 5)).toEqual({
      failures: [],
      isMoreThan: true,
      notes: [`looked at the 5 failures that failed last, back to ${at(18)}: narrow it down by a reason or a time`],
    });
  });
});

describe('one failure', () => {
  const show = async (id: string, withBody = false) =>
    shownFailureShape.parse(await failureShow(open(engines().resources.failuresTable), id, { withBody }));

  test('is shown with what to do next, and with its body on demand only', async () => {
    expect(await show('event-14')).toEqual({
      ...{ failureId: 'event-14', reason: 'STORE_REJECTED', detail: 'what is stored of parcel 5014 is no parcel' },
      ...{ attempts: 1, parcelId: null, firstFailedAtUtc: at(14), lastFailedAtUtc: at(14), resolvedAtUtc: null },
      expiresAtUtc: at(14 + 30 * 86_400),
      next: expect.stringContaining('waybill dlq redrive --failure event-14'),
    });
    expect(await show('event-14', true)).toMatchObject({ body: '{"person":"Ada","n":14}' });
    expect(await show('event-1')).toMatchObject({
      resolvedAtUtc: expect.any(String),
      next: expect.stringMatching(/^Nothing/),
    });
  });

  test('that is not there is an error that names it, and what to try', async () => {
    await expect(show('event-99')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { failureId: 'event-99', next: 'waybill failures list' },
    });
  });
});

describe('a failures table of release 0.1.0', () => {
  const old = () => `${engines().resources.failuresTable}-old`;
  beforeAll(async () => {
    const { dynamodb } = engines();
    await dynamodb.send(
      new CreateTableCommand({
        TableName: old(),
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'failureId', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'failureId', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName: old() });
    const record = { failureId: 'event-7', reason: 'INVALID_EVENT', detail: 'MISSING: expected a value in EventId' };
    const Item = { ...record, body: '{}', firstFailedAtUtc: at(1), lastFailedAtUtc: at(2), attempts: 3 };
    await open(old()).documents.send(new PutCommand({ TableName: old(), Item }));
    // As a person may have left it.
    await open(old()).documents.send(new PutCommand({ TableName: old(), Item: { failureId: 'x', attempts: 'many' } }));
  });
  afterAll(async () => void (await engines().dynamodb.send(new DeleteTableCommand({ TableName: old() }))));

  test('has no index: it is scanned, and the answer says so', async () => {
    const notes = ['scanned the whole table: the index unresolved of the failures table is missing'];
    const seen: number[] = [];
    const onProgress = ({ done }: { readonly done: number }) => void seen.push(done);
    expect(await failureGroups(open(old()), {}, { ...context, onProgress })).toMatchObject({
      groups: [{ count: 1 }, { count: 1 }],
      notes,
    });
    expect(seen.at(-1)).toBe(2);
    expect(await failureList(open(old()), { limit: 5, reason: 'INVALID_EVENT' }, context)).toEqual({
      failures: [
        {
          ...{ failureId: 'event-7', reason: 'INVALID_EVENT', detail: 'MISSING: expected a value in EventId' },
          ...{ attempts: 3, parcelId: null, firstFailedAtUtc: at(1), lastFailedAtUtc: at(2) },
        },
      ],
      isMoreThan: false,
      notes,
    });
  });
});
