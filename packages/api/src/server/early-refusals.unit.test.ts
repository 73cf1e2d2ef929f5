import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { systemClock } from '@waybill/shared/clock.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bearer, openApi, tokens } from '../../test/api-rig.ts';

/** A connection, open until the test is over. */
async function connected(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const json = { 'content-type': 'application/json' };
const begin = (headers: Readonly<Record<string, string>>) =>
  `POST /v1/scan-events HTTP/1.1\r\nhost: x\r\n${Object.entries({ ...json, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** The status of the answer to headers that announce a body, of which nothing comes. */
async function statusWithoutBody(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const socket = await connected(url);
  socket.write(begin({ 'content-length': '1000', ...headers }));
  const [answer] = await once(socket, 'data');
  return String(answer).slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3);
}

const fullQueue = { queue: { sendBatch: async () => [], depth: async () => 2 } };

describe('before anything of its body has come, a push', () => {
  test('is refused to nobody known, and to a token without the scope', async () => {
    const url = await (await openApi()).listen();
    expect(await statusWithoutBody(url, {})).toBe('401');
    expect(await statusWithoutBody(url, bearer(tokens.read))).toBe('403');
  });

  test('is refused to a token that asks too often', async () => {
    const stopped = { ...systemClock, monotonic: () => 0 };
    const url = await (await openApi({ settings: { requestsPerSecond: 1 }, deps: { clock: stopped } })).listen();
    expect((await fetch(`${url}/v1/parcels/1`, { headers: bearer(tokens.ingest) })).status).toBe(403);
    expect(await statusWithoutBody(url, bearer(tokens.ingest))).toBe('429');
  });

  test('is refused while the queue is full', async () => {
    const url = await (await openApi({ settings: { maxQueueMessages: 1 }, deps: fullQueue })).listen();
    expect(await statusWithoutBody(url, bearer(tokens.ingest))).toBe('503');
  });

  test('is refused where it announces more than a body may have', async () => {
    const url = await (await openApi({ settings: { bodyMaxBytes: 1_024 } })).listen();
    expect(await statusWithoutBody(url, { ...bearer(tokens.ingest), 'content-length': '1025' })).toBe('413');
  });
});

test('clients that say nothing, or say it byte by byte, keep nobody else waiting', async () => {
  const url = await (await openApi()).listen();
  await Promise.all(Array.from({ length: 200 }, () => connected(url)));
  for (const text of [
    'GET / HTTP/1.1\r\nx-slow: x',
    `${begin({ ...bearer(tokens.ingest), 'content-length': '99' })}{`,
  ]) {
    const slow = await Promise.all(Array.from({ length: 20 }, () => connected(url)));
    for (const socket of slow) socket.write(text);
  }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => fetch(`${url}/v1/unknown`, { headers: bearer(tokens.read) })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
});
