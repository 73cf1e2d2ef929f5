import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { type ApiRigOptions, apiSettings, bearer, openApi, tokens } from '../../test/api-rig.ts';

/** Routes whose handlers wait until they are let go, and tell what became of their signals. */
function waitingRoutes() {
  const letGo = Promise.withResolvers<void>();
  const entered: AbortSignal[] = [];
  const plugin: FastifyPluginAsyncZod = async (app) => {
    const config = { scopes: ['read', 'ingest'] } as const;
    const wait = async (signal: AbortSignal) => {
      entered.push(signal);
      // As a call of the SDK does, it ends with an error of its own when the signal aborts.
      const aborted = once(signal, 'abort').then(() => Promise.reject(new DOMException('aborted', 'AbortError')));
      await Promise.race([letGo.promise, aborted]);
      return 'done';
    };
    app.get('/v1/wait', { config }, ({ signal }) => wait(signal));
    app.post('/v1/wait', { config, schema: { body: z.unknown() } }, ({ signal }) => wait(signal));
    app.get('/v1/quick', { config }, () => 'quick');
    app.get('/open', { config: { open: true } }, () => 'open');
  };
  onTestFinished(() => letGo.resolve());
  return { routes: () => [plugin], entered, letGo: () => letGo.resolve() };
}

async function openWaiting(options: ApiRigOptions = {}) {
  const waiting = waitingRoutes();
  const rig = await openApi({ ...options, routes: waiting.routes });
  const inFlight = (count: number) => vi.waitUntil(() => waiting.entered.length >= count, { interval: 2 });
  return { ...rig, ...waiting, inFlight };
}

/** A connection of the test's own, whose text so far is `said()`. */
async function open(address: string): Promise<Socket & { readonly said: () => string }> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return Object.assign(socket, { said: () => text });
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
const auth = `Authorization: Bearer ${tokens.all}\r\n`;

describe('requests per second', () => {
  const standing = { deps: { clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} } } };

  test('are limited for each token, whatever the others do', async () => {
    const { ask, value } = await openWaiting({ ...standing, settings: { requestsPerSecond: 3 } });
    const statuses = async (token: string) => {
      const headers = bearer(token);
      const found: number[] = [];
      for (let count = 0; count < 4; count += 1) found.push((await ask({ url: '/v1/quick', headers })).status);
      return found;
    };
    expect(await statuses(tokens.read)).toEqual([200, 200, 200, 429]);
    expect(await statuses(tokens.ingest)).toEqual([200, 200, 200, 429]);
    const refused = await ask({ url: '/v1/quick', headers: bearer(tokens.read) });
    expect(refused).toMatchObject({ headers: { 'retry-after': '1' }, body: { code: 'TOO_MANY_REQUESTS' } });
    expect(value('waybill.api.rejections{token rate}')).toBe(3);
  });

  test('are one token’s also while it is rotated', async () => {
    const [read] = apiSettings.tokens;
    const [, other] = apiSettings.tokens;
    const rotating = [read, other && { ...other, name: 'read', scopes: ['read'] as const }].flatMap(
      (each) => each ?? [],
    );
    const { ask } = await openWaiting({ ...standing, settings: { requestsPerSecond: 1, tokens: rotating } });
    expect((await ask({ url: '/v1/quick', headers: bearer(tokens.read) })).status).toBe(200);
    expect((await ask({ url: '/v1/quick', headers: bearer(tokens.ingest) })).status).toBe(429);
  });

  test('without a valid token are limited by address, and keep nobody out who has one', async () => {
    const { ask } = await openWaiting({ ...standing, settings: { requestsPerSecond: 3 } });
    const guess = (url: string, authorization = `Bearer ${Math.random()}`) => ask({ url, headers: { authorization } });
    expect((await guess('/v1/quick')).status).toBe(401);
    expect((await guess('/v1/nothing')).status).toBe(404);
    expect((await guess('/open', '')).status).toBe(200);
    for (const url of ['/v1/quick', '/v1/nothing', '/open']) expect((await guess(url)).status, url).toBe(429);
    expect((await ask({ url: '/v1/quick' })).status).toBe(200);
  });
});

