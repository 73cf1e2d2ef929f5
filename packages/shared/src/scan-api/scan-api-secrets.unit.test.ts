import { once } from 'node:events';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordedLog } from '../../../poller/test/observed.ts';
import { type Leak, leaksIn } from '../../test/planted-secrets.ts';
import { systemClock } from '../clock.ts';
import { WaybillError } from '../error.ts';
import { scanApi } from './scan-api.ts';

/** The token, a key in the URL's query, and what a page holds of people. */
const token = 't0ken-5f1c';
const secrets = [token, 'k3y-in-the-query', 'NC1001', 'RUN-100', 'LEFT AT DOOR'];
const person = '{"EventId":1,"StatusCode":"LEFT AT DOOR","User":{"UserId":"NC1001","RunId":"RUN-100"}}';
const everything = `Authorization: Bearer ${token} /scanevents?key=k3y-in-the-query&FromEventId=1 ${person}`;

/** A server that speaks HTTP, or anything else: it writes these bytes and closes. */
let bytes: string | Buffer = '';
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end(bytes));
});
let port: number;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterAll(() => void server.close());

const http = (status: number, headers: Record<string, string>, body: string | Buffer) =>
  Buffer.concat([
    Buffer.from(
      [
        `HTTP/1.1 ${status} ${token}`,
        ...Object.entries({ 'content-length': String(body.length), ...headers }).map(
          ([name, value]) => `${name}: ${value}`,
        ),
        'connection: close',
        '\r\n',
      ].join('\r\n'),
    ),
    Buffer.from(body),
  ]);

async function failureOf(url: string, signal = new AbortController().signal): Promise<unknown> {
  const feed = scanApi({ url, token, timeoutMs: 500, clock: systemClock });
  return feed.read(1, 100, signal).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** What stands in the error, with its causes, and in the line with which the logger prints it. */
function leaksOf(error: unknown): readonly Leak[] {
  const { log, lines } = recordedLog();
  log.error({ err: error }, 'feed request failed, will be retried');
  return leaksIn([error, lines], secrets);
}

const url = (host = `127.0.0.1:${port}`) => `http://${host}/v1/scanevents?key=k3y-in-the-query`;

const answers: readonly (readonly [name: string, bytes: string | Buffer])[] = [
  ...[301, 302, 400, 401, 403, 404, 408, 410, 416, 429, 500, 503].map(
    (status) => [`status ${status} that repeats the request`, http(status, {}, everything)] as const,
  ),
  [
    'a redirect with user and query',
    http(302, { location: `//NC1001:${token}@host/moved?key=k3y-in-the-query` }, everything),
  ],
  ['a redirect to text', http(302, { location: `htp::${token}` }, everything)],
  ['a content type with a parameter', http(500, { 'content-type': `text/html; token=${token}` }, everything)],
  ['a content type that is text', http(500, { 'content-type': everything }, everything)],
  ['a coding that is text', http(200, { 'content-encoding': everything }, everything)],
  ['an unknown coding', http(200, { 'content-encoding': 'br' }, everything)],
  ['a wrong coding', http(200, { 'content-encoding': 'gzip' }, everything)],
  ['a Retry-After that is text', http(429, { 'retry-after': everything }, everything)],
  ['a page cut in the middle', http(200, {}, `{"ScanEvents":[${person},${person.slice(0, 60)}`)],
  ['a page cut by the connection', http(200, { 'content-length': '1000' }, `{"ScanEvents":[${person}`)],
  ['a compressed page cut', http(200, { 'content-encoding': 'gzip' }, gzipSync(everything).subarray(0, 40))],
  ['text', http(200, {}, everything)],
  ['a short text', http(200, {}, 'NC1001')],
  ['a bad character after a person', http(200, {}, `{"ScanEvents":[${person.slice(0, -1)},"x":NaN}]}`)],
  ['a raw newline in a person', http(200, {}, `{"ScanEvents":[${person.replace('AT', 'AT DOOR\n')}]}`)],
  ['Latin-1', http(200, {}, Buffer.from(`{"ScanEvents":[${person.replace('{', '{"name":"é",')}]}`, 'latin1'))],
  ['another envelope', http(200, {}, `{"Events":[${person}]}`)],
  ['no HTTP', everything],
  ['no HTTP in a header', `HTTP/1.1 200 OK\r\n${token}\u0000: ${everything}\r\n\r\n`],
  ['no chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${everything}`],
  ['nothing', ''],
];

describe('what an error of the feed says, in message, stack, cause, details and log, holds no secret and no person', () => {
  test.each(answers)('for %s', async (_, answer) => {
    bytes = answer;
    const error = await failureOf(url());
    expect(error).toBeInstanceOf(WaybillError);
    expect(leaksOf(error)).toEqual([]);
  });

  test('for a page too large', async () => {
    bytes = http(200, {}, `{"ScanEvents":[${`${person},`.repeat(400_000)}`);
    const error = await failureOf(url());
    expect(leaksOf(error)).toEqual([]);
  });

  test('for an answer that does not come, a stop, nobody who listens and a name that nobody knows', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const silentPort = typeof address === 'object' && address ? address.port : 0;
    const errors = [
      await failureOf(url(`127.0.0.1:${silentPort}`)),
      await failureOf(url(), AbortSignal.abort()),
      await failureOf(url('127.0.0.1:1')),
      await failureOf(url('no-such-host.invalid')),
      await failureOf(url().replace('http:', 'https:')),
    ];
    silent.close();
    for (const error of errors) expect(error).toBeInstanceOf(WaybillError);
    expect(leaksOf(errors)).toEqual([]);
  });
});

describe('an error of the feed says what to do', () => {
  test.each<[string, Buffer, RegExp]>([
    ['a 401', http(401, {}, ''), /status 401: check SCAN_API_TOKEN$/],
    ['a 403', http(403, {}, ''), /status 403: check SCAN_API_TOKEN$/],
    ['a 404', http(404, {}, ''), /check the path of SCAN_API_URL \(http:\/\/127\.0\.0\.1:\d+\/v1\/scanevents\)$/],
    [
      'a 301',
      http(301, { location: '/v2/scans?key=k3y-in-the-query' }, ''),
      /redirects to http:\/\/127\.0\.0\.1:\d+\/v2\/scans; /,
    ],
    ['a 302 without address', http(302, {}, ''), /redirects to no readable address; /],
    [
      'a cut connection',
      http(200, { 'content-length': '9' }, '{'),
      /was cut before the response was whole \(ECONNRESET\)$/,
    ],
    ['no HTTP', Buffer.from('SSH-2.0-OpenSSH'), /did not respond in HTTP \(HPE_\w+\)$/],
    ['no JSON', http(200, {}, '{"ScanEvents":[{"EventId":NaN}]}'), /is not JSON: it goes wrong at character 26 of 32$/],
  ])('for %s', async (_, answer, expected) => {
    bytes = answer;
    expect(await failureOf(url())).toMatchObject({ message: expect.stringMatching(expected) });
  });

  test('where nobody listens, which is no cut connection', async () => {
    expect(await failureOf(url('127.0.0.1:1'))).toMatchObject({
      code: 'FEED_UNAVAILABLE',
      message: expect.stringMatching(/^Nobody listens at 127\.0\.0\.1:1: check .* \(ECONNREFUSED\)$/),
    });
  });
});
