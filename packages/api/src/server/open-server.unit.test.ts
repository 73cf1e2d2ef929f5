import { METHODS } from 'node:http';
import { connect } from 'node:net';
import { WaybillError } from '@waybill/shared/error.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bearer, openApi, tokens } from '../../test/api-rig.ts';
import { answers } from '../problems/problem-answers.ts';
import { problemShape } from '../problems/problem-document.ts';

let thrown: unknown;

const plugin: FastifyPluginAsyncZod = async (app) => {
  const config = { scopes: ['read'] } as const;
  app.get(
    '/v1/things/:thingId',
    {
      config,
      schema: {
        params: z.strictObject({ thingId: z.string().regex(/^\d+$/, 'expected digits').transform(Number) }),
        querystring: z.strictObject({ open: z.enum(['true', 'false']).optional() }),
        response: answers({ 200: z.strictObject({ thingId: z.int(), by: z.string() }) }, 'NOT_FOUND'),
      },
    },
    ({ params, caller }) => ({ thingId: params.thingId, by: caller.name }),
  );
  app.post(
    '/v1/things/batch-get',
    {
      config: { scopes: ['read', 'ingest'] },
      schema: {
        body: z.strictObject({ 'a/b': z.array(z.int()).max(3) }),
        response: answers({ 200: z.strictObject({ count: z.int() }) }, 'UNSUPPORTED_MEDIA_TYPE'),
      },
    },
    ({ body }) => ({ count: body['a/b'].length }),
  );
  app.get('/v1/failing', { config, schema: { response: answers({ 200: z.strictObject({}) }) } }, () => {
    throw thrown;
  });
  app.post('/v1/things/7/act', { config }, ({ body }) => `done with ${JSON.stringify(body)}`);
  app.get('/open', { config: { open: true } }, () => 'come in');
};

const routes = () => [plugin];

