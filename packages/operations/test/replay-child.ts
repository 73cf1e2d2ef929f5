import { setFlagsFromString } from 'node:v8';
import { systemClock } from '@waybill/shared/clock.ts';
import { noProxies } from '@waybill/shared/http/proxies.ts';
import { openSqs } from '@waybill/shared/process/aws-clients.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { planReplay } from '../src/replay/plan-replay.ts';
import { runReplay } from '../src/replay/replay.ts';
import { replayHeapFlag } from '../src/replay/replay-plan.ts';

/**
 * A replay as a process, for tests that kill it or give it a small heap: `replay-child.ts FEED_URL QUEUE_URL FROM TO LIMIT`. Prints
 * `next N` whenever all before N is confirmed, and at the end what it did and the most memory that it had.
 */
const [url = '', queueUrl = '', from = '', to = '', limit = ''] = process.argv.slice(2);
// As `waybill replay` does.
setFlagsFromString(replayHeapFlag);
const clock = systemClock;
const feed = scanApi({ url, token: '', timeoutMs: 10_000, clock });
const sqs = openSqs({
  requestTimeoutMs: 10_000,
  maxSockets: 8,
  maxAttempts: 3,
  proxies: noProxies,
  endpointIsQueueHost: false,
});
const queue = sqsSender(sqs, queueUrl);
const { signal } = new AbortController();
const settings = {
  ...{ limit: Number(limit), requestsPerSecond: 1_000, messageMaxBytes: 61_440, maxQueueMessages: 0 },
  isAnnounced: false,
};
const planned = await planReplay(
  { feed, queue: { depth: async () => 0 }, checkpoints: { read: async () => undefined } },
  { range: { from: Number(from), to: Number(to) }, settings },
  signal,
);
const result = await runReplay(
  { feed, queue, clock, random: Math.random },
  { ...planned, isGoingOn: true },
  { signal, onProgress: ({ what }) => void process.stdout.write(`${what.replace(' EventId', '')}\n`) },
);
sqs.destroy();
const rssMb = Math.round(process.resourceUsage().maxRSS / 1_024);
process.stdout.write(`${JSON.stringify({ outcome: result.outcome, counts: result.counts, rssMb })}\n`);
// Connections of the feed's agent are kept alive.
process.exit(0);
