import { hasCode } from '@waybill/shared/error.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { batchesQuery, getBatch, getBatches } from '../../batches/batches.ts';
import { idInPath } from '../../server/id-in-path.ts';
import { pageLimit } from '../layout/lists.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { batchFacts, noSuchBatch } from './batch-facts.ts';
import { batchList } from './batch-list.ts';
import { isUnderWay, takesNoBatches } from './batch-words.ts';

/** `/batches`, what was pushed over HTTP, and `/batches/{batchId}`, what became of one push. */
export function batchScreens(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock, deployment } = deps;
  const config = screenConfig(show, ['read']);
  const active = 'batches';
  const isOff = deployment.batchesTable === undefined;
  return async (app) => {
    app.get(
      '/batches',
      { config, schema: { hide: true, querystring: batchesQuery.omit({ limit: true }) } },
      async ({ query, caller, signal }, reply) => {
        if (isOff) return show(reply.code(404), { title: 'Batches', active, main: takesNoBatches() });
        const page = await getBatches(deps, caller, { ...query, limit: pageLimit }, signal);
        const isLive = query.cursor === undefined;
        return show(reply, { title: 'Batches', active, main: batchList(page, query, clock.now()), isLive });
      },
    );
    app.get(
      '/batches/:batchId',
      { config, schema: { hide: true, params: z.strictObject({ batchId: idInPath }) } },
      async ({ params: { batchId }, caller, signal }, reply) => {
        if (isOff) return show(reply.code(404), { title: 'Batch', active, main: takesNoBatches() });
        try {
          const batch = await getBatch(deps, caller, batchId, signal);
          const main = batchFacts(batch, clock.now());
          return show(reply, { title: 'Batch', active, main, isLive: isUnderWay(batch.status) });
        } catch (error) {
          if (!hasCode(error, 'NOT_FOUND')) throw error;
          return show(reply.code(404), { title: 'Batch', active, main: noSuchBatch(batchId) });
        }
      },
    );
  };
}
