import { createHash } from 'node:crypto';
import type { QueueCapacityDependencies } from '@waybill/shared/queue/queue-capacity.ts';
import { queueFullness } from '@waybill/shared/queue/queue-capacity.ts';
import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nobody } from '../access/access.ts';
import { Problem } from '../problems/problem.ts';
import { answers } from '../problems/problem-answers.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { validateInput } from '../server/validate-input.ts';
import { dynamoDbBatchStore } from './dynamodb-batch-store.ts';
import { ingest } from './ingest.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { preparePush } from './prepare-push.ts';
import type { PushOutcome } from './push.ts';
import { decompressed, elementsOf, isGzip, requireReadable } from './push-body.ts';
import { acceptedShape, keyShape, pushShape } from './push-shapes.ts';
import { verifySignature } from './signature.ts';

/** Seconds after which a queue that is full is worth another try. */
const fullRetrySeconds = 10;

/** The body is bytes, which are judged by their own reader; the document has its shape. */
const validatePush: FastifySchemaCompiler<z.ZodType> = (route) =>
  route.httpPart === 'body' ? (value: unknown) => ({ value }) : validateInput(route);

/** Push ingestion (`api.md`, "Push ingestion"). */
export function ingestionRoutes(deps: ApiDependencies): FastifyPluginAsyncZod {
  const { documents, clock, metrics, settings } = deps;
  const batches = dynamoDbBatchStore({ documents, tableName: deps.deployment.batchesTable ?? '' });
  const isQueueFull = queueFullness({ ...fullness(deps), maxQueueMessages: settings.maxQueueMessages });
  // Parsed, a body takes many times its bytes, and the event loop's time in any case: one after the other takes it once.
  const inTurn = oneAtATime();

  /** Who pushes, and by which key: a token says who, whatever else is there; without one the signature does, over the bytes as received. */
  function identified(request: FastifyRequest, received: Uint8Array, key: string | undefined) {
    if (request.caller !== nobody) return { caller: request.caller, key };
    const signed = verifySignature(request.headers, received, settings.ingestSecrets, clock.now());
    if (!signed) throw new Problem('UNAUTHENTICATED', 'the signature is of no secret that is known here, or too old');
    request.caller = signed.caller;
    request.visit.countFor(signed.caller.name);
    // The one that is signed: another could be exchanged by whoever repeats the request.
    return { caller: signed.caller, key: signed.webhookId };
  }

  return async (app) => {
    app.setValidatorCompiler(validatePush);
    // Raw bytes, for the signature, in this plugin alone.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (_request: unknown, body: unknown) => body,
    );

    app.post(
      '/v1/scan-events',
      {
        config: { scopes: ['ingest'], signed: true },
        schema: {
          operationId: 'pushScanEvents',
          tags: ['ingestion'],
          summary: 'Scan events, pushed in the envelope of the Scan Event API',
          description:
            'Answered once each accepted event is confirmed on the queue. With a key, a repetition is right at any time. `Content-Encoding: gzip` is taken.',
          headers: z.looseObject({
            'idempotency-key': keyShape
              .optional()
              .describe(
                'Names the push: the same key with the same body is the same batch, for 14 days. A signed push is named by its `webhook-id`',
              ),
          }),
          body: pushShape,
          response: answers(
            { 202: acceptedShape },
            'CONFLICT',
            'UNSUPPORTED_MEDIA_TYPE',
            'UNPROCESSABLE',
            'IDEMPOTENCY_KEY_REUSED',
          ),
        },
        preParsing: async (request) => {
          requireReadable(request.headers);
          if (!(await isQueueFull(clock))) return;
          metrics['waybill.ingestion.batches'].add(1, { outcome: 'queue_full' });
          throw new Problem('UNAVAILABLE', 'the queue is full: push this again later', {
            retryAfterSeconds: fullRetrySeconds,
          });
        },
      },
      async (request, reply) => {
        const { headers, signal } = request;
        // Bytes by the parser above; nothing where the request has no body.
        const parsed: unknown = request.body;
        const received = parsed instanceof Uint8Array ? parsed : new Uint8Array();
        const { caller, key } = identified(request, received, headers['idempotency-key']);
        const gzip = isGzip(headers['content-encoding']);
        if (gzip) request.visit.hold(settings.bodyMaxBytes);
        const body = gzip ? await decompressed(received, settings.bodyMaxBytes) : received;
        const prepared = await inTurn(async () => {
          signal.throwIfAborted();
          return await preparePush(elementsOf(body), settings.messageMaxBytes);
        });
        const bodySha256 = createHash('sha256').update(body).digest('hex');
        const push = { caller, bodySha256, prepared, ...(key !== undefined && { key }) };
        const accepted = acceptedOf(await ingest({ ...deps, batches }, push, signal));
        return reply.code(202).header('location', `/v1/batches/${accepted.batchId}`).send(accepted);
      },
    );
  };
}

/** Throws the problem that the outcome is. */
function acceptedOf(outcome: PushOutcome): z.infer<typeof acceptedShape> {
  switch (outcome.kind) {
    case 'accepted': {
      const { batchId, accepted, rejected } = outcome;
      return { batchId, accepted, rejected: [...rejected] };
    }
    case 'nothing acceptable':
      throw new Problem('UNPROCESSABLE', 'no element is a scan event: "rejected" says why', {
        members: { rejected: outcome.rejected },
      });
    case 'key reused':
      throw new Problem('IDEMPOTENCY_KEY_REUSED', 'this key stands for another body: choose a new one for this push');
    case 'under way':
      throw new Problem('CONFLICT', 'another request with this key is under way: send this again later', {
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
    case 'not confirmed':
      throw new Problem('UNAVAILABLE', 'the queue did not confirm every event in time: send this again, with its key', {
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
  }
}

function fullness({ queue, log }: ApiDependencies): Omit<QueueCapacityDependencies, 'maxQueueMessages'> {
  return {
    queue,
    onDepth: ({ depth, isFull, isChange }) => {
      if (isChange) log.warn({ depth }, isFull ? 'pushes are refused: the queue is full' : 'pushes are taken again');
    },
    onFailure: (error) => log.warn({ err: error }, 'queue depth unknown, pushes are taken'),
  };
}
