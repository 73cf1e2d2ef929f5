import { expect, test } from 'vitest';
import { openApi } from '../../test/api-rig.ts';

const open = async () => (await openApi({ routes: () => [] })).app;

test('/docs is open, and names no other host: in the page or in its policy', async () => {
  const app = await open();
  const { statusCode, headers, body } = await app.inject('/docs');
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(body).not.toMatch(/https?:\/\/|["']\/\/\w/);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
  expect(policy).toMatch(/script-src 'self' 'sha256-[^']+';/);
});

test('all that the page loads is served here', async () => {
  const app = await open();
  const { body } = await app.inject('/docs');
  const loaded = [...body.matchAll(/(?:src|href|"url": )="?([^"]+)"/g)].map(([, url = '']) => url);
  expect(loaded).toEqual(['/docs/scalar.js']);
  expect(body).toContain('"url": "/openapi.json"');
  for (const url of [...loaded, '/openapi.json']) expect((await app.inject(url)).statusCode).toBe(200);
});

test('its script is sent by gzip to those who take it', async () => {
  const app = await open();
  const plain = await app.inject('/docs/scalar.js');
  const zipped = await app.inject({ url: '/docs/scalar.js', headers: { 'accept-encoding': 'gzip, br' } });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(zipped.rawPayload.length).toBeLessThan(plain.rawPayload.length / 3);
});
