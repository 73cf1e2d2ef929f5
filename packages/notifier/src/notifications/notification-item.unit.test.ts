import { indexKeys } from '@waybill/shared/index-keys.ts';
import { tables } from '@waybill/shared/resources.ts';
import { expect, test } from 'vitest';
import { notificationAttributes, readNotification } from './notification-item.ts';

test('every attribute that is written is known as one of the table, and no other', () => {
  const written = [tables.notifications.key.name, ...notificationAttributes.map(({ name }) => name)];
  expect(Object.keys(indexKeys[tables.notifications.name] ?? {}).toSorted()).toEqual(written.toSorted());
});

test('a state of a later release is not told, unless it says how often it was', () => {
  const about = { milestone: 'delivery', parcelId: 7 } as const;
  const item = { notificationId: { S: 'delivery-7' }, state: { S: 'postponed' }, attempts: { S: 'many' } };
  expect(readNotification(item, about)).toMatchObject({ state: 'failed', attempts: 0, notifiedCount: 0 });
  expect(readNotification({ ...item, notifiedCount: { N: '2' } }, about)).toMatchObject({ notifiedCount: 2 });
});
