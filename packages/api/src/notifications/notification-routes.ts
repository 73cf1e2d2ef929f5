import { notificationShape } from '@waybill/operations/notifications/notification-view.ts';
import { sentShape } from '@waybill/operations/notifications/sent-shape.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cursors } from '../pages/cursor.ts';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { idInPath } from '../server/id-in-path.ts';
import { type DeliveriesDependencies, deliveriesRequest, postDeliveries } from './deliveries.ts';
import { getNotification, getNotifications, notificationsQuery, notificationsShape } from './notifications.ts';

/** Bytes of a request: a hundred ids and a reason. */
const deliveriesBodyBytes = 16_384;

/** `GET /v1/notifications`, `GET /v1/notifications/{notificationId}` and `POST /v1/notifications/deliveries`. */
export function notificationRoutes(
  deps: ApiDependencies & DeliveriesDependencies & { readonly cursors: Cursors },
): FastifyPluginAsyncZod {
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
      {
        config: { scopes: ['operate'] },
        bodyLimit: deliveriesBodyBytes,
        schema: {
          operationId: 'sendNotifications',
          summary: 'Notify parcels now, and say what became of each',
          description: [
            'Tells the milestones that this deployment notifies (`NOTIFY`), as the notifier does, where the requirements are met and nothing was told before.',
            'Answered with 200 when at least one was told or nothing was left to do; every problem has the same lists.',
            'A request has 10 seconds: attempts are cut off after 8, what was told until then is recorded, and the rest is in `failed`.',
            'A repetition with the ids that failed is safe: what was told is not told again.',
            'A parcel with several milestones is in one list, the first that fits: `failed`, `notified`, `requirementsNotMet`, `alreadyNotified`, `notFound`.',
          ].join(' '),
          tags: ['notifications'],
          body: deliveriesRequest,
          response: answers(
            { 200: sentShape },
            'NOT_FOUND',
            'NOTIFICATIONS_OFF',
            'UNSUPPORTED_MEDIA_TYPE',
            'UNPROCESSABLE',
            'WEBHOOK_REFUSED',
          ),
        },
      },
      ({ body, caller, signal }) => postDeliveries(deps, caller, body, signal),
    );
  };
}
