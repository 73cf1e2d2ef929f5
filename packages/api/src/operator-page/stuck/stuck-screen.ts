import { hasCode } from '@waybill/shared/error.ts';
import { typedDurationMs } from '@waybill/shared/times.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pageParameters } from '../../pages/page.ts';
import { createParcelQueries } from '../../parcels/parcel-queries.ts';
import { html } from '../html/html.ts';
import { pageLimit } from '../layout/lists.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { indexOff } from './index-off.ts';
import { openStages, stuckFilters } from './stuck-filters.ts';
import { stuckList } from './stuck-list.ts';

/** How long ago the latest scan of a stuck parcel is, unless somebody asks otherwise. */
const usualSince = '48h';

const stuckQuery = z.strictObject({
  since: z.string().max(100).default(usualSince),
  // A form sends the choice "any" as an empty text.
  stage: z.preprocess((text) => (text === '' ? undefined : text), z.enum(openStages).optional()),
  /** The instant that `since` meant on the first page: pages of one list have the same. */
  before: z.iso.datetime().optional(),
  cursor: pageParameters.cursor,
});

/** `/stuck`: which parcels have not arrived and are not scanned any more. */
export function stuckScreen(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock } = deps;
  const queries = createParcelQueries(deps);
  return async (app) => {
    app.get(
      '/stuck',
      { config: screenConfig(show, ['read']), schema: { hide: true, querystring: stuckQuery } },
      async ({ query, caller, signal }, reply) => {
        const { stage, before, cursor } = query;
        const since = query.since.trim();
        const screen = { title: 'Stuck', active: 'stuck' } as const;
        const sinceMs = typedDurationMs(since);
        if (sinceMs === undefined)
          return show(reply.code(400), { ...screen, main: stuckFilters({ since, stage }, true) });
        const nowMs = clock.now();
        const lastScanBefore = before ?? new Date(Math.max(0, nowMs - sinceMs)).toISOString();
        try {
          const page = await queries.open(caller, { stage, lastScanBefore }, { limit: pageLimit, cursor }, signal);
          const list = stuckList(page, { since, stage, before: lastScanBefore, cursor }, nowMs);
          return show(reply, { ...screen, main: html`${stuckFilters({ since, stage })}${list}` });
        } catch (error) {
          if (!hasCode(error, 'INDEX_OFF')) throw error;
          return show(reply.code(404), { ...screen, main: indexOff(since) });
        }
      },
    );
  };
}
