import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Cursors } from '../pages/cursor.ts';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { getOperations, operationsQuery, operationsShape } from './operations.ts';

/** `GET /v1/operations`. */
export function operationRoutes(deps: ApiDependencies & { readonly cursors: Cursors }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/v1/operations',
      {
        config: { scopes: ['read'] },
        schema: {
          operationId: 'listOperations',
          summary: 'What operators did, why, and how it ended; the newest first',
          tags: ['operations'],
          querystring: operationsQuery,
          response: answers({ 200: operationsShape }),
        },
      },
      ({ query, caller }) => getOperations(deps, caller, query),
    );
  };
}
