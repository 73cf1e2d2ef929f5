import { createHmac } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { WaybillError } from '@waybill/shared/error.ts';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { httpServer, secretOf, tcpServer, webhookAt } from '../../test/webhook-to.ts';
import type { WebhookSettings } from './webhook-settings.ts';

const request = { id: 'delivery_0a1b2c3d_5002', body: '{"type":"parcel.delivered","data":{"runId":"r-secret"}}' };
const endless = new AbortController().signal;
const query = '?key=k-secret';

/** A webhook whose receiver answers so. */
async function answeredBy(answer: RequestListener, settings: Partial<WebhookSettings> = {}, now = Date.now) {
  const { port, sockets } = await httpServer(answer);
  const webhook = webhookAt(`http://127.0.0.1:${port}/in${query}`, settings, undefined, now);
  return { sockets, notify: (signal = endless) => webhook.notify(request, signal) };
}

/** The error of one attempt, of which nothing that is not ours may be seen. */
async function failureOf(attempt: Promise<unknown>): Promise<WaybillError> {
  const error: unknown = await attempt.then(
    () => 'told',
    (each) => each,
  );
  if (!(error instanceof WaybillError)) throw new Error(`not a WaybillError: ${error}`);
  const shown = `${error.message} ${JSON.stringify(error.details)} ${error.cause}`;
  for (const hidden of ['r-secret', 'k-secret', 'whsec', '169.254', 'said by']) expect(shown).not.toContain(hidden);
  return error;
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  return await text(message);
}

describe('a request', () => {
  test('is a POST of the body, signed by each secret as Standard Webhooks say, anew at each attempt', async () => {
    const received: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[] = [];
    let nowMs = Date.now();
    const secrets = [secretOf(1), secretOf(2), secretOf(3)];
    const { notify } = await answeredBy(
      async (message, response) => {
        const { method = '', url = '', headers } = message;
        received.push({ method, url, headers, body: await bodyOf(message) });
        response.writeHead(204).end();
      },
      { secrets },
      () => nowMs,
    );
    expect(await notify()).toBe(204);
    nowMs += 61_000;
    expect(await notify()).toBe(204);
    for (const { method, url, headers, body } of received) {
      expect([method, url, body]).toEqual(['POST', `/in${query}`, request.body]);
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(request.body.length),
        'user-agent': 'waybill',
        'webhook-id': request.id,
      });
      for (const secret of secrets) {
        // Holds: Node gives single headers as text.
        expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(request.body));
        const key = Buffer.from(secret.slice(6), 'base64');
        const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
        const expected = createHmac('sha256', key).update(signed, 'utf8').digest('base64');
        expect(String(headers['webhook-signature']).split(' ')).toContain(`v1,${expected}`);
      }
    }
    const [first, second] = received.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect([received.length, Number(second) - Number(first)]).toEqual([2, 61]);
  });

  test('uses a connection again, and no more connections than are allowed, however many ask', async () => {
    const { notify, sockets } = await answeredBy((message, response) => {
      message.resume().on('end', () => response.writeHead(200).end('{"taken":true}'));
    });
    for (let attempt = 0; attempt < 10; attempt += 1) expect(await notify()).toBe(200);
    // Undici lets a connection rest for a turn of the event loop, in which another is opened.
    expect(sockets.length).toBeLessThanOrEqual(2);
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => notify())))).toEqual(new Set([200]));
    expect(sockets.length).toBeLessThanOrEqual(4);
  });
});

/** Longer than a test may take: what waits for it in real time fails. */
const limitMs = 60_000;

/** Attempts whose time is up when the test says so; undici's and the sockets' own timers do not run meanwhile. */
function heldTime(): { readonly pass: () => void } {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: () => void vi.advanceTimersByTime(limitMs) };
}

/** Resolves once so many heads of responses have arrived at the caller. */
function headsArrived(count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  const onHead = () => {
    left -= 1;
    if (left === 0) resolve();
  };
  subscribe('undici:request:headers', onHead);
  onTestFinished(() => void unsubscribe('undici:request:headers', onHead));
  return promise;
}

