import type { LeaseMemory } from '@waybill/operations/status/read-status.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { getStatus } from '../../status/status.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { nowView } from './now-view.ts';

/** `/`: how Waybill is doing, in a sentence, in figures, and over the last hour. */
export function nowScreen(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock } = deps;
  const lease: LeaseMemory = {};
  return async (app) => {
    app.get(
      '/',
      { config: screenConfig(show, ['read']), schema: { hide: true } },
      async ({ caller, signal }, reply) => {
        const read = { activity: null };
        const status = await getStatus({ ...deps, lease }, caller, signal);
        const main = nowView(status, read, clock.now());
        return show(reply, { title: 'Now', active: 'now', main, isLive: true });
      },
    );
  };
}
