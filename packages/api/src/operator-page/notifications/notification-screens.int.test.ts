import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { unfinishedValue } from '@waybill/notifier/notifications/unfinished.ts';
import { dynamoDbOperationLog } from '@waybill/operations/record/dynamodb-operation-log.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../../consumer/test/engines.ts';
import { deliveryRig, readParcel } from '../../../../notifier/test/delivery-rig.ts';
import { tableOf } from '../../../../operations/test/parcels-rig.ts';
import { seeded } from '../../../../poller/test/poller-rig.ts';
import { deploymentOf, openApi, tokens } from '../../../test/api-rig.ts';
import { textOf } from '../../../test/page-text.ts';

const engines = useEngines(process.env);
const nowMs = Date.parse('2026-11-28T10:00:00Z');
const hostile = '<img src=x onerror=alert(1)>';
type Notification = { readonly state: 'notified' | 'failed' | 'requirements-not-met'; readonly parcelId: number };

type Options = {
  /** `undefined`: there is no table of them. */
  readonly notifications?: readonly (Notification & Readonly<Record<string, unknown>>)[] | undefined;
  readonly webhook?: ReturnType<typeof deliveryRig>;
};

let opened = 0;

async function openPage({ notifications, webhook }: Options) {
  const { dynamodb, resources } = engines();
  const notificationsTable = notifications && (await tableOf(dynamodb, tables.notifications));
  const documents = DynamoDBDocumentClient.from(dynamodb);
  for (const [index, each] of (notifications ?? []).entries()) {
    const changedAtUtc = new Date(nowMs - 60_000 * (index + 1)).toISOString();
    const unfinished = unfinishedValue(each.state, each.parcelId);
    const ids = { notificationId: `delivery-${each.parcelId}`, milestone: 'delivery', changedAtUtc, attempts: 3 };
    const Item = { ...ids, ...(unfinished !== undefined && { unfinished }), firstAttemptAtUtc: changedAtUtc, ...each };
    await documents.send(new PutCommand({ TableName: notificationsTable, Item }));
  }
  const deployment = { ...deploymentOf(resources), notificationsTable };
  const notifying = webhook && { delivery: webhook.deps, concurrency: 1 };
  const clock = { ...systemClock, now: () => nowMs };
  opened += 1;
  // All tests share a table of operations, whose ids are made of a time that stands still, and of chance.
  const deps = { deployment, notifying, clock, random: seeded(opened) };
  const { app } = await openApi({ engines: engines(), deps });
  const shown = ({ statusCode, body }: { readonly statusCode: number; readonly body: string }) => ({
    ...{ status: statusCode, body, text: textOf(body).join(' ') },
  });
  return {
    operations: () => dynamoDbOperationLog({ documents, tableName: resources.operationsTable }, systemClock).list(100),
    get: async (url: string, token = tokens.read) =>
      shown(await app.inject({ url, headers: { cookie: `waybill-80=${token}` } })),
    post: async (url: string, form: Readonly<Record<string, string>>, token: string, site = 'same-origin') => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const headers = { ...type, cookie: `waybill-80=${token}`, 'sec-fetch-site': site };
      return shown(await app.inject({ method: 'POST', url, headers, payload: String(new URLSearchParams(form)) }));
    },
  };
}

describe('the screen of notifications', () => {
  test('lists what was not told, the last changed first, and narrows it down by state', async () => {
    const { get } = await openPage({
      notifications: [
        { state: 'failed', parcelId: 9_007_199_254_740_991, lastError: hostile },
        { state: 'requirements-not-met', parcelId: 2, unmet: ['picked-up'] },
        { state: 'notified', parcelId: 3, notifiedAtUtc: '2026-11-28T09:00:00.000Z' },
      ],
    });
    const all = await get('/notifications');
    expect(all.status).toBe(200);
    const failed = `delivery-9007199254740991 failed 9007199254740991 3 2026-11-28 09:59:00Z 60 s ago ${hostile}`;
    expect(all.text).toContain(`${failed} delivery-2 requirements not met 2 3`);
    expect(all.text).toContain('requires picked-up');
    expect(all.text).not.toContain('delivery-3');
    expect(all.body).not.toContain('<img');
    expect((await get('/notifications?state=failed')).text).not.toContain('delivery-2');
    const told = await get('/notifications?state=notified');
    expect(told.text).toContain('delivery-3 told 3 3 2026-11-28 09:00:00Z 60 min ago');
    expect(told.text).toContain('in no order');
  });

  test('goes on page by page', async () => {
    const notifications = Array.from({ length: 51 }, (_, index) => ({ state: 'failed', parcelId: index + 1 }) as const);
    const { get } = await openPage({ notifications });
    const first = await get('/notifications');
    const second = await get(String(/rel="next" href="([^"]*)"/.exec(first.body)?.[1]));
    const idsIn = (body: string) => [...body.matchAll(/id="of-delivery-(\d+)"/g)].map(([, id]) => Number(id));
    expect([...idsIn(first.body), ...idsIn(second.body)]).toEqual(notifications.map(({ parcelId }) => parcelId));
  });

  test('says so where all is told, and where nobody is', async () => {
    const { get } = await openPage({ notifications: [] });
    expect((await get('/notifications')).text).toContain('Nothing waits: what could be told was told.');
    expect((await get('/notifications?state=failed')).text).toContain('No notification is in the state “failed”.');
    const none = await get('/notifications/delivery-5');
    expect([none.status, none.text]).toEqual([404, expect.stringContaining('There is no notification delivery-5.')]);
    const off = await openPage({});
    for (const url of ['/notifications', '/notifications/delivery-5']) {
      const { status, text } = await off.get(url);
      expect([status, text]).toEqual([404, expect.stringContaining('This deployment notifies nobody')]);
    }
  });
});