describe('whose failure it is', () => {
  const statuses = [200, 201, 202, 204, 299];
  const refusals = [400, 409, 413, 415, 422];
  const others = [
    300, 302, 304, 307, 401, 402, 403, 404, 405, 406, 408, 410, 418, 425, 429, 451, 499, 500, 502, 503, 599,
  ];

  test('is said by the status', async () => {
    let status = 0;
    const { notify } = await answeredBy((message, response) => {
      message.resume();
      response
        .writeHead(status, { 'x-note': 'said by the receiver' })
        .end(status === 204 ? '' : 'said by the receiver');
    });
    for (status of statuses) expect(await notify()).toBe(status);
    for (status of refusals)
      expect(await failureOf(notify())).toMatchObject({ code: 'NOTIFICATION_REFUSED', details: { status } });
    for (status of others)
      expect(await failureOf(notify())).toMatchObject({ code: 'ENDPOINT_UNAVAILABLE', details: { status } });
  });

  test('and how long to wait by Retry-After in each spelling, up to an hour', async () => {
    const nowMs = Date.UTC(2026, 10, 28, 12);
    let header = '';
    const { notify } = await answeredBy(
      (message, response) => {
        message.resume();
        response.writeHead(503, header === '' ? {} : { 'retry-after': header }).end();
      },
      {},
      () => nowMs,
    );
    const waits = async (text: string) => {
      header = text;
      return (await failureOf(notify())).details['retryAfterMs'];
    };
    expect(await waits('')).toBeUndefined();
    expect(await waits('soon')).toBeUndefined();
    expect(await waits('120')).toBe(120_000);
    expect(await waits('Sat, 28 Nov 2026 12:01:00 GMT')).toBe(60_000);
    expect(await waits('2026-11-28T12:01:00Z')).toBe(60_000);
    expect(await waits('7200')).toBe(3_600_000);
    expect(await waits('9'.repeat(400))).toBe(3_600_000);
  });

  test('a redirect is not followed, wherever it points', async () => {
    let requests = 0;
    const { notify } = await answeredBy((message, response) => {
      requests += 1;
      message.resume();
      response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    });
    const error = await failureOf(notify());
    expect(error).toMatchObject({ code: 'ENDPOINT_UNAVAILABLE', details: { status: 307 } });
    expect(error.message).toContain('redirects are not followed');
    expect(requests).toBe(1);
  });
});

const head = (status: number, rest = '') => `HTTP/1.1 ${status} x\r\n${rest}`;

describe('an endpoint that is broken', () => {
  const broken: [string, string, (socket: Socket) => unknown][] = [
    ['cuts the connection before its response', 'was cut', (socket) => socket.destroy()],
    ['cuts it within the head', 'was cut', (socket) => socket.end(head(200))],
    ['does not speak HTTP', 'did not respond in HTTP', (socket) => socket.write('220 mail.example ESMTP\r\n')],
    ['sends a head without an end', 'failed', (socket) => socket.write(head(200, `x: ${'y'.repeat(20_000)}`))],
  ];

  test.each(broken)('and %s fails', async (_what, said, answer) => {
    const { port, sockets } = await tcpServer((socket) => socket.once('data', () => answer(socket)));
    const error = await failureOf(webhookAt(`http://127.0.0.1:${port}/`).notify(request, endless));
    expect(error.code).toBe('ENDPOINT_UNAVAILABLE');
    expect(error.details).not.toHaveProperty('status');
    expect(error.message).toContain(said);
    await closed(sockets);
  });

  const slow: [string, string, (socket: Socket, seen: () => void) => unknown][] = [
    ['does not respond', 'http', (socket, seen) => socket.once('data', seen)],
    ['does not complete its handshake', 'https', (socket, seen) => socket.once('data', seen)],
    [
      'drips its head',
      'http',
      (socket, seen) => {
        socket.write(head(200));
        let drops = 0;
        const drip = setInterval(() => {
          socket.write('x: y\r\n');
          drops += 1;
          if (drops === 5) seen();
        }, 2);
        socket.on('close', () => clearInterval(drip));
      },
    ],
  ];

  test.each(slow)('and %s outlasts no attempt', async (_what, scheme, answer) => {
    const { promise: isSlow, resolve: seen } = Promise.withResolvers<void>();
    const { port, sockets } = await tcpServer((socket) => answer(socket, seen));
    const time = heldTime();
    const webhook = webhookAt(`${scheme}://127.0.0.1:${port}/`, { timeoutMs: limitMs });
    const failed = failureOf(webhook.notify(request, endless));
    await isSlow;
    time.pass();
    const error = await failed;
    expect(error).toMatchObject({ code: 'ENDPOINT_UNAVAILABLE', details: {} });
    expect(error.message).toContain('did not respond within 60000 ms');
    await webhook.close();
    await closed(sockets);
  });

  test('and nobody listens, or TLS fails, is named', async () => {
    const { port, sockets } = await tcpServer((socket) => socket.once('data', () => socket.end('not TLS')));
    const tls = await failureOf(webhookAt(`https://127.0.0.1:${port}/`).notify(request, endless));
    expect(tls).toMatchObject({ code: 'ENDPOINT_UNAVAILABLE', message: expect.stringContaining('TLS') });
    await closed(sockets);
    const nobody = await failureOf(webhookAt('http://127.0.0.1:1/').notify(request, endless));
    expect(nobody).toMatchObject({ code: 'ENDPOINT_UNAVAILABLE', details: { code: 'ECONNREFUSED' } });
  });
});

