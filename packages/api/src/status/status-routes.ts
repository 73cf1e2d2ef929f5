import { statusShape } from '@waybill/operations/status/status-shape.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { getStatus } from './status.ts';

/** `GET /v1/status`. */
export function statusRoutes(deps: ApiDependencies): FastifyPluginAsyncZod {
  const remembering = { ...deps, lease: {} };
  return async (app) => {
    app.get(
      '/v1/status',
      {
        config: { scopes: ['read'] },
        schema: {
          operationId: 'getStatus',
          summary: 'How the pipeline is doing, in a sentence and in numbers',
          tags: ['operations'],
          response: answers({ 200: statusShape }),
        },
      },
      ({ caller, signal }) => getStatus(remembering, caller, signal),
    );
  };
}
