import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { processSecrets } from '../../../shared/test/planted.ts';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));

/** Starts it with these variables and no others of its own. */
function start(variables: Readonly<Record<string, string>>) {
  const { PATH, NODE_V8_COVERAGE, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_V8_COVERAGE, NODE_COMPILE_CACHE, ...variables };
  return spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('the receiver says where it is, wants a signature, tells what it was told, and stops with 0', async () => {
  const { webhookSecret: WEBHOOK_SECRETS } = processSecrets;
  const child = start({ HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', WEBHOOK_SECRETS });
  const ended = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  expect(line).not.toContain(WEBHOOK_SECRETS);
  const { url }: { url: string } = JSON.parse(line);

  expect((await fetch(new URL('/livez', url))).status).toBe(200);
  expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
  expect(await (await fetch(new URL('/told', url))).json()).toMatchObject({ notifications: 0, unverified: 1 });

  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('the receiver ends with 2 and says all that is wrong, but no secret', async () => {
  const child = start({ WEBHOOK_SECRETS: 'hidden', RECEIVER_SEED: 'x', RECEIVER_FAULTS: '-1' });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  expect(await once(child, 'close')).toEqual([2, null]);
  for (const name of ['WEBHOOK_SECRETS', 'RECEIVER_SEED', 'RECEIVER_FAULTS']) expect(said).toContain(name);
  expect(said).not.toContain('hidden');
});
