import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import { tables } from '@waybill/shared/resources.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { putItems, tableOf } from '../../test/parcels-rig.ts';
import type { Place } from '../newest-first.ts';
import { notificationShape } from './notification-view.ts';
import { listNotifications, notificationsOfParcel, showNotification } from './read-notifications.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
let notificationsTable = '';

function notification(parcelId: number, state: string, fields: Item = {}): Item {
  const second = String(parcelId).padStart(2, '0');
  return {
    notificationId: { S: `delivery-${parcelId}` },
    state: { S: state },
    parcelId: { N: String(parcelId) },
    milestone: { S: 'delivery' },
    eventId: { N: '83270' },
    timeUtc: { S: '2021-05-11T21:15:34.1506147Z' },
    ...(state !== 'notified' && {
      unfinished: { S: `${state}#${parcelId % 8}` },
      changedAtUtc: { S: `2026-11-28T10:00:${second}Z` },
    }),
    ...fields,
  };
}

const reading = () => ({ dynamodb: engines().dynamodb, deployment: { notificationsTable } });

beforeAll(async () => {
  const { dynamodb } = engines();
  notificationsTable = await tableOf(dynamodb, tables.notifications);
  const refused = { lastStatus: { N: '422' }, lastError: { S: 'HTTP 422' }, attempts: { N: '4' } };
  await putItems(dynamodb, notificationsTable, [
    notification(1, 'notified', { notifiedCount: { N: '1' }, attempts: { N: '1' } }),
    notification(2, 'notified'),
    notification(3, 'failed', refused),
    notification(4, 'requirements-not-met', { unmet: { L: [{ S: 'picked-up' }] } }),
    notification(13, 'failed', refused),
    { ...notification(14, 'failed'), state: { S: 'lost' } },
  ]);
});

const idsOf = ({ notifications }: { readonly notifications: readonly { readonly parcelId: number }[] }) =>
  notifications.map(({ parcelId }) => parcelId);

describe('notifications', () => {
  test('that need a look are listed, the last changed first', async () => {
    const all = await listNotifications(reading(), { state: undefined, limit: 10 }, never);
    expect(idsOf(all)).toEqual([13, 4, 3]);
    expect(all).toMatchObject({ unreadable: 1, notLookedAt: [] });
    expect(all.next).toBeUndefined();
    for (const each of all.notifications) notificationShape.parse(each);
    expect(all.notifications[0]).toMatchObject({ lastStatus: 422, attempts: 4, notifiedAtUtc: null });
    const failed = await listNotifications(reading(), { state: 'failed', limit: 1 }, never);
    expect(idsOf(failed)).toEqual([13]);
    const rest = await listNotifications(reading(), { state: 'failed', limit: 5, after: failed.next }, never);
    expect([idsOf(rest), rest.next]).toEqual([[3], undefined]);
  });

  test('that were told are looked for in the table, and the list says so', async () => {
    const told = await listNotifications(reading(), { state: 'notified', limit: 10 }, never);
    expect(new Set(idsOf(told))).toEqual(new Set([1, 2]));
    expect(told.notLookedAt).toEqual([expect.stringContaining('in no index')]);
    const pages: number[] = [];
    let after: Place | undefined;
    do {
      const page = await listNotifications(reading(), { state: 'notified', limit: 1, after }, never);
      pages.push(...idsOf(page));
      after = page.next;
    } while (after);
    expect(pages.toSorted()).toEqual([1, 2]);
  });

  test('one is shown by its id, and those of a parcel with the parcel', async () => {
    expect(await showNotification(reading(), 'delivery-4', never)).toMatchObject({ unmet: ['picked-up'] });
    await expect(showNotification(reading(), 'delivery-40', never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await notificationsOfParcel(reading(), 1, never)).toMatchObject([{ state: 'notified', notifiedCount: 1 }]);
    expect(await notificationsOfParcel(reading(), 40, never)).toEqual([]);
  });

  test('of a deployment without their table are said to be not configured, and a parcel has none', async () => {
    const none = { ...reading(), deployment: { notificationsTable: undefined } };
    const message = 'this deployment notifies nobody: NOTIFICATIONS_TABLE is not set';
    const listed = listNotifications(none, { state: undefined, limit: 1 }, never);
    await expect(listed).rejects.toMatchObject({ code: 'NOT_CONFIGURED', message });
    await expect(showNotification(none, 'x', never)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    expect(await notificationsOfParcel(none, 1, never)).toEqual([]);
  });
});
