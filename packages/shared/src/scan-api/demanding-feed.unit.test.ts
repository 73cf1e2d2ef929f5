import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startForwardProxy } from '../../test/forward-proxy.ts';
import { startGuardedFeed, testClientOf } from '../../test/oauth-server.ts';
import { leaksIn } from '../../test/planted-secrets.ts';
import { testClient, testStranger } from '../../test/test-certificates.ts';
import { serveTls, trustTestCa } from '../../test/tls-server.ts';
import { systemClock } from '../clock.ts';
import { WaybillError } from '../error.ts';
import { proxiesOf } from '../http/proxies.ts';
import { type ScanApiOptions, scanApi } from './scan-api.ts';

const page: RequestListener = (_, response) => response.end('{"ScanEvents":[]}');
const secrets = ['hunter2', 'k3y-in-the-query', 'secret of the proxy'];

async function read(options: Pick<ScanApiOptions, 'url'> & Partial<ScanApiOptions>): Promise<unknown> {
  const api = scanApi({ token: '', timeoutMs: 3_000, clock: systemClock, ...options });
  try {
    return await api.read(1, 100, new AbortController().signal);
  } catch (error) {
    expect(error).toBeInstanceOf(WaybillError);
    expect(leaksIn(error, secrets)).toEqual([]);
    return `${error instanceof WaybillError ? `${error.code}: ${error.message}` : error}`;
  }
}

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  return (server.address() as AddressInfo).port;
}

async function proxy(...[userInfo, tunnel]: Parameters<typeof startForwardProxy>) {
  const started = await startForwardProxy(userInfo, tunnel);
  onTestFinished(() => started.stop());
  return started;
}

const through = (port: number, userInfo = '', noProxy = '') => {
  const url = `http://${userInfo && `${userInfo}@`}127.0.0.1:${port}`;
  return proxiesOf({ http: url, https: url, noProxy });
};

describe('a feed that demands headers', () => {
  test('gets them with each request, and may be told another media type', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const port = await serve((request, response) => {
      seen.push(request.headers);
      const isKnown = request.headers['x-api-key'] === 'hunter2';
      response.writeHead(isKnown ? 200 : 403).end('{"ScanEvents":[]}');
    });
    const url = `http://127.0.0.1:${port}/v1?key=k3y-in-the-query`;
    const headers = { 'x-api-key': 'hunter2', accept: 'application/vnd.carrier.v2+json' };
    expect(await read({ url, headers })).toEqual([]);
    expect(seen[0]).toMatchObject({ ...headers, host: `127.0.0.1:${port}`, 'accept-encoding': 'gzip, deflate' });
    expect(await read({ url, headers: { 'x-api-key': 'other' } })).toMatch(/status 403: check SCAN_API_HEADERS$/);
    expect(await read({ url })).toMatch(/status 403: check SCAN_API_TOKEN, SCAN_API_OAUTH or SCAN_API_HEADERS$/);
  });
});