describe('what is in flight', () => {
  test('is limited for one token, so that others are answered', async () => {
    const limits = { most: 10, mostOfOne: 2 };
    const { ask, inFlight, letGo, value } = await openWaiting({ limits });
    const waiting = [1, 2].map(() => ask({ url: '/v1/wait', headers: bearer(tokens.read) }));
    await inFlight(2);
    expect(await ask({ url: '/v1/quick', headers: bearer(tokens.read) })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
    });
    expect((await ask({ url: '/v1/quick' })).status).toBe(200);
    expect(value('waybill.api.in_flight')).toBe(2);
    letGo();
    await Promise.all(waiting);
    expect((await ask({ url: '/v1/quick', headers: bearer(tokens.read) })).status).toBe(200);
    expect(value('waybill.api.in_flight')).toBe(0);
  });

  test('is limited as a whole: the next ones are refused at once', async () => {
    const { ask, inFlight, letGo } = await openWaiting({ limits: { most: 2, mostOfOne: 10 } });
    const waiting = [1, 2].map(() => ask({ url: '/v1/wait' }));
    await inFlight(2);
    expect(await ask({ url: '/v1/quick' })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'UNAVAILABLE' },
    });
    letGo();
    await Promise.all(waiting);
    expect((await ask({ url: '/v1/quick' })).status).toBe(200);
  });

  test('holds memory for its bodies, and the next body is refused before it is read', async () => {
    const { ask, inFlight, letGo, listen } = await openWaiting({ limits: { mostBytes: 100 } });
    const headers = { 'content-type': 'application/json' };
    const post = { method: 'POST', url: '/v1/wait', headers } as const;
    const waiting = ask({ ...post, payload: JSON.stringify('x'.repeat(60)) });
    await inFlight(1);
    const address = await listen();
    const socket = await open(address);
    socket.write(`POST /v1/wait HTTP/1.1\r\nHost: a\r\n${auth}Content-Length: 50\r\n\r\n`);
    await vi.waitUntil(() => socket.said().includes('\r\n\r\n'));
    expect(socket.said()).toMatch(/^HTTP\/1\.1 503 /);
    expect((await ask({ url: '/v1/quick' })).status).toBe(200);
    letGo();
    expect((await waiting).status).toBe(200);
  });
});