describe('who may ask', () => {
  test('is who has a token with the scope', async () => {
    const { ask } = await openApi({ routes });
    const status = async (headers: Record<string, string>) =>
      (await ask({ url: '/v1/things/7', headers: { authorization: '', ...headers } })).status;
    expect(await status(bearer(tokens.read))).toBe(200);
    expect(await status(bearer(tokens.operate))).toBe(403);
    expect(await status({ authorization: `bearer  ${tokens.read}` })).toBe(200);
    for (const authorization of ['', tokens.read, `Basic ${tokens.read}`, `Bearer ${tokens.read}x`, 'Bearer '])
      expect(await status({ authorization }), authorization).toBe(401);
    expect((await ask({ url: '/v1/things/7' })).body).toEqual({ thingId: 7, by: 'all' });
  });

  test('is everybody where a route says so, and nobody where it says nothing', async () => {
    const { ask } = await openApi({ routes });
    expect((await ask({ url: '/open', headers: { authorization: '' } })).text).toBe('come in');
    const silent: FastifyPluginAsyncZod = async (app) => void app.get('/silent', () => '');
    await expect(openApi({ routes: () => [silent] })).rejects.toThrow('must say who may call it');
  });

  test('is told how to be let in', async () => {
    const { ask } = await openApi({ routes });
    const { status, headers, body } = await ask({ url: '/v1/things/7', headers: { authorization: '' } });
    expect(headers).toMatchObject({
      'www-authenticate': 'Bearer',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(body).toEqual({
      type: 'urn:waybill:problem:unauthenticated',
      title: 'A valid token is needed',
      status,
      detail: 'send a valid token in the header Authorization: Bearer <token>',
      code: 'UNAUTHENTICATED',
      requestId: headers['x-request-id'],
    });
  });
});

describe('every answer', () => {
  test('has the id of its request: the client’s, if it is 1–128 visible ASCII characters', async () => {
    const { ask } = await openApi({ routes });
    const idFor = async (given: string) =>
      (await ask({ url: '/v1/nothing', headers: { 'x-request-id': given } })).headers['x-request-id'];
    expect(await idFor('a')).toBe('a');
    expect(await idFor('~'.repeat(128))).toBe('~'.repeat(128));
    for (const other of ['', ' ', 'a b', '~'.repeat(129), 'é']) expect(await idFor(other)).toMatch(/^[\da-f-]{36}$/);
  });
});

describe('a path', () => {
  test('that is not known is 404, and so is one with a slash too many', async () => {
    const { ask } = await openApi({ routes });
    for (const url of ['/', '/v1/nothing', '/v1/things/7/', '/v1//things/7'])
      expect(await ask({ url }), url).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', status: 404 } });
  });

  test('that is no path is 400', async () => {
    const { ask } = await openApi({ routes });
    expect(await ask({ url: '/v1/things/%' })).toMatchObject({
      status: 400,
      headers: { 'x-request-id': expect.any(String) },
      body: { code: 'INVALID_REQUEST' },
    });
    expect(await ask({ url: `/v1/things/${'7'.repeat(501)}` })).toMatchObject({ status: 400 });
  });

  test('with another method is 405, whatever method it is, and says what is allowed', async () => {
    const { listen } = await openApi({ routes });
    const url = new URL(await listen());
    for (const method of METHODS.filter((each) => !['GET', 'HEAD', 'CONNECT'].includes(each))) {
      const answer = await raw(url, `${method} /v1/things/7 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer, method).toMatch(/^HTTP\/1\.1 405 /);
      expect(answer.toLowerCase(), method).toContain('\r\nallow: get, head\r\n');
      expect(answer, method).toContain('"code":"METHOD_NOT_ALLOWED"');
    }
  });

  test('that is like the one of an id is not taken for it', async () => {
    const { ask } = await openApi({ routes });
    expect(await ask({ url: '/v1/things/batch-get' })).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });
});

describe('input that is wrong', () => {
  const post = {
    method: 'POST',
    url: '/v1/things/batch-get',
    headers: { 'content-type': 'application/json' },
  } as const;

  test('is told by JSON pointers into it', async () => {
    const { ask } = await openApi({ routes });
    expect((await ask({ ...post, payload: { 'a/b': [1, 'x', 3], other: 1 } })).body).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      errors: [
        { pointer: '/a~1b/1', detail: expect.any(String) },
        { pointer: '/other', detail: 'is not known here' },
      ],
    });
    expect((await ask({ url: '/v1/things/x?open=yes&limit=1' })).body).toMatchObject({
      detail: 'the path is not as it should be',
      errors: [{ pointer: '/thingId', detail: 'expected digits' }],
    });
    expect((await ask({ url: '/v1/things/7?open=yes&limit=1' })).body).toMatchObject({
      errors: [{ pointer: '/open' }, { pointer: '/limit' }],
    });
  });

  test('is 400 where it is no JSON, 413 where it is too long, 415 where it is something else', async () => {
    const { ask } = await openApi({ routes, settings: { bodyMaxBytes: 1_024 } });
    const { headers } = post;
    for (const [payload, more, status, code] of [
      ['{', {}, 400, 'INVALID_REQUEST'],
      ['', {}, 400, 'INVALID_REQUEST'],
      ['{"__proto__":{}}', {}, 400, 'INVALID_REQUEST'],
      [`"${'x'.repeat(1_024)}"`, {}, 413, 'TOO_LARGE'],
      ['a: 1', { 'content-type': 'application/yaml' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['{}', { 'content-type': 'nonsense' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['{}', { 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['{}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ] as const) {
      const answer = await ask({ ...post, headers: { ...headers, ...more }, payload });
      expect(answer, payload.slice(0, 20)).toMatchObject({ status, body: { code, status } });
    }
  });

  test('is not a body that is left out where none is needed, whatever its type', async () => {
    const { ask } = await openApi({ routes });
    for (const type of ['application/json', 'application/json; charset=utf-8']) {
      const headers = { 'content-type': type, 'content-length': '0' };
      const act = await ask({ method: 'POST', url: '/v1/things/7/act', headers, payload: '' });
      expect(act).toMatchObject({ status: 200, text: 'done with undefined' });
    }
    const broken = { method: 'POST', url: '/v1/things/7/act', headers: post.headers, payload: '{' } as const;
    expect(await ask(broken)).toMatchObject({ status: 400, body: { detail: 'the body is not JSON' } });
  });

  test('is a problem where the request has no Host, and an answer where it expects what nobody knows', async () => {
    const { listen } = await openApi({ routes });
    const url = new URL(await listen());
    const asked = (headers: string) => raw(url, `GET /open HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
    expect(await asked('')).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\nx-request-id: [\s\S]*"code":"INVALID_REQUEST"/);
    expect(await asked('Host: a\r\nExpect: the-unexpected\r\n')).toMatch(/^HTTP\/1\.1 200 [\s\S]*come in/);
  });

  test('by HTTP itself is 400, and the connection ends', async () => {
    const { listen } = await openApi({ routes });
    const url = new URL(await listen());
    for (const text of ['NONSENSE\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nx y: z\r\n\r\n']) {
      const answer = await raw(url, text);
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\ncontent-type: application\/problem\+json\r\n/);
      const [, body = ''] = answer.split('\r\n\r\n');
      expect(problemShape.parse(JSON.parse(body))).toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });
});

describe('what is thrown', () => {
  test.for([
    [new WaybillError('NOT_FOUND', 'no item planted-secret'), 404, 'NOT_FOUND'],
    [new WaybillError('INDEX_OFF', 'planted-secret'), 404, 'INDEX_OFF'],
    [
      new WaybillError('NOT_CONFIGURED', 'planted-secret', { details: { variable: 'NOTIFICATIONS_TABLE' } }),
      404,
      'NOTIFICATIONS_OFF',
    ],
    [new WaybillError('QUEUE_REFUSED', 'planted-secret'), 503, 'UNAVAILABLE'],
    [new WaybillError('FEED_UNREADABLE', 'planted-secret'), 500, 'INTERNAL'],
    [serviceError('ResourceNotFoundException'), 503, 'UNAVAILABLE'],
    [serviceError('AccessDeniedException'), 503, 'UNAVAILABLE'],
    [serviceError('ProvisionedThroughputExceededException'), 503, 'UNAVAILABLE'],
    [serviceError('ValidationException'), 500, 'INTERNAL'],
    [Object.assign(new Error('planted-secret'), { name: 'TimeoutError' }), 503, 'UNAVAILABLE'],
    [Object.assign(new Error('connect planted-secret'), { syscall: 'connect' }), 503, 'UNAVAILABLE'],
    [new Error('planted-secret'), 500, 'INTERNAL'],
    ['planted-secret', 500, 'INTERNAL'],
  ] as const)('becomes an answer without its text: %s', async ([error, status, code]) => {
    const { ask, lines } = await openApi({ routes });
    thrown = error;
    const { text, body, headers, ...answer } = await ask({ url: '/v1/failing' });
    expect(answer.status).toBe(status);
    expect(problemShape.parse(body)).toMatchObject({ code, status });
    expect(text).not.toContain('planted-secret');
    expect(headers['retry-after']).toBe(status === 503 ? '5' : undefined);
    const failed = lines.filter((line) => line['msg'] === 'request failed');
    expect(failed).toHaveLength(status === 500 ? 1 : 0);
    if (status === 500)
      expect(failed[0]).toMatchObject({ requestId: headers['x-request-id'], route: 'GET /v1/failing' });
  });
});

function serviceError(name: string): Error {
  return Object.assign(new Error('planted-secret'), { name, $metadata: {} });
}

/** All that a server answers to this text on a connection, until it closes it. */
async function raw(url: URL, text: string): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  socket.end(text);
  const chunks = await socket.toArray();
  return Buffer.concat(chunks).toString();
}