describe('a status that is known counts', () => {
  type Ending = { readonly drip: (text: string) => void; readonly cut: () => void; readonly timeIsUp: () => void };
  const endings: [string, (ending: Ending) => unknown][] = [
    ['is cut off', ({ cut }) => cut()],
    [
      'drips',
      ({ drip, timeIsUp }) => {
        drip('x');
        timeIsUp();
      },
    ],
    ['hangs', ({ timeIsUp }) => timeIsUp()],
    ['is endless', ({ drip }) => drip('x'.repeat(4_000))],
  ];

  test.each(endings)('though its body %s, and the connection is not used again', async (_what, end) => {
    const statuses = [200, 422, 503];
    const arrived = headsArrived(statuses.length);
    const time = heldTime();
    const outcomes = statuses.map(async (status) => {
      const { notify, sockets } = await answeredBy(
        async (message, response) => {
          message.resume();
          response.writeHead(status, { 'content-length': '1000000' }).flushHeaders();
          await arrived;
          const drip = (text: string) => {
            const dripping = setInterval(() => response.write(text), 1);
            response.on('close', () => clearInterval(dripping));
          };
          end({ drip, cut: () => response.destroy(), timeIsUp: time.pass });
        },
        { timeoutMs: limitMs },
      );
      if (status === 200) expect(await notify()).toBe(200);
      else expect((await failureOf(notify())).details).toMatchObject({ status });
      await closed(sockets);
    });
    await Promise.all(outcomes);
  });

  test('and of its body no more than 16 KiB are read', async () => {
    const { notify, sockets } = await answeredBy((message, response) => {
      message.resume();
      response.writeHead(200, { 'content-length': '50000000' });
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    expect(await notify()).toBe(200);
    await closed(sockets);
    // What stands in the buffers of the two sockets was sent, and nobody read it.
    expect(sockets[0]?.bytesWritten).toBeLessThan(20_000_000);
  });

  test('but 16 KiB of it are read, and leave the connection to the next', async () => {
    const { notify, sockets } = await answeredBy((message, response) => {
      message.resume();
      response.writeHead(200).end('x'.repeat(16_384));
    });
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await notify()).toBe(200);
    expect(sockets.length).toBeLessThanOrEqual(2);
  });
});

test('the time of an attempt begins with its turn', async () => {
  let requests = 0;
  const { promise: hangs, resolve: seen } = Promise.withResolvers<void>();
  const time = heldTime();
  const { notify } = await answeredBy(
    (message, response) => {
      message.resume();
      requests += 1;
      if (requests === 1) seen();
      else response.writeHead(200).end();
    },
    { timeoutMs: limitMs, concurrency: 1 },
  );
  const [first, second] = [failureOf(notify()), notify()];
  await hangs;
  time.pass();
  expect((await first).message).toContain('did not respond');
  expect(await second).toBe(200);
});

test('what is stopped is given up at once, also what waits for its turn', async () => {
  const stop = new AbortController();
  const { notify, sockets } = await answeredBy(() => undefined, { concurrency: 1 });
  const attempts = [notify(stop.signal), notify(stop.signal)];
  while (sockets.length === 0) await wait(1);
  stop.abort();
  for (const attempt of attempts) expect(await failureOf(attempt)).toMatchObject({ code: 'STOPPED' });
  await closed(sockets);
});

/** Resolves once all connections are closed, as the receiver sees it. */
async function closed(sockets: Awaited<ReturnType<typeof tcpServer>>['sockets']): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.closed || new Promise((close) => socket.once('close', close))));
}
