import { milestoneOfNotification } from '@waybill/notifier/notifications/notification-id.ts';
import { attemptsOnDemand } from '@waybill/operations/notifications/attempts-on-demand.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type DeliveriesDependencies, postDeliveries } from '../../notifications/deliveries.ts';
import { getNotification, getNotifications, notificationsQuery } from '../../notifications/notifications.ts';
import { Problem, problems } from '../../problems/problem.ts';
import { idInPath } from '../../server/id-in-path.ts';
import { html } from '../html/html.ts';
import { pageLimit } from '../layout/lists.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { noSuchNotification, notificationFacts, notifiesNobody } from './notification-facts.ts';
import { notificationList } from './notification-list.ts';
import { cannotTell, sentOf, tellForm, tellNow, toldScreen } from './tell.ts';

/** `/notifications`, what was not told, and `/notifications/{notificationId}`, where a parcel can be told now. */
export function notificationScreens(deps: PageDependencies & DeliveriesDependencies): FastifyPluginAsyncZod {
  const { show, clock, deployment, notifying } = deps;
  const active = 'notifications';
  const ofOne = { title: 'Notification', active } as const;
  const isOff = deployment.notificationsTable === undefined;
  const params = z.strictObject({ notificationId: idInPath });
  return async (app) => {
    app.get(
      '/notifications',
      {
        config: screenConfig(show, ['read']),
        schema: { hide: true, querystring: notificationsQuery.omit({ limit: true }) },
      },
      async ({ query, caller, signal }, reply) => {
        const screen = { title: 'Notifications', active } as const;
        if (isOff) return show(reply.code(404), { ...screen, main: notifiesNobody() });
        const page = await getNotifications(deps, caller, { ...query, limit: pageLimit }, signal);
        const isLive = query.cursor === undefined;
        return show(reply, { ...screen, main: notificationList(page, query, clock.now()), isLive });
      },
    );
    app.get(
      '/notifications/:notificationId',
      { config: screenConfig(show, ['read']), schema: { hide: true, params } },
      async ({ params: { notificationId }, caller, signal }, reply) => {
        if (isOff) return show(reply.code(404), { ...ofOne, main: notifiesNobody() });
        try {
          const notification = await getNotification(deps, caller, notificationId, signal);
          const act = notifying ? tellNow(notification) : cannotTell(notification);
          const main = html`${notificationFacts(notification, clock.now())}${caller.scopes.has('operate') && act}`;
          return show(reply, { ...ofOne, main });
        } catch (error) {
          if (!hasCode(error, 'NOT_FOUND')) throw error;
          return show(reply.code(404), { ...ofOne, main: noSuchNotification(notificationId) });
        }
      },
    );
    app.post(
      '/notifications/:notificationId',
      { config: screenConfig(show, ['operate']), schema: { hide: true, params, body: tellForm } },
      async ({ params: { notificationId }, body, caller, signal }, reply) => {
        const of = milestoneOfNotification(notificationId);
        if (!of) return show(reply.code(404), { ...ofOne, main: noSuchNotification(notificationId) });
        const { because, again } = body;
        const asked = { because, again: again !== undefined, attempts: attemptsOnDemand.usual };
        try {
          const sent = await postDeliveries(deps, caller, { ...asked, parcelIds: [of.parcelId] }, signal);
          return show(reply, { ...ofOne, main: toldScreen(sent, notificationId) });
        } catch (error) {
          const sent = sentOf(error);
          if (!sent || !(error instanceof Problem)) throw error;
          return show(reply.code(problems[error.code].status), { ...ofOne, main: toldScreen(sent, notificationId) });
        }
      },
    );
  };
}
