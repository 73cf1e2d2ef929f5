import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { cleanShares, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { pollerVariables, ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { type Engine, embeddedEngine } from './pipelines/engine.ts';

/** Measures a poller alone, started as in production, far behind a feed whose responses take a round trip. */

const usage = `npm exec --call "node bench/src/catch-up.ts [flags]"

  --events N     events of the feed (200000)
  --latency MS   before each response of the feed (100)
  --readers N    CATCH_UP_READERS to compare with 1 (8)
`;

/** Several readers must be this many times as fast as one. */
const bar = 6;
const pollEveryMs = 100;
const firstEventId = 83_269;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    latency: { type: 'string', default: '100' },
    readers: { type: 'string', default: '8' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const events = Number(values.events);
const latencyMs = Number(values.latency);
const readers = Number(values.readers);
if (values.help || !(events >= 1 && latencyMs >= 0 && readers >= 1)) {
  process.stdout.write(usage);
  process.exit(values.help ? 0 : 2);
}

const elements = simulateFeed({ seed: 1, firstEventId, shares: cleanShares }).take(events).toArray();
const end = elements.at(-1)?.position ?? 0;
const engine = await embeddedEngine();
try {
  console.log(`${events} events, ${latencyMs} ms before each response, pages of 100, ${engine.name}`);
  const sequential = await secondsWith(1, engine);
  const striped = await secondsWith(readers, engine);
  const ratio = sequential / striped;
  const passed = ratio >= bar;
  console.log(`${passed ? 'PASS' : 'FAIL'}  ${ratio.toFixed(1)} times as fast, at least ${bar}`);
  process.exitCode = passed ? 0 : 1;
} finally {
  await engine.stop();
}

/** Seconds from the first request that finds something until the checkpoint is at the end of the feed. */
async function secondsWith(catchUpReaders: number, { env, provision, remove }: Engine): Promise<number> {
  const resources = await provision();
  const feed = new HeldFeed(elements.values(), elements.length);
  const api = await startScanApi({ feed, seed: 1, latencyMs });
  const poller = new ServiceProcess('poller', {
    PATH: process.env['PATH'],
    ...env,
    ...pollerVariables(resources, api.url),
    LOG_LEVEL: 'warn',
    SCAN_API_REQUESTS_PER_SECOND: '1000',
    CATCH_UP_READERS: String(catchUpReaders),
    MAX_QUEUE_MESSAGES: '0',
  });
  try {
    let startedAt: number | undefined;
    for (;;) {
      const metrics = await poller.metrics();
      const now = performance.now();
      if (metrics.sum('waybill_feed_requests_total') > 0) startedAt ??= now;
      if (metrics.sum('waybill_feed_position') >= end) {
        const seconds = (now - (startedAt ?? now)) / 1_000;
        const requests = metrics.sum('waybill_feed_requests_total');
        const rate = Math.round(elements.length / seconds);
        console.log(
          `CATCH_UP_READERS=${catchUpReaders}: ${seconds.toFixed(1)} s, ${rate} events/s, ${requests} requests`,
        );
        return seconds;
      }
      await delay(pollEveryMs);
    }
  } finally {
    await poller.stop();
    await api.stop();
    await remove(resources);
  }
}
