import formbody from '@fastify/formbody';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Problem } from '../problems/problem.ts';
import { openAssets } from './assets/asset-routes.ts';
import { batchScreens } from './batches/batch-screens.ts';
import { failureScreens } from './failures/failure-screens.ts';
import type { PageDependencies } from './layout/page-dependencies.ts';
import { showWith } from './layout/show.ts';
import { notificationScreens } from './notifications/notification-screens.ts';
import { nowScreen } from './now/now-screen.ts';
import { operationScreens } from './operations/operation-screens.ts';
import { parcelScreen } from './parcel/parcel-screen.ts';
import { redriveScreens } from './redrives/redrive-screens.ts';
import { sessionRoutes } from './session/session-routes.ts';
import { stuckScreen } from './stuck/stuck-screen.ts';

/** Bytes of a form: a plan that goes on record is in one of them. */
const formBytes = 65_536;

/** The operator's page (`operators.md`): a screen each line. It has no acts of its own: it calls those of the API. */
export function operatorPage(deps: Omit<PageDependencies, 'show'>): FastifyPluginAsyncZod {
  const assets = openAssets();
  const withShow = { ...deps, show: showWith({ clock: deps.clock, assets }) };
  return async (app) => {
    await app.register(formbody, { bodyLimit: formBytes });
    app.addHook('onRequest', (request, _, done) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      done(isRead || request.headers['sec-fetch-site'] === 'same-origin' ? undefined : otherSite());
    });
    const screens = [
      assets.routes,
      sessionRoutes(withShow),
      nowScreen(withShow),
      parcelScreen(withShow),
      stuckScreen(withShow),
      batchScreens(withShow),
      notificationScreens(withShow),
      failureScreens(withShow),
      redriveScreens(withShow),
      operationScreens(withShow),
    ];
    for (const screen of screens) await app.register(screen);
  };
}

/** Browsers say in `Sec-Fetch-Site` whose form it is, which no script can change (Fetch Metadata). They say it by TLS, or on this machine. */
function otherSite(): Problem {
  return new Problem('FORBIDDEN', 'this was not sent by a form of this page: open the page by https, and try it there');
}
