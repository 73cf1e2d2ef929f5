import { expect, test } from 'vitest';
import { leaksIn } from '../../test/planted-secrets.ts';
import { readProxies } from './proxy-variables.ts';

const target = { protocol: 'https:', hostname: 'carrier.test', port: undefined };

test.each([
  [{ HTTPS_PROXY: 'http://proxy.test:3128' }, 'http://proxy.test:3128/'],
  [{ HTTPS_PROXY: 'proxy.test:3128' }, 'http://proxy.test:3128/'],
  [{ HTTPS_PROXY: 'https://proxy.test' }, 'https://proxy.test/'],
  [{ https_proxy: 'http://lower.test', HTTPS_PROXY: 'http://upper.test' }, 'http://lower.test/'],
  [{ https_proxy: '', HTTPS_PROXY: 'http://upper.test' }, 'http://upper.test/'],
  [{ HTTPS_PROXY: 'http://proxy.test', no_proxy: 'carrier.test' }, undefined],
  [{ HTTPS_PROXY: 'http://proxy.test', no_proxy: 'other.test', NO_PROXY: 'carrier.test' }, 'http://proxy.test/'],
  [{ HTTP_PROXY: 'http://proxy.test' }, undefined],
  [{}, undefined],
])('of %j', (env, expected) => {
  expect(readProxies(env).of(target)?.url.href).toBe(expected);
});

test.each([
  'socks5://user:hunter2@proxy.test',
  'http://user:hunter2@',
  'http://user:hunter2%zz@proxy.test',
  'hunter2:x:y',
])('%s is refused, without a word of it', (HTTPS_PROXY) => {
  let error: unknown;
  try {
    readProxies({ HTTPS_PROXY });
  } catch (thrown) {
    error = thrown;
  }
  expect(String(error)).toContain('HTTPS_PROXY expected the http(s) URL of a proxy, got something else');
  expect(leaksIn(error, ['hunter2'])).toEqual([]);
});
