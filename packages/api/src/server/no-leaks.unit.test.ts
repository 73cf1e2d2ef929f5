import { WaybillError } from '@waybill/shared/error.ts';
import fc from 'fast-check';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { leaksIn } from '../../../shared/test/planted-secrets.ts';
import { openApi, tokens } from '../../test/api-rig.ts';
import { Problem, problems } from '../problems/problem.ts';
import { answers } from '../problems/problem-answers.ts';
import { problemDocument, problemShape } from '../problems/problem-document.ts';
import { problemOf } from './problem-of.ts';

/** What a client sends. */
const secret = 'Planted-5f1c';
/** What errors of our own say: for the log. */
const inside = 'inside-77d0';

const plugin: FastifyPluginAsyncZod = async (app) => {
  const config = { scopes: ['read'] } as const;
  const response = answers({ 200: z.strictObject({ open: z.boolean() }) });
  const querystring = z.strictObject({
    open: z.enum(['true', 'false']).optional(),
    limit: z.coerce.number().optional(),
  });
  app.get('/v1/things', { config, schema: { querystring, response } }, ({ query }) => ({
    open: query.open === 'true',
  }));
  app.get('/v1/things/:thingId', { config, schema: { params: z.strictObject({ thingId: z.coerce.number() }) } }, () => {
    throw new Error(`no thing ${inside}`);
  });
  const body = z.strictObject({
    ids: z.array(z.int()),
    when: z.union([z.iso.datetime(), z.literal('now')]).optional(),
  });
  app.post('/v1/things', { config, schema: { body, response } }, () => {
    // Not what the schema says: an answer with an item in it.
    const item: unknown = { open: secret, item: secret };
    return item as { readonly open: boolean };
  });
};

test('no value that a client sends is in an answer or a log line, nor what is found inside', async () => {
  const { ask, lines } = await openApi({ routes: () => [plugin] });
  const value = fc.constantFrom(secret, `x${secret}`, `${secret}%`, `"${secret}`, `${secret}é`, '7', 'true');
  const header = value.filter((text) => /^[\x20-\x7e]*$/.test(text));
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'QUERY' as 'PUT', 'HEAD'),
    path: fc.oneof(
      fc.constantFrom('/v1/things', '/v1/things/7', '/v1/%'),
      value.map((id) => `/v1/things/${encodeURI(id)}`),
    ),
    query: fc.dictionary(fc.constantFrom('open', 'limit', 'cursor', 'token'), value),
    authorization: fc.oneof(
      fc.constantFrom(`Bearer ${tokens.read}`, `Bearer ${tokens.operate}`),
      header.map((text) => `Bearer ${text}`),
      header,
    ),
    headers: fc.dictionary(
      fc.constantFrom(
        'cookie',
        'user-agent',
        'x-forwarded-for',
        'webhook-signature',
        'idempotency-key',
        'accept',
        'origin',
      ),
      header,
    ),
    type: fc.constantFrom('application/json', 'text/plain', secret),
    body: fc.oneof(
      value,
      fc.json(),
      fc.record({ ids: fc.array(fc.oneof(fc.nat(), value)), when: value }).map((each) => JSON.stringify(each)),
    ),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, authorization, headers, type, body }) => {
      const before = lines.length;
      const hasBody = method !== 'GET' && method !== 'HEAD';
      const answer = await ask({
        method,
        url: `${path}?${new URLSearchParams(query)}`,
        headers: { ...headers, authorization, ...(hasBody && { 'content-type': type }) },
        ...(hasBody && { payload: body }),
      });
      const answered = [answer.text, answer.headers];
      const logged = lines.slice(before);
      expect(leaksIn([...answered, logged], [secret, ...Object.values(tokens)])).toEqual([]);
      expect(leaksIn(answered, [inside])).toEqual([]);
      if (answer.status >= 400 && method !== 'HEAD') expect(problemShape.parse(answer.body).status).toBe(answer.status);
      expect(logged.filter((line) => line['msg'] === 'request')).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

test('whatever is thrown becomes a problem document, without its text', () => {
  const names = ['ValidationException', 'ThrottlingException', 'TimeoutError', 'AbortError', 'ZodError', 'Error', ''];
  const codes = [
    'NOT_FOUND',
    'INDEX_OFF',
    'NOT_CONFIGURED',
    'STORE_REJECTED',
    'LEASE_LOST',
    'OPERATION_REFUSED',
  ] as const;
  const extras = fc.record(
    {
      code: fc.constantFrom('ECONNRESET', 'FST_ERR_CTP_BODY_TOO_LARGE', 'FST_ERR_VALIDATION', 7),
      statusCode: fc.oneof(fc.constantFrom(400, 404, 413, 415, 500, 503), fc.anything()),
      $metadata: fc.anything(),
      syscall: fc.constant('connect'),
      errors: fc.anything(),
      validation: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const error = fc
    .tuple(fc.constantFrom(...names), extras)
    .map(([name, extra]) => Object.assign(new Error(secret), { name, ...extra }));
  const thrown = fc.oneof(
    fc.anything(),
    error,
    fc.array(error).map((errors) => new AggregateError(errors, secret)),
    fc.constantFrom(...codes).map((code) => new WaybillError(code, secret, { details: { variable: secret } })),
    fc.constantFrom(...(Object.keys(problems) as (keyof typeof problems)[])).map((code) => new Problem(code, 'shown')),
  );
  fc.assert(
    fc.property(thrown, (value) => {
      const document = problemDocument(problemOf(value), 'id');
      expect(problemShape.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
      expect(document).toMatchObject({ ...problems[document.code], requestId: 'id' });
      expect(JSON.stringify(document)).not.toContain(secret);
      expect(document.detail).not.toBe('');
    }),
  );
});

test('a problem’s own members go no further than beside those of RFC 9457', () => {
  const members = { rejected: [{ index: 1 }], status: 200, code: 'OK', requestId: 'other', type: 'x' };
  expect(problemDocument(new Problem('UNPROCESSABLE', 'nothing', { members }), 'id')).toEqual({
    rejected: [{ index: 1 }],
    type: 'urn:waybill:problem:unprocessable',
    title: problems.UNPROCESSABLE.title,
    status: 422,
    detail: 'nothing',
    code: 'UNPROCESSABLE',
    requestId: 'id',
  });
});