describe('the screen of one notification', () => {
  test('says whether it was told, or why not', async () => {
    const error = { lastStatus: 422, lastError: hostile, timeUtc: hostile };
    const { get } = await openPage({
      notifications: [
        { state: 'failed', parcelId: 1, ...error },
        { state: 'requirements-not-met', parcelId: 2, unmet: ['picked-up', hostile] },
        { state: 'notified', parcelId: 3, notifiedAtUtc: '2026-11-28T09:00:00.000Z', notifiedCount: 2 },
      ],
    });
    const failed = await get('/notifications/delivery-1');
    expect(failed.text).toContain('The delivery of parcel 1 was not told: the webhook returned 422, after 3 requests.');
    expect(failed.text).toContain(`Last error ${hostile}`);
    expect(failed.body).toContain('href="/failures/record/notification-delivery-1"');
    const unmet = await get('/notifications/delivery-2');
    expect(unmet.text).toContain('picked-up: a delivery has a pickup before it, by EventId');
    const told = await get('/notifications/delivery-3');
    expect(told.text).toContain('The delivery of parcel 3 was told 60 min ago, 2 times in all.');
    for (const { body } of [failed, unmet]) expect(body).not.toContain('<img');
  });
});

describe('telling a notification now', () => {
  const because = { because: 'they lost it' };
  const one = { notifications: [{ state: 'failed', parcelId: 71 }] } as const;

  test('calls the webhook on record, and says what came of it', async () => {
    const webhook = deliveryRig();
    webhook.parcels.stored.set(71, readParcel(71));
    const { get, post, operations } = await openPage({ ...one, webhook });
    const { body } = await get('/notifications/delivery-71', tokens.all);
    expect(body).toContain('<form class="form" method="post" action="/notifications/delivery-71">');
    const told = await post('/notifications/delivery-71', because, tokens.all);
    expect([told.status, told.text]).toEqual([200, expect.stringContaining('Parcel 71 was told.')]);
    expect(webhook.endpoint.requests).toHaveLength(1);
    expect(await operations()).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'notifications-send', by: 'all', ...because })]),
    );
    const again = await post('/notifications/delivery-71', because, tokens.operate);
    expect(again.text).toContain('Parcel 71 was told before: nothing was left to tell.');
    expect(webhook.endpoint.requests).toHaveLength(1);
    await post('/notifications/delivery-71', { ...because, again: 'yes' }, tokens.operate);
    expect(webhook.endpoint.requests).toHaveLength(2);
  });

  test('shows what the webhook refused, and a parcel that is not stored', async () => {
    const webhook = deliveryRig();
    webhook.parcels.stored.set(71, readParcel(71));
    webhook.endpoint.answer = () => 422;
    const { post } = await openPage({ ...one, webhook });
    const refused = await post('/notifications/delivery-71', because, tokens.all);
    const says = 'Parcel 71 was not told: the endpoint responded 422. The same fails again';
    expect([refused.status, refused.text]).toEqual([502, expect.stringContaining(says)]);
    const missing = await post('/notifications/delivery-72', because, tokens.all);
    expect([missing.status, missing.text]).toEqual([404, expect.stringContaining('Parcel 72 is not stored')]);
  });

  test('is not offered to who may only read, and refused where it is forged', async () => {
    const webhook = deliveryRig();
    webhook.parcels.stored.set(71, readParcel(71));
    const { get, post } = await openPage({ ...one, webhook });
    expect((await get('/notifications/delivery-71', tokens.read)).body).not.toContain('method="post" action="/notif');
    expect(await post('/notifications/delivery-71', because, tokens.read)).toMatchObject({ status: 403 });
    expect(await post('/notifications/delivery-71', because, tokens.all, 'cross-site')).toMatchObject({ status: 403 });
    expect(await post('/notifications/delivery-71', { because: ' ' }, tokens.all)).toMatchObject({ status: 400 });
    expect(webhook.endpoint.requests).toEqual([]);
  });

  test('needs a webhook: without one the screen names the command', async () => {
    const { get } = await openPage(one);
    const { text, body } = await get('/notifications/delivery-71', tokens.all);
    expect(text).toContain('waybill notifications send --parcel 71 --because …');
    expect(body).not.toContain('method="post" action="/notif');
  });
});
