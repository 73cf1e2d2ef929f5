import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../test/api-rig.ts';
import { answers } from '../problems/problem-answers.ts';
import { named } from './schema-registry.ts';

const thing = named('TestThing', z.strictObject({ id: z.number().describe('Its id.'), note: z.string().optional() }));
const things = named('TestThings', z.strictObject({ things: z.array(thing) }));
// A request may leave the default out, an answer has it.
const changing = named('TestChange', z.strictObject({ thing, times: z.int().default(1) }));

const routes: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/v1/things/:id',
    {
      schema: {
        operationId: 'getThing',
        params: z.strictObject({ id: z.coerce.number().int().min(1) }),
        response: answers({ 200: thing }, 'NOT_FOUND'),
      },
      config: { scopes: ['read', 'operate'] },
    },
    () => ({ id: 1 }),
  );
  app.post(
    '/v1/things',
    {
      schema: { operationId: 'changeThing', body: changing, response: answers({ 200: changing, 202: things }) },
      config: { scopes: ['ingest'], signed: true },
    },
    ({ body }) => body,
  );
};

const opened = (more: FastifyPluginAsyncZod = async () => undefined) => openApi({ routes: () => [routes, more] });
const document = async () => whole.parse((await (await opened()).ask({ url: '/openapi.json' })).body);

const whole = z.looseObject({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({ security: z.unknown(), responses: z.record(z.string(), z.record(z.string(), z.unknown())) }),
    ),
  ),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({ required: z.array(z.string()).optional() })),
    responses: z.record(z.string(), z.unknown()),
  }),
});

describe('the document', () => {
  test('has a named schema once, in a second form only where requests and answers differ, and none that nothing uses', async () => {
    named('TestUnused', z.strictObject({ a: z.string() }));
    const { openapi, components } = await document();
    expect(openapi).toBe('3.1.1');
    const ids = Object.keys(components.schemas).filter((id) => id.startsWith('Test'));
    expect(ids).toEqual(['TestChange', 'TestChangeInput', 'TestThing', 'TestThings']);
    expect(components.schemas['TestChange']?.required).toEqual(['thing', 'times']);
    expect(components.schemas['TestChangeInput']?.required).toEqual(['thing']);
    expect(JSON.stringify(components.schemas)).not.toContain('TestThingInput');
    expect(components.schemas['TestThing']).toMatchObject({ properties: { id: { description: 'Its id.' } } });
  });

  test('says of each operation who may call it, and what every answer of its kind has', async () => {
    const { paths } = await document();
    const [get, post] = [paths['/v1/things/{id}']?.['get'], paths['/v1/things']?.['post']];
    expect(get?.security).toEqual([{ bearer: ['read'] }, { bearer: ['operate'] }]);
    expect(post?.security).toEqual([
      { bearer: ['ingest'] },
      { webhookId: [], webhookTimestamp: [], webhookSignature: [] },
    ]);
    expect(paths['/openapi.json']?.['get']?.security).toEqual([]);
    expect(Object.keys(get?.responses ?? {})).toEqual(['200', '400', '401', '403', '404', '413', '429', '500', '503']);
    expect(Object.keys(post?.responses ?? {})).toContain('415');
    expect(get?.responses['200']?.['headers']).toEqual({
      'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
    });
  });

  test('names the headers by which clients go on', async () => {
    const { paths } = whole.parse((await (await openApi()).ask({ url: '/openapi.json' })).body);
    const headers = (path: string, method: string, status: string) =>
      paths[path]?.[method]?.responses[status]?.['headers'];
    const etag = { ETag: { $ref: '#/components/headers/ETag' } };
    const location = { Location: { $ref: '#/components/headers/Location' } };
    expect(headers('/v1/parcels/{parcelId}', 'get', '200')).toMatchObject(etag);
    expect(headers('/v1/parcels/{parcelId}', 'get', '304')).toMatchObject(etag);
    expect(headers('/v1/scan-events', 'post', '202')).toMatchObject(location);
    expect(headers('/v1/redrives', 'post', '202')).toMatchObject(location);
  });

  test('has a problem that several operations answer alike as a component', async () => {
    const { paths, components } = await document();
    const get = paths['/v1/things/{id}']?.['get'];
    expect(get?.responses['429']).toEqual({ $ref: '#/components/responses/TOO_MANY_REQUESTS' });
    expect(components.responses['TOO_MANY_REQUESTS']).toMatchObject({
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
    });
    expect(get?.responses['404']).toMatchObject({ description: expect.stringContaining('NOT_FOUND') });
  });
});

describe('a mistake in a route', () => {
  test.each([
    ['no operationId', { response: answers({ 200: thing }) }, 'has no operationId'],
    ['one that another has', { operationId: 'getThing' }, 'two routes have the operationId getThing'],
  ])('fails the document: %s', async (_mistake, schema, message) => {
    const { app } = await opened(async (its) => {
      its.get('/v1/wrong', { schema, config: { open: true } }, () => ({}));
    });
    expect(() => app.swagger()).toThrow(message);
  });

  test('fails at start: a name that another schema has', () => {
    expect(() => named('TestThing', z.string())).toThrow('two schemas are called TestThing');
    expect(named('TestThing', thing)).toBe(thing);
  });
});
