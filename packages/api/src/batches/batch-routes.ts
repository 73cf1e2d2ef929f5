import { batchShape } from '@waybill/operations/batches/batch-view.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cursors } from '../pages/cursor.ts';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { idInPath } from '../server/id-in-path.ts';
import { batchesQuery, batchesShape, getBatch, getBatches } from './batches.ts';

/** `GET /v1/batches` and `GET /v1/batches/{batchId}`. */
export function batchRoutes(deps: ApiDependencies & { readonly cursors: Cursors }): FastifyPluginAsyncZod {
  const config = { scopes: ['read', 'ingest'] } as const;
  return async (app) => {
    app.get(
      '/v1/batches',
      {
        config,
        schema: {
          operationId: 'listBatches',
          summary: 'What was pushed, the newest first',
          tags: ['ingestion'],
          querystring: batchesQuery,
          response: answers({ 200: batchesShape }),
        },
      },
      ({ query, caller, signal }) => getBatches(deps, caller, query, signal),
    );
    app.get(
      '/v1/batches/:batchId',
      {
        config,
        schema: {
          operationId: 'getBatch',
          summary: 'What became of one push',
          tags: ['ingestion'],
          params: z.strictObject({ batchId: idInPath }),
          response: answers({ 200: batchShape }, 'NOT_FOUND'),
        },
      },
      ({ params, caller, signal }) => getBatch(deps, caller, params.batchId, signal),
    );
  };
}
