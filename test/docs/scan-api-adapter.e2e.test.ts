import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@waybill/local/free-port.ts';
import { readWholeFeed } from '@waybill/local/whole-feed.ts';
import { checkFeed } from '@waybill/operations/feed-check/feed-check.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { listen } from '@waybill/shared/http/listen.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { expect, test } from 'vitest';
import { until } from '../processes/until.ts';
import { adapterOf } from './scan-api.ts';

const page = readFileSync(fileURLToPath(import.meta.resolve('../../docs/scan-api.md')), 'utf8');

/** A carrier that pages by cursor, with ids that are no numbers and times with an offset; it wants a key. */
async function startCarrier() {
  const held = Array.from({ length: 250 }, (_, index) => ({
    id: `evt_${index.toString(36)}`,
    parcel: String(5_000 + (index % 7)),
    kind: ['COLLECTED', 'SORTED', 'DELIVERED'][index % 3],
    at: `2021-05-11T21:${String(10 + (index % 50))}:34.15+02:00`,
    run: index % 2 === 0 ? '100' : undefined,
  }));
  let isDown = false;
  const server = await listen({ host: '127.0.0.1', port: 0 }, ({ url = '', headers }, response) => {
    const at = Number(new URL(url, 'http://localhost').searchParams.get('cursor')?.slice(1) || 0);
    if (isDown || headers['x-api-key'] !== 'k3y') return void response.writeHead(503).end();
    response.end(JSON.stringify({ items: held.slice(at, at + 40), next: `c${Math.min(held.length, at + 40)}` }));
  });
  return { url: `http://127.0.0.1:${server.port}/tracking`, stop: server.stop, down: () => (isDown = true) };
}

test('the adapter of docs/scan-api.md makes a feed of a carrier that pages by cursor, and of one number one event', async ({
  onTestFinished,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-'));
  const carrier = await startCarrier();
  const port = String(await freePort());
  let running: ChildProcess | undefined;
  const start = () => {
    const env = {
      CARRIER_URL: carrier.url,
      CARRIER_KEY: 'k3y',
      EVENTS_FILE: 'events.jsonl',
      PORT: port,
      POLL_MS: '50',
    };
    running = spawn(process.execPath, ['adapter.mjs'], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
  };
  const kill = async () => {
    if (running && running.exitCode === null && running.signalCode === null) {
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
    }
  };
  onTestFinished(async () => {
    await kill();
    await carrier.stop();
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'adapter.mjs'), adapterOf(page));
  const url = `http://127.0.0.1:${port}/`;
  const feed = scanApi({ url, token: '', timeoutMs: 5_000, clock: systemClock });
  const pageFrom = (id: number) => feed.read(id, 1, AbortSignal.timeout(5_000)).catch(() => []);
  const whole = async () => {
    const elements: unknown[] = [];
    for await (const element of readWholeFeed(feed, { limit: 60 })) elements.push(element);
    return elements;
  };

  start();
  await until('the adapter has read all', async () => (await pageFrom(250)).length > 0);
  const checked = await checkFeed(
    {
      open: (observer) => scanApi({ url, token: '', timeoutMs: 5_000, clock: systemClock, observer }),
      clock: systemClock,
    },
    { url, credentials: [], limit: 100, fromEventId: 1, timeoutMs: 5_000 },
    AbortSignal.timeout(20_000),
  );
  expect(checked.canBeMirrored, JSON.stringify(checked.findings)).toBe(true);
  const elements = await whole();
  expect(elements.map((element) => parse(element))).toEqual(elements.map(() => ({ event: expect.anything() })));
  expect(elements[0]).toMatchObject({ EventId: 1, Type: 'PICKUP', CreatedDateTimeUtc: '2021-05-11T19:10:34.150Z' });
  expect(elements).toHaveLength(250);

  // Killed in the middle of a line, it gives every event the number that it had.
  await kill();
  appendFileSync(join(folder, 'events.jsonl'), '{"cursor":"c9","events":[{"Ev');
  start();
  await until('the adapter serves again', async () => (await pageFrom(250)).length > 0);
  expect(await whole()).toEqual(elements);

  carrier.down();
  await until('an outage of the carrier is not the end of its feed', async () => {
    const failed = await feed.read(251, 1, AbortSignal.timeout(5_000)).catch((error: unknown) => error);
    return String(failed).includes('503');
  });
});
