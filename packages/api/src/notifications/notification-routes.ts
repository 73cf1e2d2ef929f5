import { notificationShape } from '@waybill/operations/notifications/notification-view.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cursors } from '../pages/cursor.ts';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { idInPath } from '../server/id-in-path.ts';
import {
  getNotification,
  getNotifications,
  notificationsQuery,
  notificationsShape,
  postDeliveries,
} from './notifications.ts';

/** `GET /v1/notifications` and `GET /v1/notifications/{notificationId}`; `POST /v1/notifications/deliveries` says that it is off. */
export function notificationRoutes(deps: ApiDependencies & { readonly cursors: Cursors }): FastifyPluginAsyncZod {
  const config = { scopes: ['read'] } as const;
  return async (app) => {
    app.get(
      '/v1/notifications',
      {
        config,
        schema: {
          operationId: 'listNotifications',
          summary: 'Notifications that were not told, the last changed first; or those in a state',
          tags: ['notifications'],
          querystring: notificationsQuery,
          response: answers({ 200: notificationsShape }, 'NOTIFICATIONS_OFF'),
        },
      },
      ({ query, caller, signal }) => getNotifications(deps, caller, query, signal),
    );
    app.get(
      '/v1/notifications/:notificationId',
      {
        config,
        schema: {
          operationId: 'getNotification',
          summary: 'Whether a milestone of a parcel was told, when, or why not',
          tags: ['notifications'],
          params: z.strictObject({ notificationId: idInPath }),
          response: answers({ 200: notificationShape }, 'NOT_FOUND', 'NOTIFICATIONS_OFF'),
        },
      },
      ({ params, caller, signal }) => getNotification(deps, caller, params.notificationId, signal),
    );
    app.post(
      '/v1/notifications/deliveries',
      { config: { scopes: ['operate'] }, schema: { hide: true } },
      ({ caller }) => postDeliveries(caller),
    );
  };
}
