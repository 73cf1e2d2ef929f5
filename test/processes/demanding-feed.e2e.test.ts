import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as forward } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startForwardProxy } from '../../packages/shared/test/forward-proxy.ts';
import { startGuardedFeed, testClientOf } from '../../packages/shared/test/oauth-server.ts';
import { leaksIn } from '../../packages/shared/test/planted-secrets.ts';
import { testCa, testClient } from '../../packages/shared/test/test-certificates.ts';
import { serveTls } from '../../packages/shared/test/tls-server.ts';
import { rigs } from './rig.ts';
import { until } from './until.ts';

const openRig = rigs();

/** Names that exist for the proxy alone: whoever asks for them without it finds nobody. */
const named = (url: string, name: string) => Object.assign(new URL(url), { hostname: name }).href.replace(/\/$/, '');

test('a poller mirrors a feed that demands a certificate, OAuth tokens that end, and a header, behind a proxy that demands a user', async (context) => {
  const rig = await openRig(context, { events: 1_000, api: { faults: {} } });
  const tokens = await startGuardedFeed();
  const proxy = await startForwardProxy('waybill:hunter2!');
  const folder = await mkdtemp(join(tmpdir(), 'waybill-'));
  onTestFinished(async () => {
    await Promise.all([tokens.stop(), proxy.stop(), rm(folder, { recursive: true })]);
  });
  await writeFile(join(folder, 'ca.pem'), testCa);
  let pages = 0;
  let refused = 0;
  const feed = await serveTls(true, (asked, response) => {
    pages += 1;
    // From the fifth page on the first token counts no more.
    const isCurrent = asked.headers.authorization === `Bearer token-${pages <= 4 ? 1 : 2}`;
    if (!isCurrent || asked.headers['x-api-key'] !== 'key-5f1c') {
      refused += 1;
      return void response.writeHead(401).end();
    }
    const { port } = new URL(rig.api.url);
    const onward = forward({ port, host: '127.0.0.1', path: asked.url }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
  const proxyUrl = `http://waybill:hunter2!@127.0.0.1:${proxy.port}`;
  const oauth = { ...testClientOf(tokens), tokenUrl: named(tokens.tokenUrl, 'token.test') };
  const poller = rig.poller({
    SCAN_API_URL: `https://carrier.test:${feed}/v1/scans/scanevents`,
    SCAN_API_TOKEN: '',
    SCAN_API_HEADERS: '{"X-Api-Key":"key-5f1c"}',
    SCAN_API_OAUTH: JSON.stringify(oauth),
    SCAN_API_CLIENT_CERT: testClient.certificate,
    SCAN_API_CLIENT_KEY: testClient.privateKey,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    AWS_ENDPOINT_URL_SQS: named((await rig.proxy('SQS')).url, 'sqs.test'),
    AWS_ENDPOINT_URL_DYNAMODB: named((await rig.proxy('DYNAMODB')).url, 'dynamodb.test'),
    HTTPS_PROXY: proxyUrl,
    HTTP_PROXY: proxyUrl,
  });
  await until(
    'the feed is read to its end',
    async () => (await rig.checkpoint()).lastEventId >= rig.api.feed.lastEventId(),
  );
  expect((await rig.queue()).visible).toBeGreaterThan(0);
  expect(tokens.asked.map(({ by }) => by)).toEqual(['header', 'header']);
  expect(refused).toBeGreaterThan(0);
  const hosts = proxy.asked.map((line) => /[a-z]+\.test/.exec(line)?.[0]);
  expect([...new Set(hosts)].toSorted()).toEqual(['carrier.test', 'dynamodb.test', 'sqs.test', 'token.test']);
  expect(await poller.stop()).toEqual({ code: 0, signal: null });
  expect(leaksIn(poller.log(), ['hunter2', 'key-5f1c', 's3cr3t', 'token-1', 'token-2'])).toEqual([]);
});
