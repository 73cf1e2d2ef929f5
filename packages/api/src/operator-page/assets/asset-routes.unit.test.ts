import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openApi } from '../../../test/api-rig.ts';
import { openAssets } from './asset-routes.ts';
import { pageFiles } from './page-files.ts';

const assets = openAssets();
const ask = async (url: string, headers = {}) => (await openApi()).app.inject({ url, headers });

test('a file of the page is kept by browsers for ever: its path changes with what any of them says', async () => {
  const { statusCode, headers } = await ask(assets.path('live.js'));
  expect(statusCode).toBe(200);
  expect(assets.path('live.js')).toMatch(/^\/page\/[0-9a-f]{12}\/live\.js$/);
  expect(headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'text/javascript; charset=utf-8',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
  });
});

test('asked for a file of another release, the API sends its own, which is not kept', async () => {
  const { statusCode, headers, body } = await ask('/page/000000000000/live.js');
  expect(statusCode).toBe(200);
  expect(headers['cache-control']).toBe('no-store');
  expect(body).toBe((await ask(assets.path('live.js'))).body);
});

test('is compressed for who takes that, and for nobody else', async () => {
  const plain = await ask(assets.path('style.css'), { 'accept-encoding': 'identity' });
  const zipped = await ask(assets.path('style.css'), { 'accept-encoding': 'br, gzip;q=0.8' });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body);
});

test.each(['/page/000000000000/nothing.js', `/page/x/..%2fasset-routes.ts`, '/page/live.js'])(
  '%s is not there',
  async (url) => {
    expect((await ask(url)).statusCode).toBe(404);
  },
);

test('each module finds those that it imports beside it', () => {
  const names = new Set<string>(pageFiles().map(({ name }) => name));
  const imported = pageFiles()
    .filter(({ name }) => name.endsWith('.js') && name !== 'uplot.js')
    .flatMap(({ path }) =>
      [...readFileSync(path, 'utf8').matchAll(/^import .* from '(.*)';$/gm)].map(([, from]) => from),
    );
  expect(imported.length).toBeGreaterThan(0);
  for (const from of imported) expect([...names].map((name) => `./${name}`)).toContain(from);
});

test('all files together are at most 90 KB on their way, with uPlot', () => {
  const bytes = pageFiles().reduce((sum, { path }) => sum + gzipSync(readFileSync(path)).length, 0);
  expect(bytes).toBeLessThan(90_000);
});
