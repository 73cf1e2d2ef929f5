import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { processHalf } from '../../../operations/test/parcels-rig.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { dynamoDbNotificationsTable } from './dynamodb-notifications-table.ts';
import { notificationKey } from './notification-item.ts';
import type { NotificationsTable, StoredNotification } from './notifications-table.ts';

const engines = useEngines(process.env);
let table: NotificationsTable;

beforeAll(() => {
  const { dynamodb, resources } = engines();
  table = dynamoDbNotificationsTable({
    ...{ dynamodb, tableName: resources.notificationsTable, clock: instantClock(), random: () => 0.5 },
    signal: new AbortController().signal,
  });
});

const told = { eventId: 83_270, timeUtc: '2026-11-28T21:15:34.1506147Z' };

const notification = (parcelId: number, fields: Partial<StoredNotification> = {}): StoredNotification => ({
  notificationId: `delivery-${parcelId}`,
  state: 'notified',
  parcelId,
  milestone: 'delivery',
  told,
  previous: undefined,
  attempts: 1,
  notifiedCount: 1,
  unmet: [],
  lastStatus: 200,
  lastError: undefined,
  firstAttemptAtUtc: '2026-11-29T06:00:00.000Z',
  notifiedAtUtc: '2026-11-29T06:00:00.100Z',
  reportedAtUtc: undefined,
  changedAtUtc: '2026-11-29T06:00:00.100Z',
  ...fields,
});

const failed = (parcelId: number) =>
  notification(parcelId, {
    state: 'failed',
    notifiedCount: 0,
    lastStatus: 422,
    lastError: 'the webhook responded 422',
    notifiedAtUtc: undefined,
  });

async function itemOf(parcelId: number) {
  const { dynamodb, resources } = engines();
  const Key = notificationKey(`delivery-${parcelId}`);
  const { Item = {} } = await dynamodb.send(new GetItemCommand({ TableName: resources.notificationsTable, Key }));
  return Item;
}

describe('the notifications table', () => {
  test('returns what was put, whichever of it is absent', async () => {
    const all = [
      notification(1),
      notification(2, {
        previous: { eventId: 83_300, timeUtc: told.timeUtc },
        notifiedCount: 2,
        reportedAtUtc: 'later',
      }),
      failed(3),
      notification(4, {
        state: 'requirements-not-met',
        told: undefined,
        unmet: ['reached', 'recent'],
        notifiedCount: 0,
      }),
    ];
    for (const each of all) expect(await table.put(each, undefined)).toBe(true);
    const found = await table.get([...all.map(({ notificationId }) => notificationId), 'delivery-5']);
    expect([...found.values()].toSorted((a, b) => a.parcelId - b.parcelId)).toEqual(all);
    expect([...found.keys()].toSorted()).toEqual(['delivery-1', 'delivery-2', 'delivery-3', 'delivery-4']);
  });

  test('keeps for 400 days what changed last, and lists it until it is told', async () => {
    await table.put(failed(11), undefined);
    expect(await itemOf(11)).toMatchObject({
      unfinished: { S: 'failed#3' },
      changedAtUtc: { S: failed(11).changedAtUtc },
    });
    const later = notification(11, { changedAtUtc: '2026-11-30T06:00:00.000Z' });
    expect(await table.put(later, failed(11))).toBe(true);
    const item = await itemOf(11);
    expect(item).not.toHaveProperty('unfinished');
    expect(item).not.toHaveProperty('lastError');
    expect(new Date(Number(item['expiresAt']?.N) * 1_000).toISOString()).toBe('2028-01-04T06:00:00.000Z');
  });

  test('stores on what was seen only, and leaves what a later release has added', async () => {
    await table.put(failed(21), undefined);
    expect(await table.put(notification(21), undefined)).toBe(false);
    expect(await table.put(notification(21), { ...failed(21), changedAtUtc: '2026-11-29T05:00:00.000Z' })).toBe(false);
    expect(await table.put(notification(21), { ...failed(21), notifiedCount: 1 })).toBe(false);
    const { dynamodb, resources } = engines();
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: resources.notificationsTable,
        Key: notificationKey('delivery-21'),
        UpdateExpression: 'SET later = :later',
        ExpressionAttributeValues: { ':later': { S: 'of a later release' } },
      }),
    );
    expect(await table.put(notification(21), failed(21))).toBe(true);
    expect(await itemOf(21)).toMatchObject({ later: { S: 'of a later release' }, notifiedCount: { N: '1' } });
  });

  test('stores on an item of which another program has left the key alone', async () => {
    const { dynamodb, resources } = engines();
    const Key = notificationKey('delivery-31');
    await dynamodb.send(new UpdateItemCommand({ TableName: resources.notificationsTable, Key }));
    const seen = (await table.get(['delivery-31'])).get('delivery-31');
    expect(seen).toMatchObject({ state: 'failed', notifiedCount: 0, changedAtUtc: '' });
    expect(await table.put(notification(31), seen)).toBe(true);
  });

  test('asks again for what DynamoDB leaves unprocessed', async () => {
    const half = processHalf(engines().dynamodb);
    await table.put(notification(41), undefined);
    await table.put(notification(42), undefined);
    expect((await table.get(['delivery-41', 'delivery-42', 'delivery-43'])).size).toBe(2);
    expect(half.calls()).toBeGreaterThan(1);
    half.end();
  });
});
