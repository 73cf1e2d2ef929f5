import type { LeaseMemory } from '@waybill/operations/status/read-status.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { getStatus } from '../../status/status.ts';
import { html } from '../html/html.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';

/** `/`: how Waybill is doing, in a sentence and in figures. */
export function nowScreen(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show } = deps;
  const lease: LeaseMemory = {};
  return async (app) => {
    app.get(
      '/',
      { config: screenConfig(show, ['read']), schema: { hide: true } },
      async ({ caller, signal }, reply) => {
        const status = await getStatus({ ...deps, lease }, caller, signal);
        const main = html`<p id="sentence" class="sentence" role="status" data-live>${status.sentence}</p>`;
        return show(reply, { title: 'Now', active: 'now', main, isLive: true });
      },
    );
  };
}
