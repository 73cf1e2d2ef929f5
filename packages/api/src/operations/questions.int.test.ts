import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { batchShape } from '@waybill/operations/batches/batch-view.ts';
import { failureGroupsShape } from '@waybill/operations/failures/failure-groups.ts';
import { shownFailureShape } from '@waybill/operations/failures/failure-show.ts';
import { notificationShape } from '@waybill/operations/notifications/notification-view.ts';
import { dynamoDbOperationLog } from '@waybill/operations/record/dynamodb-operation-log.ts';
import { shownOperationShape } from '@waybill/operations/record/operation-shape.ts';
import { statusShape } from '@waybill/operations/status/status-shape.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { failureLogOf } from '../../../operations/test/dead-letter-rig.ts';
import { putItems, tableOf } from '../../../operations/test/parcels-rig.ts';
import { type ApiRig, type ApiRigOptions, bearer, deploymentOf, openApi, tokens } from '../../test/api-rig.ts';

const engines = useEngines(process.env);
const open = (deps: ApiRigOptions['deps'] = {}) => openApi({ engines: engines(), deps });
const reader = bearer(tokens.read);
const odd = ['%00', encodeURIComponent('a/b ü%'), encodeURIComponent("' OR 1=1"), 'x'.repeat(255)];

/** Every page of a list, as far as its cursors lead. */
async function pagesOf({ ask }: Pick<ApiRig, 'ask'>, url: string, query: Record<string, string>) {
  const pages: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const { status, body } = await ask({ url, query: { ...query, ...(cursor !== undefined && { cursor }) } });
    expect(status).toBe(200);
    pages.push(body);
    cursor = body.nextCursor;
    if (cursor === undefined) return pages;
  }
}

describe('GET /v1/failures', () => {
  const failed = (n: number, reason = 'INVALID_EVENT') =>
    failureLogOf(engines(), Date.parse('2026-11-28T10:00:00.000Z') + n * 1_000).record({
      ...{ failureId: `event-${n}`, reason, detail: `INVALID_DATE: of ${n}`, parcelId: 5_000 + n },
      body: '{"User":"jane.doe"}',
    });

  test('lists what is not resolved page by page, groups it, and shows what failed to who may redrive it', async () => {
    const api = await open();
    const { ask } = api;
    await Promise.all([1, 2, 3, 4, 5].map((n) => failed(n, n === 3 ? 'STORE_REJECTED' : 'INVALID_EVENT')));
    const ids = async (query: Record<string, string>) =>
      (await pagesOf(api, '/v1/failures', query)).map((page) =>
        // biome-ignore lint/suspicious/noExplicitAny: what a list answers, which the test compares
        (page as any).failures.map(({ failureId }: { failureId: string }) => failureId),
      );
    expect(await ids({ limit: '2' })).toEqual([['event-5', 'event-4'], ['event-3', 'event-2'], ['event-1']]);
    expect(await ids({ reason: 'STORE_REJECTED' })).toEqual([['event-3']]);
    expect(await ids({ parcelId: '5004', since: '2026-11-28T10:00:01Z' })).toEqual([['event-4']]);
    expect(await ids({ detail: 'INVALID_DATE: of …', since: '2026-11-28T10:00:04Z' })).toEqual([
      ['event-5', 'event-4'],
    ]);

    const { body } = await ask({ url: '/v1/failures/groups' });
    expect(failureGroupsShape.parse(body)).toMatchObject({ count: 5, groups: [{ count: 4 }, { count: 1 }] });

    const withBody = await ask({ url: '/v1/failures/event-1' });
    expect(shownFailureShape.parse(withBody.body)).toHaveProperty('body', '{"User":"jane.doe"}');
    const without = await ask({ url: '/v1/failures/event-1', headers: reader });
    expect(shownFailureShape.parse(without.body)).not.toHaveProperty('body');
    for (const id of ['event-6', ...odd]) expect((await ask({ url: `/v1/failures/${id}` })).status, id).toBe(404);

    const first = (await ask({ url: '/v1/failures', query: { limit: '1' } })).body.nextCursor;
    for (const query of [
      'reasons=X',
      'reason=x',
      'parcelId=0',
      'parcelId=1e3',
      'since=2026-11-28',
      'limit=0',
      'limit=1&limit=2',
    ])
      expect((await ask({ url: `/v1/failures?${query}` })).body, query).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await ask({ url: '/v1/failures', query: { reason: 'X', cursor: first } })).status).toBe(400);
  });

  test('of a table without the index is answered INDEX_OFF: no request scans a table', async () => {
    const failuresTable = await tableOf(engines().dynamodb, { ...tables.failures, indexes: [] });
    const { ask } = await open({ deployment: { ...deploymentOf(engines().resources), failuresTable } });
    for (const url of ['/v1/failures', '/v1/failures/groups'])
      expect(await ask({ url })).toMatchObject({ status: 404, body: { code: 'INDEX_OFF' } });
  });
});

test('GET /v1/status says how Waybill is doing, and what it could not ask', async () => {
  const { ask } = await open();
  const { status, body } = await ask({ url: '/v1/status', headers: reader });
  expect(status).toBe(200);
  expect(statusShape.parse(body)).toMatchObject({ feed: 'scan-events', notAsked: [] });
  const away = await openApi();
  const nothing = statusShape.parse((await away.ask({ url: '/v1/status' })).body);
  const why = 'a service of AWS does not answer (ECONNREFUSED)';
  expect(nothing.notAsked).toEqual(['deadLetters', 'failures', 'position', 'queue'].map((part) => ({ part, why })));
});

