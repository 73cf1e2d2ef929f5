import type { Activity } from '@waybill/operations/activity/activity.ts';
import type { LeaseMemory } from '@waybill/operations/status/read-status.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { getActivity } from '../../status/activity.ts';
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
        const [status, activity] = await Promise.all([
          getStatus({ ...deps, lease }, caller, signal),
          orNull(getActivity(deps, caller, signal)),
        ]);
        const main = nowView(status, activity, clock.now());
        const hasPlots = activity !== null;
        return show(reply, {
          ...{ title: 'Now', active: 'now', main, isLive: true, hasPlots },
          ...(hasPlots && { script: 'plots.js' }),
        });
      },
    );
  };
}

/** The status, which asks for the same, says why it cannot be read. */
async function orNull(reading: ReturnType<typeof getActivity>): Promise<Activity | null> {
  try {
    return await reading;
  } catch {
    return null;
  }
}
