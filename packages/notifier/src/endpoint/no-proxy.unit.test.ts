import { EnvHttpProxyAgent, fetch, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { expect, test, vi } from 'vitest';
import { httpServer, webhookAt } from '../../test/webhook-to.ts';

test('a proxy of the environment, which would dial in our place, is not asked', async () => {
  const receiver = await httpServer((message, response) => {
    message.resume();
    response.writeHead(204).end();
  });
  const proxy = await httpServer((_message, response) => response.writeHead(502).end());
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'])
    vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
  const before = getGlobalDispatcher();
  const asEnvSays = new EnvHttpProxyAgent();
  setGlobalDispatcher(asEnvSays);
  try {
    const url = `http://127.0.0.1:${receiver.port}/`;
    await fetch(url, { method: 'POST' }).catch(() => undefined);
    expect([proxy.sockets.length, receiver.sockets.length]).toEqual([1, 0]);
    const webhook = webhookAt(url);
    expect(await webhook.notify({ id: 'delivery_0a1b2c3d_5002', body: '{}' }, new AbortController().signal)).toBe(204);
    expect([proxy.sockets.length, receiver.sockets.length]).toEqual([1, 1]);
  } finally {
    setGlobalDispatcher(before);
    await asEnvSays.close();
    vi.unstubAllEnvs();
  }
});
