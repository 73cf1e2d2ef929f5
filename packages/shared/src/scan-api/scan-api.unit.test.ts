import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { unseenIn } from '@waybill/poller/feed/page.ts';
import { SeenContents } from '@waybill/poller/feed/seen-contents.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scan } from '../../../poller/test/memory-feed.ts';
import { leaksIn } from '../../test/planted-secrets.ts';
import { systemClock } from '../clock.ts';
import { WaybillError } from '../error.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import { readElements } from './page.ts';
import { maxBodyBytes, maxElements, scanApi } from './scan-api.ts';
import { receivedBy } from './scan-api-error.ts';

let server: Server;
let port: number;
/** What the server does with the next requests. */
let answer: RequestListener = (_, response) => response.end();

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = new AbortController().signal;

function api(options: { token?: string; timeoutMs?: number; query?: string } = {}) {
  const { token = '', timeoutMs = 5_000, query = '' } = options;
  return scanApi({ url: `http://127.0.0.1:${port}/v1/scans/scanevents${query}`, token, timeoutMs, clock: systemClock });
}

async function failure(reading: Promise<unknown>): Promise<WaybillError> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof WaybillError) return error;
  throw new Error('expected a WaybillError', { cause: error });
}

const serve = (body: string | Uint8Array, status = 200, headers: Record<string, string> = {}) => {
  answer = (_, response) => response.writeHead(status, headers).end(body);
};

