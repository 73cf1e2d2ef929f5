import { HttpRequest } from '@smithy/core/protocols';
import { expect, onTestFinished, test } from 'vitest';
import { startForwardProxy } from '../../test/forward-proxy.ts';
import { httpHandler } from './http-handler.ts';
import { noProxies, proxiesOf } from './proxies.ts';

test('what is asked of a proxy that never answers leaves no connection behind', async () => {
  const proxy = await startForwardProxy('', 'silence');
  onTestFinished(() => proxy.stop());
  const url = `http://127.0.0.1:${proxy.port}`;
  const handler = httpHandler({
    agent: { keepAlive: true, timeout: 100 },
    proxies: proxiesOf({ http: url, https: url, noProxy: '' }),
  });
  onTestFinished(() => handler.destroy());
  const request = new HttpRequest({
    protocol: 'https:',
    hostname: 'sqs.test',
    path: '/',
    headers: { host: 'sqs.test' },
  });
  const abort = new AbortController();
  const asked = handler.handle(request, { abortSignal: abort.signal }).catch((error: unknown) => error);
  await expect.poll(() => proxy.asked).toEqual(['CONNECT sqs.test:443']);
  abort.abort();
  expect(await asked).toMatchObject({ name: 'AbortError' });
  await expect.poll(() => proxy.open()).toBe(0);
});

test('without a proxy there is no more than the SDK’s own handler', () => {
  const handler = httpHandler({ agent: {}, proxies: noProxies });
  expect(handler.constructor.name).toBe('NodeHttpHandler');
});