describe('a feed that demands a certificate', () => {
  test('gets it, and a wrong one or none is told as such', async () => {
    const asks = await serveTls(true, page);
    const url = `https://localhost:${asks}/v1`;
    expect(await read({ url, clientCertificate: testClient })).toMatch(
      /TLS connection .* check its certificate, and NODE_EXTRA_CA_CERTS/,
    );
    trustTestCa();
    expect(await read({ url, clientCertificate: testClient })).toEqual([]);
    expect(await read({ url })).toMatch(
      /^FEED_UNAVAILABLE: localhost:\d+ of the Scan Event API broke off the TLS handshake, .* check SCAN_API_CLIENT_CERT \(/,
    );
    expect(await read({ url, clientCertificate: testStranger })).toMatch(/^FEED_UNAVAILABLE: /);
  });
});

describe('a feed behind a proxy that demands a user', () => {
  const user = 'waybill:hunter2%21';

  test('is asked for in absolute form over http, with the query to the letter', async () => {
    const { port, asked, users } = await proxy('waybill:hunter2!');
    const target = await serve(page);
    const url = `http://carrier.test:${target}/v1?key=k3y-in-the-query`;
    expect(await read({ url, token: 'hunter2', proxies: through(port, user) })).toEqual([]);
    expect(asked).toEqual([`GET ${url}&FromEventId=1&Limit=100`]);
    expect(users).toHaveLength(1);
    expect(await read({ url, proxies: through(port, 'waybill:wrong') })).toMatch(
      /status 407: the proxy wants a user and a password, or others: check HTTP_PROXY$/,
    );
  });

  test('is reached by a tunnel over https, to which it shows its own certificate and we ours', async () => {
    trustTestCa();
    const { port, asked } = await proxy('waybill:hunter2!');
    const target = await serveTls(true, page);
    const url = `https://carrier.test:${target}/v1?key=k3y-in-the-query`;
    const api = scanApi({
      url,
      token: '',
      timeoutMs: 3_000,
      clock: systemClock,
      clientCertificate: testClient,
      proxies: through(port, user),
    });
    for (let turn = 0; turn < 3; turn += 1) expect(await api.read(1, 100, new AbortController().signal)).toEqual([]);
    // The tunnel is kept for the next page.
    expect(asked).toEqual([`CONNECT carrier.test:${target}`]);
    expect(await read({ url, proxies: through(port, 'waybill:wrong') })).toMatch(
      /^FEED_UNAVAILABLE: The proxy http:\/\/127\.0\.0\.1:\d+\/ wants a user and a password, or others: check HTTPS_PROXY \(ERR_PROXY_TUNNEL\)$/,
    );
    // The certificate is the carrier's, not the proxy's.
    expect(await read({ url: url.replace('carrier.test', 'other.test'), proxies: through(port, user) })).toMatch(
      /The TLS connection to other\.test:\d+ of the Scan Event API failed/,
    );
  });

  test('gets a token through it, too', async () => {
    const { port, asked } = await proxy('waybill:hunter2!');
    const feed = await startGuardedFeed();
    onTestFinished(() => feed.stop());
    const oauth = { ...testClientOf(feed), tokenUrl: `http://token.test:${feed.port}/token` };
    const url = `http://carrier.test:${feed.port}/scans`;
    expect(await read({ url, oauth, proxies: through(port, user) })).toEqual([]);
    expect(asked.map((line) => line.split('?')[0])).toEqual([`POST ${oauth.tokenUrl}`, `GET ${url}`]);
    expect(await read({ url, oauth, proxies: through(port, user, 'carrier.test') })).toMatch(
      /carrier\.test of the Scan Event API was not found/,
    );
  });

  test('is asked directly where NO_PROXY says so', async () => {
    const { port, asked } = await proxy();
    const target = await serve(page);
    expect(await read({ url: `http://127.0.0.1:${target}/v1`, proxies: through(port) })).toEqual([]);
    expect(
      await read({ url: `http://carrier.test:${target}/v1`, proxies: through(port, '', `.test:${target}`) }),
    ).toMatch(/was not found/);
    expect(asked).toEqual([]);
  });
});

describe('a proxy that does not lead there is told from a feed that is not there', () => {
  test.each([
    ['http', 'HTTP_PROXY'],
    ['https', 'HTTPS_PROXY'],
  ])('where nobody listens, over %s', async (protocol, variable) => {
    expect(await read({ url: `${protocol}://carrier.test/v1`, proxies: through(1) })).toBe(
      `FEED_UNAVAILABLE: Nobody listens at 127.0.0.1:1: check the host and port of ${variable}, and whether the proxy runs (ECONNREFUSED)`,
    );
  });

  test('where its name is not known', async () => {
    const proxies = proxiesOf({ http: '', https: 'http://waybill:hunter2@proxy.invalid:3128', noProxy: '' });
    expect(await read({ url: 'https://carrier.test/v1', proxies })).toMatch(
      /^FEED_UNAVAILABLE: The host name proxy\.invalid of the proxy was not found: check HTTPS_PROXY and the network/,
    );
  });

  test('where it refuses', async () => {
    const { port } = await proxy('', 403);
    expect(await read({ url: 'https://carrier.test/v1', proxies: through(port) })).toMatch(
      /^FEED_UNAVAILABLE: The proxy .* was asked for carrier\.test of the Scan Event API and returned status 403: check HTTPS_PROXY, NO_PROXY and what the proxy allows \(ERR_PROXY_TUNNEL\)$/,
    );
  });

  test('where it stays silent, within the time limit of the request', async () => {
    const { port } = await proxy('', 'silence');
    expect(await read({ url: 'https://carrier.test/v1', timeoutMs: 200, proxies: through(port) })).toBe(
      'FEED_UNAVAILABLE: The Scan Event API did not respond within 200 ms',
    );
  });
});