describe('a page', () => {
  test('is asked for with id, limit, token and the query that the URL has of its own', async () => {
    let asked: { url: string | undefined; authorization: string | undefined } | undefined;
    answer = (request, response) => {
      asked = { url: request.url, authorization: request.headers.authorization };
      response.end(JSON.stringify({ ScanEvents: [scan(1)] }));
    };
    expect(await api({ token: 't0ken', query: '?tenant=a&Limit=7' }).read(83_269, 50, open)).toEqual([scan(1)]);
    expect(asked).toEqual({
      url: '/v1/scans/scanevents?tenant=a&FromEventId=83269&Limit=50',
      authorization: 'Bearer t0ken',
    });
  });

  test('carries no authorization where there is no token', async () => {
    let authorization: string | undefined = 'something';
    answer = (request, response) => {
      authorization = request.headers.authorization;
      response.end('{"ScanEvents":[]}');
    };
    await api().read(1, 1, open);
    expect(authorization).toBeUndefined();
  });

  test('may hold whatever JSON holds, and fields that nobody asked for', async () => {
    serve('{"__proto__":{"x":1},"next":"…","ScanEvents":[null,1,"a",{"constructor":1},[[]]]}');
    expect(await api().read(1, 1, open)).toHaveLength(5);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  test('gives what is no event in its own text, and tells repetitions by it', async () => {
    const bad = (digit: number) => `{ "EventId":900719925474099${digit}, "ParcelId":340434161094015932 ,"x":1.10}`;
    serve(`{"ScanEvents":[${JSON.stringify(scan(1))},${bad(2)},9007199254740993,${bad(3)}]}`);
    const { events, rejected } = readElements(await api().read(1, 1, open));
    expect(events).toHaveLength(1);
    const own = [bad(2), '9007199254740993', bad(3)].map((text) => text.replaceAll(' ', ''));
    expect(rejected.map(({ body }) => body)).toEqual(own.map((text) => `{"version":1,"unparsed":${text}}`));
    expect(unseenIn({ events: [], rejected }, 1, 1, new SeenContents())?.rejected).toHaveLength(3);
  });

  test('is empty with status 204, and where ScanEvents is null', async () => {
    serve('', 204);
    expect(await api().read(1, 1, open)).toEqual([]);
    serve('{"ScanEvents":null}');
    expect(await api().read(1, 1, open)).toEqual([]);
  });

  test("is asked for with the URL's own query to the letter", async () => {
    let asked: string | undefined;
    answer = (request, response) => {
      asked = request.url;
      response.end('{"ScanEvents":[]}');
    };
    await api({ query: '?key=a%2Fb+c~*%20d&&flag&limit=3&FromEventId=9' }).read(7, 50, open);
    expect(asked).toBe('/v1/scans/scanevents?key=a%2Fb+c~*%20d&flag&limit=3&FromEventId=7&Limit=50');
  });
});

describe('a connection', () => {
  test('is kept for the next page', async () => {
    const sockets = new Set<unknown>();
    answer = (request, response) => {
      sockets.add(request.socket);
      response.end('{"ScanEvents":[]}');
    };
    const feed = api();
    for (let page = 0; page < 5; page += 1) await feed.read(1, 1, open);
    expect(sockets.size).toBe(1);
  });

  test('that the server cut after a page is replaced', async () => {
    const feed = api();
    for (let page = 0; page < 3; page += 1) {
      answer = (_, response) => response.writeHead(200, { connection: 'close' }).end('{"ScanEvents":[7]}');
      expect(await feed.read(1, 1, open)).toEqual([7]);
    }
  });
});

describe('a compressed page', () => {
  const page = '{"ScanEvents":[1,2]}';
  const zipped = (body: string | Buffer) => gzipSync(body);

  test.each([
    ['gzip', 'gzip', zipped(page)],
    ['gzip by its old name', 'x-gzip', zipped(page)],
    ['deflate in its frame', 'deflate', deflateSync(page)],
    ['deflate without a frame, as some servers send it', 'deflate', deflateRawSync(page)],
    ['a list with identity', 'gzip, identity', zipped(page)],
    ['capitals and blanks', ' GZip ', zipped(page)],
    ['two codings, the last one outside', 'deflate, gzip', zipped(deflateRawSync(page))],
    ['two header lines', ['gzip', 'x-gzip'], zipped(zipped(page))],
    ['no name', '', page],
  ])('is read with %s', async (_, coding, body) => {
    let accepted: string | undefined;
    answer = (request, response) => {
      accepted = String(request.headers['accept-encoding']);
      response.setHeader('content-encoding', coding).end(body);
    };
    expect(await api().read(1, 1, open)).toEqual([1, 2]);
    expect(accepted).toBe('gzip, deflate');
  });

  test('is read though it comes byte by byte', async () => {
    for (const body of [deflateSync(page), deflateRawSync(page)]) {
      answer = async (_, response) => {
        response.writeHead(200, { 'content-encoding': 'deflate' });
        for (const byte of body) {
          response.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      };
      expect(await api().read(1, 1, open)).toEqual([1, 2]);
    }
  });

  test.each([
    ['br', 'the coding "br"'],
    ['gzip, zstd', 'the coding "zstd"'],
    ['identity, Bearer t0ken', 'without a readable name'],
    ['gzip, gzip, gzip, gzip, gzip', '5 codings'],
  ])('with %j is unreadable, and the coding is named', async (coding, expected) => {
    serve('anything', 200, { 'content-encoding': coding });
    const error = await failure(api().read(1, 1, open));
    expect(error.code).toBe('FEED_UNREADABLE');
    expect(error.message).toContain(expected);
    expect(leaksIn(error, ['t0ken'])).toEqual([]);
  });

  test.each(['gzip', 'deflate'])(
    'that is not what its coding says is unreadable, and the coding is named: %s',
    async (coding) => {
      serve(`\xff${page}`, 200, { 'content-encoding': coding });
      const error = await failure(api().read(1, 1, open));
      expect(error.code).toBe('FEED_UNREADABLE');
      expect(error.message).toContain(coding);
    },
  );

  test.each([
    ['gzip', (plain: Buffer) => gzipSync(plain)],
    ['deflate', (plain: Buffer) => deflateRawSync(plain)],
    ['gzip, gzip', (plain: Buffer) => gzipSync(gzipSync(plain))],
  ])('is not read beyond the cap: %s', async (coding, compress) => {
    serve(compress(Buffer.alloc(maxBodyBytes * 4, 0x20)), 200, { 'content-encoding': coding });
    expect((await failure(api({ timeoutMs: 20_000 }).read(1, 1, open))).details['tooLarge']).toBe(true);
  });
});

describe('an answer that is no page', () => {
  test.each([
    ['an HTML page with status 200', '<!doctype html><h1>Sorry</h1>', 'is not JSON'],
    ['nothing', '', 'is not JSON'],
    ['half a page', '{"ScanEvents":[{"EventId":1', 'is not JSON'],
    ['an array', '[]', 'ScanEvents'],
    ['another envelope', '{"events":[]}', 'ScanEvents'],
    ['no array in the envelope', '{"ScanEvents":{}}', 'ScanEvents'],
    ['null', 'null', 'ScanEvents'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe]), 'not UTF-8'],
  ])('is an error that shows %s', async (_, body, expected) => {
    serve(body);
    const error = await failure(api().read(1, 1, open));
    expect(error.code).toBe('FEED_UNREADABLE');
    expect(error.message).toContain(expected);
    expect(error.details['tooLarge']).toBeUndefined();
  });

  test.each([
    [301, 'FEED_UNREADABLE'],
    [400, 'FEED_UNREADABLE'],
    [401, 'FEED_UNREADABLE'],
    [403, 'FEED_UNREADABLE'],
    [404, 'FEED_UNREADABLE'],
    [408, 'FEED_UNAVAILABLE'],
    [429, 'FEED_UNAVAILABLE'],
    [500, 'FEED_UNAVAILABLE'],
    [502, 'FEED_UNAVAILABLE'],
    [503, 'FEED_UNAVAILABLE'],
  ])('with status %i is %s', async (status, code) => {
    serve('no', status, { 'retry-after': '7', location: '/' });
    const error = await failure(api().read(1, 1, open));
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ status, bytes: 2, digest: '9390298f3fb0c5b1', retryAfterMs: 7_000 });
    expect(receivedBy(error)).toBeUndefined();
  });

  test('keeps what was received beside its error, for those who narrow it down', async () => {
    serve('{"ScanEvents":[1,]}');
    expect(receivedBy(await failure(api().read(1, 1, open)))?.beginning.toString()).toBe('{"ScanEvents":[1,]}');
    serve(gzipSync(`{"ScanEvents":["${'x'.repeat(maxBodyBytes)}"]}`), 200, { 'content-encoding': 'gzip' });
    const tooLarge = receivedBy(await failure(api({ timeoutMs: 20_000 }).read(1, 1, open)));
    expect(tooLarge?.beginning.toString()).toBe('{"ScanEvents":["'.padEnd(65_536, 'x'));
  });

  test.each([
    ['bytes', () => `{"ScanEvents":["${'x'.repeat(maxBodyBytes)}"]}`],
    ['elements', () => `{"ScanEvents":[${'0,'.repeat(maxElements)}0]}`],
  ])('for its %s is said to be too large', async (_, body) => {
    serve(body());
    const error = await failure(api({ timeoutMs: 20_000 }).read(1, 1, open));
    expect(error).toMatchObject({ code: 'FEED_UNREADABLE', details: { tooLarge: true } });
  });

  test('is not read beyond the cap: it may be endless', async () => {
    let sent = 0;
    answer = (_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 0x20);
      const more = () => {
        sent += chunk.length;
        if (!response.destroyed) response.write(chunk, more);
      };
      more();
    };
    expect((await failure(api({ timeoutMs: 20_000 }).read(1, 1, open))).details['tooLarge']).toBe(true);
    expect(sent).toBeLessThan(maxBodyBytes * 2);
  });
});

