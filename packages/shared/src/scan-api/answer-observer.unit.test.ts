import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { scanApi } from './scan-api.ts';

let reply: (response: ServerResponse) => void = (response) => response.end();
const server = createServer((_, response) => reply(response));
let url: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/scans`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the observer was told of one request, whether or not there was a page. */
async function toldOf(answer: typeof reply): Promise<unknown[]> {
  reply = answer;
  const told: unknown[] = [];
  const observer = { onHead: (facts: unknown) => told.push(facts), onPage: (kind: unknown) => told.push(kind) };
  const feed = scanApi({ url, token: '', timeoutMs: 5_000, clock: systemClock, observer });
  await feed.read(1, 1, new AbortController().signal).catch(() => undefined);
  return told;
}

const plain = { status: 200, codings: [], retryAfterMs: undefined };

test.each<[string, typeof reply, unknown[]]>([
  ['a page', (response) => response.end('{"ScanEvents":[1]}'), [plain, 'array']],
  ['a null page', (response) => response.end('{"ScanEvents":null}'), [plain, 'null']],
  ['no content', (response) => response.writeHead(204).end(), [{ ...plain, status: 204 }]],
  ['no page', (response) => response.end('<html>'), [plain]],
  [
    'a compressed page',
    (response) => response.writeHead(200, { 'content-encoding': 'GZIP' }).end(gzipSync('{"ScanEvents":[]}')),
    [{ ...plain, codings: ['gzip'] }, 'array'],
  ],
  [
    'a refusal for now',
    (response) => response.writeHead(429, { 'retry-after': '7' }).end(),
    [{ status: 429, codings: [], retryAfterMs: 7_000 }],
  ],
  ['a cut connection', (response) => response.socket?.destroy(), []],
])('an observer is told of %s', async (_, answer, told) => {
  expect(await toldOf(answer)).toEqual(told);
});