test('GET /v1/operations lists what was done page by page', async () => {
  const { dynamodb, resources } = engines();
  const operationsTable = await tableOf(dynamodb, tables.operations);
  const api = await open({ deployment: { ...deploymentOf(resources), operationsTable } });
  const log = dynamoDbOperationLog(
    { documents: DynamoDBDocumentClient.from(dynamodb), tableName: operationsTable },
    systemClock,
  );
  const plan = {
    ...{ count: 0, isMoreThan: false, byReason: {}, oldestUtc: null, newestUtc: null, samples: [] },
    ...{ cost: { sqsRequests: 0, readUnits: 0, writeUnits: 0, dollars: 0 }, notLookedAt: [], warnings: [] },
  };
  const startedAtUtc = new Date().toISOString();
  const today = startedAtUtc.slice(0, 10).replaceAll('-', '');
  for (const n of [1, 2, 3]) {
    const operationId = `${today}T00000${n}-00000000`;
    await log.begin({ operationId, kind: 'replay', by: 'ann', because: 'x', filter: { from: 1 }, plan, startedAtUtc });
  }
  const pages = await pagesOf(api, '/v1/operations', { limit: '2' });
  expect(pages).toMatchObject([
    { operations: [{}, {}] },
    { operations: [{ operationId: `${today}T000001-00000000` }] },
  ]);
  // biome-ignore lint/suspicious/noExplicitAny: what a list answers, which the shape parses
  for (const page of pages as any[]) for (const each of page.operations) shownOperationShape.parse(each);
});

test('GET /v1/batches lists what was pushed to who may read or push, and shows one', async () => {
  const { dynamodb, resources } = engines();
  const batchesTable = await tableOf(dynamodb, tables.batches);
  const createdAtUtc = new Date().toISOString();
  await putItems(
    dynamodb,
    batchesTable,
    [1, 2, 3].map((n) => ({
      ...{ batchId: { S: `batch-${n}` }, createdDay: { S: createdAtUtc.slice(0, 10) }, state: { S: 'sent' } },
      ...{ accepted: { N: '20' }, packs: { N: '2' }, createdAtUtc: { S: createdAtUtc } },
      ...(n === 2 && { failed: { SS: ['event-5'] } }),
    })),
  );
  const api = await open({ deployment: { ...deploymentOf(resources), batchesTable } });
  const pages = await pagesOf(api, '/v1/batches', { limit: '2' });
  expect(pages).toMatchObject([
    { batches: [{ batchId: 'batch-3' }, { batchId: 'batch-2' }] },
    { batches: [{ batchId: 'batch-1' }] },
  ]);
  expect(await pagesOf(api, '/v1/batches', { status: 'failed' })).toMatchObject([
    { batches: [{ batchId: 'batch-2' }] },
  ]);
  const { body } = await api.ask({ url: '/v1/batches/batch-2', headers: bearer(tokens.ingest) });
  expect(batchShape.parse(body)).toMatchObject({ status: 'failed', failed: ['event-5'] });
  for (const id of odd) expect((await api.ask({ url: `/v1/batches/${id}` })).status, id).toBe(404);
  expect((await api.ask({ url: '/v1/batches?status=lost' })).status).toBe(400);
});

test('GET /v1/notifications lists those in a state page by page, and is off where nobody is notified', async () => {
  const { dynamodb, resources } = engines();
  const notificationsTable = await tableOf(dynamodb, tables.notifications);
  await putItems(
    dynamodb,
    notificationsTable,
    [1, 2, 3].map((n) => ({
      ...{ notificationId: { S: `delivery-${n}` }, state: { S: 'failed' }, parcelId: { N: String(n) } },
      ...{
        milestone: { S: 'delivery' },
        unfinished: { S: `failed#${n}` },
        changedAtUtc: { S: '2026-11-28T10:00:00Z' },
      },
    })),
  );
  const api = await open({ deployment: { ...deploymentOf(resources), notificationsTable } });
  const pages = await pagesOf(api, '/v1/notifications', { state: 'failed', limit: '2' });
  expect(pages).toMatchObject([{ notifications: [{}, {}] }, { notifications: [{ notificationId: 'delivery-3' }] }]);
  const { body } = await api.ask({ url: '/v1/notifications/delivery-3', headers: reader });
  expect(notificationShape.parse(body)).toMatchObject({ state: 'failed', parcelId: 3 });
  for (const id of odd) expect((await api.ask({ url: `/v1/notifications/${id}` })).status, id).toBe(404);
  const off = await open();
  for (const url of ['/v1/notifications', '/v1/notifications/delivery-3'])
    expect(await off.ask({ url })).toMatchObject({ status: 404, body: { code: 'NOTIFICATIONS_OFF' } });
  const delivery = { method: 'POST', url: '/v1/notifications/deliveries', payload: { parcelIds: [3] } } as const;
  expect(await off.ask(delivery)).toMatchObject({ status: 404, body: { code: 'NOTIFICATIONS_OFF' } });
});