describe('an answer that does not come', () => {
  test.each([
    ['nothing', () => undefined],
    ['its head only', (response: Parameters<RequestListener>[1]) => response.writeHead(200).write('{"ScanEvents":[')],
  ])('in time is unavailable, when there is %s', async (_, begin) => {
    answer = (__, response) => void begin(response);
    const error = await failure(api({ timeoutMs: 100 }).read(1, 1, open));
    expect(error.code).toBe('FEED_UNAVAILABLE');
    expect(error.message).toContain('100 ms');
  });

  test('whole, because the connection was cut, is unavailable', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"ScanEvents":[');
      setImmediate(() => response.destroy());
    };
    expect((await failure(api().read(1, 1, open))).code).toBe('FEED_UNAVAILABLE');
  });

  test('whole, because a compressed one was cut, is unavailable', async () => {
    serve(gzipSync('{"ScanEvents":[1,2]}').subarray(0, 20), 200, { 'content-encoding': 'gzip' });
    expect((await failure(api().read(1, 1, open))).code).toBe('FEED_UNAVAILABLE');
  });

  test('at all, because nobody listens, is unavailable and says so', async () => {
    const nobody = scanApi({ url: 'http://127.0.0.1:1/', token: '', timeoutMs: 5_000, clock: systemClock });
    const error = await failure(nobody.read(1, 1, open));
    expect(error.code).toBe('FEED_UNAVAILABLE');
  });

  test('before the stop is abandoned at once', async () => {
    answer = () => undefined;
    const stopping = new AbortController();
    const reading = failure(api({ timeoutMs: 60_000 }).read(1, 1, stopping.signal));
    setTimeout(() => stopping.abort(), 20);
    expect((await reading).code).toBe('FEED_UNAVAILABLE');
    expect((await failure(api().read(1, 1, AbortSignal.abort()))).code).toBe('FEED_UNAVAILABLE');
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2021-05-11T21:11:34Z');

  test('is nothing, or a wait, whatever it says', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.bigInt({ min: -(10n ** 400n), max: 10n ** 400n }).map(String),
      fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toUTCString())),
      fc.constantFrom('', '-1', '1e9', '0x10', 'NaN', 'Infinity', '1.5', ' 5 '),
    );
    fc.assert(
      fc.property(hostile, (header) => {
        const ms = retryAfterOf(header, now) ?? 0;
        expect(ms).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(retryAfterOf(undefined, now)).toBeUndefined();
  });
});

test('arbitrary bytes, JSON, statuses and headers become a page or a FEED_* error, never anything else', async () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.string({ maxLength: 600 }).map((text) => Buffer.from(text)),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify({ ScanEvents: value }))),
    fc.array(fc.jsonValue()).map((value) => Buffer.from(JSON.stringify({ ScanEvents: value }))),
    fc.nat({ max: 100_000 }).map((depth) => Buffer.from('{"ScanEvents":['.repeat(depth))),
  );
  const status = fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 599 }));
  const headers = fc.record(
    {
      'content-encoding': fc.constantFrom('gzip', 'deflate', 'gzip, deflate', 'br', 'identity', 'none'),
      'content-type': fc.constantFrom('text/html', 'application/json; charset=utf-16', ';'),
      'retry-after': fc.constantFrom('1', '-1', '99999999999999999999', 'soon'),
      location: fc.constantFrom('/', 'http://[', 'file:///etc'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(body, status, headers, async (bytes, code, fields) => {
      serve(bytes, code, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
      const read = await api()
        .read(1, 100, open)
        .catch((error: unknown) => error);
      if (Array.isArray(read)) return;
      expect(read).toBeInstanceOf(WaybillError);
      expect(read).toMatchObject({ code: expect.stringMatching(/^FEED_/) });
    }),
    { numRuns: 300 },
  );
});
