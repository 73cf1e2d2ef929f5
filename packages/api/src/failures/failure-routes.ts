import { failureGroupsShape } from '@waybill/operations/failures/failure-groups.ts';
import { shownFailureShape } from '@waybill/operations/failures/failure-show.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cursors } from '../pages/cursor.ts';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { idInPath } from '../server/id-in-path.ts';
import {
  failureGroupsQuery,
  failuresQuery,
  failuresShape,
  getFailure,
  getFailureGroups,
  getFailures,
} from './failures.ts';

/** `GET /v1/failures/groups`, `GET /v1/failures` and `GET /v1/failures/{failureId}`. */
export function failureRoutes(deps: ApiDependencies & { readonly cursors: Cursors }): FastifyPluginAsyncZod {
  const config = { scopes: ['read'] } as const;
  const tags = ['operations'];
  return async (app) => {
    app.get(
      '/v1/failures/groups',
      {
        config,
        schema: {
          operationId: 'listFailureGroups',
          summary: 'What failed and is not resolved, by cause',
          tags,
          querystring: failureGroupsQuery,
          response: answers({ 200: failureGroupsShape }, 'INDEX_OFF'),
        },
      },
      ({ query, caller, signal }) => getFailureGroups(deps, caller, query, signal),
    );
    app.get(
      '/v1/failures',
      {
        config,
        schema: {
          operationId: 'listFailures',
          summary: 'What failed and is not resolved, the last failed first',
          tags,
          querystring: failuresQuery,
          response: answers({ 200: failuresShape }, 'INDEX_OFF'),
        },
      },
      ({ query, caller, signal }) => getFailures(deps, caller, query, signal),
    );
    app.get(
      '/v1/failures/:failureId',
      {
        config: { scopes: ['read', 'operate'] },
        schema: {
          operationId: 'getFailure',
          summary: 'One failure, and what to do about it',
          description: '`body`, what failed, is there only for a token that has the scope `operate`.',
          tags,
          params: z.strictObject({ failureId: idInPath }),
          response: answers({ 200: shownFailureShape }, 'NOT_FOUND'),
        },
      },
      ({ params, caller }) => getFailure(deps, caller, params.failureId),
    );
  };
}
