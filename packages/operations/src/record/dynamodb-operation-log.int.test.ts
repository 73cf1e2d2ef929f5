import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { dynamoDbOperationLog } from './dynamodb-operation-log.ts';
import { type OperationStart, operationIdOf } from './operation.ts';
import { costOf } from './plan.ts';

const engines = useEngines(process.env);

// Far ahead: an engine that honours the TTL deletes a record of years ago in the middle of a test.
const now = Date.parse('2124-06-15T12:00:00Z');
const minute = 60_000;
const day = 24 * 60 * minute;

function openLog() {
  const documents = DynamoDBDocumentClient.from(engines().dynamodb);
  return dynamoDbOperationLog({ documents, tableName: engines().resources.operationsTable }, { now: () => now });
}

/** An operation that began so many milliseconds ago. */
function startOf(agoMs: number, fields: Partial<OperationStart> = {}): OperationStart {
  return {
    operationId: operationIdOf(now - agoMs, Math.random),
    kind: 'redrive-some',
    by: 'arn:aws:iam::1:user/ann',
    because: 'the fix of the dates is out',
    filter: { reason: 'INVALID_EVENT', olderThanMs: 7_200_000, failure: ['event-1', 'event-2'] },
    plan: {
      count: 2,
      isMoreThan: false,
      byReason: { INVALID_EVENT: 2 },
      oldestUtc: '2124-06-15T10:00:00.000Z',
      newestUtc: null,
      samples: [{ failureId: 'event-1', parcelId: 5002 }],
      cost: costOf({ sqsRequests: 3, writeUnits: 2 }),
      notLookedAt: ['messages in flight'],
      warnings: [],
    },
    startedAtUtc: new Date(now - agoMs).toISOString(),
    ...fields,
  };
}

test('a record is read back as it was written, then with its end', async () => {
  const log = openLog();
  const start = startOf(0);
  await log.begin(start);
  expect(await log.read(start.operationId)).toEqual(start);
  const end = {
    outcome: 'partly',
    counts: { redriven: 1, left: 1 },
    finishedAtUtc: '2124-06-15T12:00:09.000Z',
  } as const;
  await log.end(start.operationId, end);
  expect(await log.read(start.operationId)).toEqual({ ...start, ...end });
  expect(await log.read('20000101T000000-00000000')).toBeUndefined();
});

test('a heartbeat says how far an act is, and hears that it is to be cancelled; both only until its end', async () => {
  const log = openLog();
  const start = startOf(0);
  const { operationId } = start;
  const heartbeatAtUtc = '2124-06-15T12:00:03.000Z';
  const request = { cancelRequestedBy: 'ann', cancelRequestedAtUtc: '2124-06-15T12:00:04.000Z' };
  await expect(log.heartbeat(operationId, { heartbeatAtUtc })).rejects.toThrow(/conditional/i);
  expect(await log.requestCancel(operationId, request)).toEqual({ kind: 'missing' });
  await log.begin(start);
  expect(await log.heartbeat(operationId, { heartbeatAtUtc })).toBeUndefined();
  const progress = { what: 'dead letters redriven', done: 1, total: 2 };
  expect(await log.heartbeat(operationId, { heartbeatAtUtc, progress })).toBeUndefined();
  const operation = { ...start, heartbeatAtUtc, progress, ...request };
  expect(await log.requestCancel(operationId, request)).toEqual({ kind: 'requested', operation });
  // The first one stays.
  const again = { ...request, cancelRequestedBy: 'joe' };
  expect(await log.requestCancel(operationId, again)).toEqual({ kind: 'requested', operation });
  expect(await log.heartbeat(operationId, { heartbeatAtUtc })).toEqual(request);
  const end = { outcome: 'cancelled', counts: {}, finishedAtUtc: '2124-06-15T12:00:09.000Z' } as const;
  await log.end(operationId, { ...end, problems: ['cancelled by ann'] });
  expect(await log.requestCancel(operationId, request)).toEqual({ kind: 'ended' });
  await expect(log.heartbeat(operationId, { heartbeatAtUtc })).rejects.toThrow(/conditional/i);
  expect(await log.read(operationId)).toEqual({ ...operation, ...end, problems: ['cancelled by ann'] });
});

test('a record of a kind that only a later release knows is read, and lists hold it', async () => {
  const start = startOf(30_000);
  const documents = DynamoDBDocumentClient.from(engines().dynamodb);
  const log = openLog();
  await log.begin(start);
  await documents.send(
    new UpdateCommand({
      TableName: engines().resources.operationsTable,
      Key: { operationId: start.operationId },
      UpdateExpression: 'SET kind = :kind, outcome = :outcome',
      ExpressionAttributeValues: { ':kind': 'a later kind', ':outcome': 'a later outcome' },
    }),
  );
  const later = { ...start, kind: 'a later kind', outcome: 'a later outcome' };
  expect(await log.read(start.operationId)).toEqual(later);
  expect(await log.list(100)).toContainEqual(later);
});

test('a record is not written over', async () => {
  const log = openLog();
  const start = startOf(minute);
  await log.begin(start);
  await expect(log.begin({ ...start, by: 'another' })).rejects.toThrow(/conditional/i);
  expect(await log.read(start.operationId)).toMatchObject({ by: 'arn:aws:iam::1:user/ann' });
});

test('lists are newest first, over months and pages, as far back as records are kept', async () => {
  const log = openLog();
  const ages = [2 * minute, 3 * minute, 20 * day, 60 * day, 200 * day, 399 * day];
  const ids: string[] = [];
  for (const age of ages) {
    const start = startOf(age);
    ids.push(start.operationId);
    await log.begin(start);
  }
  const mine = async (limit: number, before?: string) =>
    (await log.list(limit, before)).map(({ operationId }) => operationId).filter((id) => ids.includes(id));
  expect(await mine(100)).toEqual(ids);
  expect(await mine(2, ids[1])).toEqual(ids.slice(2, 4));
  expect(await mine(100, ids.at(-1))).toEqual([]);
});
