import { expect, test } from 'vitest';
import { openApi } from '../../test/api-rig.ts';

// One test: the page is made once for each server, from 5 MB.
test('/docs is open, loads only what is served here, and allows itself no other host', async () => {
  const { app } = await openApi({ routes: () => [] });
  const { statusCode, headers, body } = await app.inject('/docs');
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(body).not.toMatch(/https?:\/\/|["']\/\/\w/);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
  expect(policy).toMatch(/script-src 'self' 'sha256-[^']+';/);

  const loaded = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
  expect(loaded).toEqual(['/docs/scalar.js']);
  expect(body).toContain('"url": "/openapi.json"');
  expect((await app.inject('/openapi.json')).statusCode).toBe(200);

  const plain = await app.inject('/docs/scalar.js');
  const zipped = await app.inject({ url: '/docs/scalar.js', headers: { 'accept-encoding': 'gzip, br' } });
  expect([plain.statusCode, plain.headers['content-encoding']]).toEqual([200, undefined]);
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(zipped.rawPayload.length).toBeLessThan(plain.rawPayload.length / 3);
});
