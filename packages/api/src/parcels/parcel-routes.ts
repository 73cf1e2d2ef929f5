import { batchGetKeys } from '@waybill/shared/batch-get.ts';
import { stages } from '@waybill/shared/domain/stage-names.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cursors } from '../pages/cursor.ts';
import { pageParameters, wholeNumber } from '../pages/page.ts';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { entityTag, names } from './entity-tag.ts';
import { oneParcelShape, parcelsPageShape, someParcelsShape } from './parcel-answers.ts';
import { createParcelQueries } from './parcel-queries.ts';

/** A ParcelId: a safe integer above 0. */
const parcelIdShape = z.int('a whole number from 1 to 9007199254740991').min(1);

/** A UTC instant with seconds, as scans have them. */
const instantShape = z.iso
  .datetime('a date and time in UTC, such as 2021-05-11T21:15:34Z')
  .describe('Those whose latest scan was before this instant');

const listQuery = z
  .strictObject({
    open: z.literal('true').optional().describe('Only parcels that have not arrived'),
    stage: z.enum(stages).optional().describe('With `open=true`: those at this stage; none is at `delivered`'),
    lastScanBefore: instantShape.optional(),
    ...pageParameters,
  })
  .superRefine(({ open, stage, lastScanBefore }, context) => {
    for (const [name, value] of Object.entries({ stage, lastScanBefore }))
      if (open === undefined && value !== undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'narrows open parcels only: add open=true' });
  });

/** The questions about parcels (`api.md`, "Parcels"). */
export function parcelRoutes(deps: ApiDependencies & { readonly cursors: Cursors }): FastifyPluginAsyncZod {
  const queries = createParcelQueries(deps);
  return async (app) => {
    app.get(
      '/v1/parcels/:parcelId',
      {
        config: { scopes: ['read'] },
        schema: {
          operationId: 'getParcel',
          tags: ['parcels'],
          summary: 'One parcel, as it is stored now',
          params: z.strictObject({ parcelId: z.preprocess(wholeNumber, parcelIdShape) }),
          headers: z.looseObject({
            'if-none-match': z.string().optional().describe('The `ETag` of an answer that the client has kept'),
          }),
          response: answers(
            {
              200: oneParcelShape,
              304: z.undefined().describe('The parcel has the revision that the client has kept'),
            },
            'NOT_FOUND',
          ),
        },
      },
      async (request, reply) => {
        const parcel = await queries.one(request.caller, request.params.parcelId, request.signal);
        const { completeThroughEventId, asOfUtc } = parcel;
        const tag = entityTag(parcel.revision);
        reply.headers({ etag: tag, 'cache-control': 'private, no-cache', 'waybill-as-of': asOfUtc });
        // A 304 has no body that could say it.
        if (completeThroughEventId !== null) reply.header('waybill-complete-through', completeThroughEventId);
        return names(request.headers['if-none-match'], tag) ? reply.code(304).send(undefined) : parcel;
      },
    );

    app.post(
      '/v1/parcels/batch-get',
      {
        config: { scopes: ['read'] },
        schema: {
          operationId: 'batchGetParcels',
          tags: ['parcels'],
          summary: `Up to ${batchGetKeys} parcels by their ids`,
          body: z.strictObject({ parcelIds: z.array(parcelIdShape).min(1).max(batchGetKeys) }),
          response: answers({ 200: someParcelsShape }, 'UNSUPPORTED_MEDIA_TYPE'),
        },
      },
      async (request) => await queries.some(request.caller, request.body.parcelIds, request.signal),
    );

    app.get(
      '/v1/parcels',
      {
        config: { scopes: ['read'] },
        schema: {
          operationId: 'listParcels',
          tags: ['parcels'],
          summary: 'All parcels in no order, or the open ones, those first seen longest ago first',
          querystring: listQuery,
          response: answers({ 200: parcelsPageShape }, 'INDEX_OFF'),
        },
      },
      async (request) => {
        const { open, stage, lastScanBefore, ...page } = request.query;
        return open === undefined
          ? await queries.all(request.caller, page, request.signal)
          : await queries.open(request.caller, { stage, lastScanBefore }, page, request.signal);
      },
    );
  };
}
