import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { openStatusAndActivity } from '../../status/status-and-activity.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { nowView } from './now-view.ts';

/** `/`: how Waybill is doing, in a sentence, in figures, and over the last hour. */
export function nowScreen(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock } = deps;
  const read = openStatusAndActivity(deps);
  return async (app) => {
    app.get('/', { config: screenConfig(show, ['read']), schema: { hide: true } }, async ({ caller }, reply) => {
      const { status, activity } = await read(caller);
      return show(reply, {
        ...{ title: 'Now', active: 'now', asOfUtc: status.asOfUtc },
        main: nowView(status, activity, clock.now()),
        // Also where there is nothing to draw yet: there may be, once it is freshened.
        ...{ isLive: true, hasPlots: true, script: 'plots.js' },
      });
    });
  };
}
