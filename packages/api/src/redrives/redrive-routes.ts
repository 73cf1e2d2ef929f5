import { planShape, shownOperationShape } from '@waybill/operations/record/operation-shape.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../problems/problem-answers.ts';
import { idInPath } from '../server/id-in-path.ts';
import { redriveBodyBytes, redrivePlanRequest, redriveRequest } from './redrive-requests.ts';
import { getRedrive, postCancel, postPlan, postRedrive, type RedrivesDependencies } from './redrives.ts';

/** Plan, confirm, run; follow and cancel: `/v1/redrives`. The slot ends with the server. */
export function redriveRoutes(deps: RedrivesDependencies): FastifyPluginAsyncZod {
  const { slot } = deps;
  const operate = { scopes: ['operate'] } as const;
  const tags = ['operations'];
  const params = z.strictObject({ operationId: idInPath });
  return async (app) => {
    app.addHook('preClose', async () => slot.stop());
    app.addHook('onClose', () => slot.ended());
    app.post(
      '/v1/redrives/plan',
      {
        config: operate,
        bodyLimit: redriveBodyBytes,
        schema: {
          operationId: 'planRedrive',
          summary: 'What a redrive would do and cost, without doing it',
          description:
            'Receives dead letters for up to 3 seconds and hands them back; for that time nobody else can. `notLookedAt` says where there are more: then `isMoreThan` is true, and a redrive by this plan has no bound. `waybill dlq redrive --dry-run` looks at up to 10,000.',
          tags,
          body: redrivePlanRequest,
          response: answers({ 200: planShape }, 'CONFLICT', 'UNSUPPORTED_MEDIA_TYPE'),
        },
      },
      ({ body, caller, signal }) => postPlan(deps, caller, body, signal),
    );
    app.post(
      '/v1/redrives',
      {
        config: operate,
        bodyLimit: redriveBodyBytes,
        schema: {
          operationId: 'startRedrive',
          summary: 'Send dead letters to the queue that they came from, as planned',
          description:
            'Begins and answers; follow it where `Location` says. It refuses to go on, with the outcome `refused`, when it meets over 10 % more than planned.',
          tags,
          body: redriveRequest,
          response: answers({ 202: shownOperationShape }, 'CONFLICT', 'UNSUPPORTED_MEDIA_TYPE'),
        },
      },
      async ({ body, caller }, reply) => {
        const operation = await postRedrive(deps, caller, body);
        return reply.code(202).header('location', `/v1/redrives/${operation.operationId}`).send(operation);
      },
    );
    app.get(
      '/v1/redrives/:operationId',
      {
        config: { scopes: ['read', 'operate'] },
        schema: {
          operationId: 'getRedrive',
          summary: 'How far a redrive is, or how it ended',
          tags,
          params,
          response: answers({ 200: shownOperationShape }, 'NOT_FOUND'),
        },
      },
      ({ params: { operationId }, caller }) => getRedrive(deps, caller, operationId),
    );
    app.post(
      '/v1/redrives/:operationId/cancel',
      {
        config: operate,
        bodyLimit: redriveBodyBytes,
        schema: {
          operationId: 'cancelRedrive',
          summary: 'Ask a redrive to hand back what it holds and end',
          description: 'Whoever runs it looks every 3 seconds, a command line too. `state` is `cancelling` until then.',
          tags,
          params,
          response: answers({ 202: shownOperationShape }, 'NOT_FOUND', 'CONFLICT', 'UNSUPPORTED_MEDIA_TYPE'),
        },
      },
      async ({ params: { operationId }, caller }, reply) => {
        const operation = await postCancel(deps, caller, operationId);
        return reply.code(202).header('location', `/v1/redrives/${operationId}`).send(operation);
      },
    );
  };
}