describe('a body', () => {
  test.for([
    ['Content-Length: 1025\r\n', 'its header says that it is too long'],
    ['Transfer-Encoding: chunked\r\n', 'it turns out to be too long'],
  ])('is 413 as soon as %s', async ([length]) => {
    const { listen, entered } = await openWaiting({ settings: { bodyMaxBytes: 1_024 } });
    const socket = await open(await listen());
    const head = `POST /v1/wait HTTP/1.1\r\nHost: a\r\n${auth}Content-Type: application/json\r\n${length}\r\n`;
    socket.write(length?.startsWith('T') ? `${head}800\r\n${'x'.repeat(2_048)}` : head);
    await vi.waitUntil(() => socket.said().includes('TOO_LARGE'));
    expect(socket.said()).toMatch(/^HTTP\/1\.1 413 /);
    expect(entered).toEqual([]);
  });

  test('of somebody without a token is not read', async () => {
    const { listen } = await openWaiting();
    const socket = await open(await listen());
    socket.write('POST /v1/wait HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    await vi.waitUntil(() => socket.said().includes('UNAUTHENTICATED'));
  });
});

describe('the time of a request', () => {
  test('ends with 503 and an aborted signal', async () => {
    const { ask, entered, value } = await openWaiting({ limits: { requestMs: 30 } });
    expect(await ask({ url: '/v1/wait' })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { code: 'UNAVAILABLE' },
    });
    expect(entered[0]?.aborted).toBe(true);
    expect(value('waybill.api.rejections{time}')).toBe(1);
  });

  test('ends for a body that does not come, and nobody else notices', async () => {
    const { listen, ask } = await openWaiting({ limits: { requestMs: 60 } });
    const socket = await open(await listen());
    socket.write(
      `POST /v1/wait HTTP/1.1\r\nHost: a\r\n${auth}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n"`,
    );
    expect((await ask({ url: '/v1/quick' })).status).toBe(200);
    await vi.waitUntil(() => socket.said().includes('UNAVAILABLE'));
    expect(socket.said()).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('is over when the client goes, which is on record as 499', async () => {
    const { listen, entered, inFlight, lines, value } = await openWaiting();
    const socket = await open(await listen());
    socket.write(`GET /v1/wait HTTP/1.1\r\nHost: a\r\n${auth}\r\n`);
    await inFlight(1);
    expect(entered[0]?.aborted).toBe(false);
    socket.destroy();
    await vi.waitUntil(() => entered[0]?.aborted === true);
    await vi.waitUntil(() => lines.some((line) => line['status'] === 499 && line['route'] === 'GET /v1/wait'));
    // No engine is to blame.
    expect(value('waybill.api.rejections')).toBe(undefined);
    expect(lines.filter((line) => line['level'] !== 'info')).toEqual([]);
  });

  test('is not over when its body has come', async () => {
    const { listen, entered, inFlight, letGo } = await openWaiting();
    const url = `${await listen()}/v1/wait`;
    const headers = { ...bearer(tokens.all), 'content-type': 'application/json' };
    const answer = fetch(url, { method: 'POST', headers, body: '{}' });
    await inFlight(1);
    await sleep(20);
    expect(entered[0]?.aborted).toBe(false);
    letGo();
    expect((await answer).status).toBe(200);
  });
});

describe('a stop', () => {
  test('lets what is in flight end, says so, and closes every connection', async () => {
    const { listen, inFlight, letGo, stop } = await openWaiting();
    const address = await listen();
    const [busy, idle, silent, used] = await Promise.all([open(address), open(address), open(address), open(address)]);
    busy.write(`GET /v1/wait HTTP/1.1\r\nHost: a\r\n${auth}\r\n`);
    used.write(`GET /v1/quick HTTP/1.1\r\nHost: a\r\n${auth}\r\n`);
    idle.write('GET /v1/qui');
    await inFlight(1);
    await vi.waitUntil(() => used.said().includes('quick'));
    const all = [busy, idle, silent, used].map(closed);
    const stopped = stop();
    await closed(used);
    await expect(open(address)).rejects.toThrow('ECONNREFUSED');
    expect(busy.said()).toBe('');
    letGo();
    await stopped;
    await Promise.all(all);
    expect(busy.said()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*done$/i);
  });

  test('cuts who does not take the answer', async () => {
    const { listen, inFlight, stop, entered } = await openWaiting({ limits: { requestMs: 20_000 } });
    const socket = await open(await listen());
    socket.write(`GET /v1/wait HTTP/1.1\r\nHost: a\r\n${auth}\r\n`);
    await inFlight(1);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const stopped = stop();
    vi.advanceTimersByTime(22_000);
    vi.useRealTimers();
    await stopped;
    await vi.waitUntil(() => entered[0]?.aborted);
  });

  test('may come twice', async () => {
    const { listen, stop } = await openWaiting();
    await listen();
    await Promise.all([stop(), stop()]);
    await stop();
  });
});

describe('every answer', () => {
  test('says what a browser may not do with it, and lets no other origin read it', async () => {
    const { ask, listen } = await openWaiting();
    const address = await listen();
    const socket = await open(address);
    socket.write('NONSENSE\r\n\r\n');
    await closed(socket);
    const answers = [
      (await ask({ url: '/v1/quick', headers: { origin: 'https://other.example' } })).headers,
      (await ask({ url: '/v1/nothing' })).headers,
      (await ask({ url: '/v1/%' })).headers,
      Object.fromEntries(
        socket
          .said()
          .split('\r\n')
          .map((line) => line.split(': ')),
      ),
    ];
    for (const headers of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers).not.toHaveProperty('x-powered-by');
    }
    expect(answers[0]).toHaveProperty('cache-control', 'no-store');
  });

  test('is one line of the log, with the name of the token and the pattern of the path', async () => {
    const { ask, lines, value } = await openWaiting();
    await ask({ url: '/v1/quick?a=b', headers: { ...bearer(tokens.read), 'x-request-id': 'mine' } });
    await ask({ url: '/v1/other', headers: { 'x-request-id': 'b' } });
    await ask({ method: 'DELETE', url: '/v1/quick', headers: { 'x-request-id': 'c' } });
    await ask({ url: '/v1/%', headers: { 'x-request-id': 'd' } });
    const logged = lines.filter((line) => line['msg'] === 'request');
    expect(logged).toMatchObject([
      { requestId: 'mine', route: 'GET /v1/quick', status: 400, token: 'read', ms: expect.any(Number) },
      { requestId: 'b', route: 'none', status: 404, token: '-' },
      { requestId: 'c', route: 'none', status: 405, token: '-' },
      { requestId: 'd', route: 'none', status: 400, token: '-' },
    ]);
    expect(value('waybill.api.requests{GET /v1/quick,400}')).toBe(1);
    expect(value('waybill.api.requests')).toBe(4);
    expect(value('waybill.api.duration{none,404}')).toBeGreaterThanOrEqual(0);
  });
});
