import { notificationStates } from '@waybill/notifier/notifications/notification-state.ts';
import { placeShape } from '@waybill/operations/newest-first.ts';
import { type NotificationView, notificationShape } from '@waybill/operations/notifications/notification-view.ts';
import { listNotifications, showNotification } from '@waybill/operations/notifications/read-notifications.ts';
import { z } from 'zod';
import { type Caller, requireScope } from '../access/caller.ts';
import type { Cursors } from '../pages/cursor.ts';
import { nextCursorShape, pageParameters } from '../pages/page.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';

export type NotificationsDependencies = Pick<ApiDependencies, 'dynamodb' | 'deployment'>;

export const notificationsQuery = z.strictObject({
  state: z
    .enum(notificationStates)
    .optional()
    .describe('Only notifications in this state; without it all that were not told, so that somebody should look.'),
  ...pageParameters,
});

/** The last changed first; those that were told are in no order. */
export const notificationsShape = z.strictObject({
  notifications: z.array(notificationShape),
  nextCursor: nextCursorShape,
});

/** A page of notifications. Rejects with `NOT_CONFIGURED` where the deployment has no table of them. */
export async function getNotifications(
  { cursors, ...deps }: NotificationsDependencies & { readonly cursors: Cursors },
  caller: Caller,
  { state, limit, cursor }: z.output<typeof notificationsQuery>,
  signal: AbortSignal,
): Promise<z.output<typeof notificationsShape>> {
  requireScope(caller, 'read');
  const list = { name: 'notifications', filters: { state } };
  const after = cursor === undefined ? undefined : cursors.open(list, cursor, placeShape);
  const { notifications, next } = await listNotifications(deps, { state, limit, after }, signal);
  return { notifications: [...notifications], ...(next && { nextCursor: cursors.seal(caller, list, next) }) };
}

/** A notification by its id. Rejects with `NOT_FOUND`, or `NOT_CONFIGURED` as {@link getNotifications} does. */
export async function getNotification(
  deps: NotificationsDependencies,
  caller: Caller,
  notificationId: string,
  signal: AbortSignal,
): Promise<NotificationView> {
  requireScope(caller, 'read');
  return await showNotification(deps, notificationId, signal);
}
