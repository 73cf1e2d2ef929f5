import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { type ApiRigOptions, bearer, openApi, tokens } from '../../test/api-rig.ts';

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

/** An API with a route that takes signatures, and whose handler waits; who promises a signature, and who has a token. */
async function openSigned(limits: ApiRigOptions['limits'] = {}, ingestSecrets = [{ name: 'carrier', secret }]) {
  const letGo = Promise.withResolvers<void>();
  let entered = 0;
  const plugin: FastifyPluginAsyncZod = async (app) => {
    const config = { scopes: ['ingest'], signed: true } as const;
    app.post('/v1/signed', { config, schema: { body: z.unknown() } }, async () => {
      entered += 1;
      await letGo.promise;
      return 'done';
    });
  };
  const { app } = await openApi({ routes: () => [plugin], limits, settings: { ingestSecrets } });
  onTestFinished(() => letGo.resolve());
  const post = (headers: Record<string, string>, length: number) =>
    app.inject({
      method: 'POST',
      url: '/v1/signed',
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify('x'.repeat(length - 2)),
    });
  return {
    letGo: () => letGo.resolve(),
    inFlight: (count: number) => vi.waitUntil(() => entered >= count, { interval: 2 }),
    stranger: (length = 10) => post({ 'webhook-signature': 'v1,x' }, length),
    holder: (length = 10) => post(bearer(tokens.ingest), length),
  };
}

test('those who only promise a signature are bounded as one caller is, and leave room for tokens', async () => {
  const { stranger, holder, inFlight, letGo } = await openSigned({ most: 10, mostOfOne: 2 });
  const waiting = [stranger(), stranger()];
  await inFlight(2);
  expect((await stranger()).statusCode).toBe(429);
  waiting.push(holder());
  await inFlight(3);
  letGo();
  expect((await Promise.all(waiting)).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
  expect((await stranger()).statusCode).toBe(200);
});

test('they fill no more than half of the memory for bodies', async () => {
  const { stranger, holder, inFlight, letGo } = await openSigned({ mostBytes: 100 });
  const waiting = [stranger(40)];
  await inFlight(1);
  expect((await stranger(40)).statusCode).toBe(503);
  waiting.push(holder(40));
  await inFlight(2);
  letGo();
  expect((await Promise.all(waiting)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
});

test('where nobody has a secret a signature is refused before its body', async () => {
  const { stranger, holder, letGo } = await openSigned({}, []);
  letGo();
  expect((await stranger()).statusCode).toBe(401);
  expect((await holder()).statusCode).toBe(200);
});
