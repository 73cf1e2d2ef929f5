import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));

/** Starts it with these variables and no others of its own. */
function start(variables: Readonly<Record<string, string>>) {
  const env = { PATH: process.env['PATH'], NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'], ...variables };
  return spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('the simulated API serves its feed with the token only, shows its health without it, and stops with 0', async () => {
  const child = start({ HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', FEED_EVENTS: '50', SCAN_API_TOKEN: 'secret' });
  const ended = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url }: { url: string } = JSON.parse(line);

  expect((await fetch(new URL('/livez', url))).status).toBe(200);
  expect((await fetch(url)).status).toBe(401);
  // Some of its faults come early: an answer that is none is asked for again.
  const headers = { authorization: 'Bearer secret' };
  const page = () => fetch(`${url}?FromEventId=1&Limit=1000`, { headers }).then((response) => response.text());
  await expect.poll(page).toContain('"ScanEvents":[{');

  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('the simulated API ends with 2 and says what is wrong', async () => {
  const child = start({ FEED_EVENTS: 'many' });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(said).toContain('FEED_EVENTS expected a whole number');
});
