import { expect, test } from 'vitest';
import { noProxies, proxiesOf, targetOf } from './proxies.ts';

const http = 'http://proxy.test:3128';
const https = 'http://user:word@secure-proxy.test:3129';

function variableFor(url: string, noProxy: string): string {
  return proxiesOf({ http, https, noProxy }).of(targetOf(new URL(url)))?.variable ?? 'none';
}

test('a request goes through the proxy of its protocol', () => {
  expect(variableFor('https://carrier.test/v1', '')).toBe('HTTPS_PROXY');
  expect(variableFor('http://carrier.test/v1', '')).toBe('HTTP_PROXY');
  expect(proxiesOf({ http: '', https, noProxy: '' }).of(targetOf(new URL('http://carrier.test/')))).toBeUndefined();
  expect(noProxies.of(targetOf(new URL('https://carrier.test/')))).toBeUndefined();
});

test.each([
  ['*', 'https://carrier.test/'],
  ['carrier.test', 'https://carrier.test/'],
  ['Carrier.TEST.', 'https://carrier.test./'],
  ['carrier.test', 'https://api.eu.carrier.test/'],
  ['.carrier.test', 'https://api.carrier.test/'],
  ['.carrier.test', 'https://carrier.test/'],
  ['*.carrier.test', 'https://api.carrier.test/'],
  ['carrier.test:443', 'https://carrier.test/'],
  ['carrier.test:8443', 'https://carrier.test:8443/'],
  ['other.test, carrier.test', 'http://carrier.test/'],
  ['other.test carrier.test', 'http://carrier.test/'],
  [',, carrier.test ,', 'http://carrier.test/'],
  ['10.0.0.0/8', 'http://10.200.3.4/'],
  ['10.0.0.0/8:8000', 'http://10.200.3.4:8000/'],
  ['10.1.2.3', 'http://10.1.2.3/'],
  ['2001:db8::/32', 'http://[2001:db8::1]/'],
  ['2001:DB8:0::1', 'http://[2001:db8::1]/'],
  ['[2001:db8::1]:8000', 'http://[2001:db8::1]:8000/'],
])('NO_PROXY=%s exempts %s', (noProxy, url) => {
  expect(variableFor(url, noProxy)).toBe('none');
});

test.each([
  ['carrier.test', 'https://notcarrier.test/'],
  ['api.carrier.test', 'https://carrier.test/'],
  ['carrier.test:8443', 'https://carrier.test/'],
  ['carrier.test:80', 'https://carrier.test/'],
  ['10.0.0.0/8', 'http://11.0.0.1/'],
  ['10.0.0.0/99', 'http://10.0.0.1/'],
  ['10.0.0.0/8', 'http://10.carrier.test/'],
  ['[2001:db8::1]:8000', 'http://[2001:db8::1]:8001/'],
  ['tes*', 'http://carrier.test/'],
  ['', 'http://carrier.test/'],
])('NO_PROXY=%s does not exempt %s', (noProxy, url) => {
  expect(variableFor(url, noProxy)).toMatch(/^HTTPS?_PROXY$/);
});

test.each([
  'http://127.0.0.1:4566/',
  'http://127.9.9.9/',
  'http://localhost:8000/',
  'http://sqs.localhost/',
  'http://[::1]:8000/',
  'http://169.254.169.254/latest/api/token',
  'http://169.254.170.2/v2/credentials/1',
  'http://169.254.170.23/v1/credentials',
  'http://[fd00:ec2::254]/latest/api/token',
])('%s is never asked for through a proxy', (url) => {
  expect(variableFor(url, '')).toBe('none');
});
