import { createServer } from 'node:http';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { createPoller } from '@waybill/poller/poller.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { noProxies } from '@waybill/shared/http/proxies.ts';
import { openSqs } from '@waybill/shared/process/aws-clients.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { countedSender } from '@waybill/shared/telemetry/queue-meter.ts';
import { imageHeapBytes } from '../../packages/consumer/test/image-heap.ts';
import { MemoryCheckpoints } from '../../packages/poller/test/memory-checkpoints.ts';
import { scan } from '../../packages/poller/test/memory-feed.ts';
import { measured } from '../../packages/poller/test/observed.ts';
import { FilesEntered } from './files-entered.ts';

const events = [scan(1), scan(2, { Type: 'PICKUP' }), scan(4)];

/** The sources that an ordinary page passes from the request for it to `SendMessageBatch`, over the real HTTP client. */
export async function pollerWalk(): Promise<string[]> {
  // The first page belongs to the start.
  const pages = [[], events];
  const carrier = createServer((_, response) => {
    const page = { ScanEvents: pages.shift() ?? [] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
  });
  await new Promise<void>((resolve) => carrier.listen(0, '127.0.0.1', resolve));
  const address = carrier.address();
  const port = typeof address === 'object' ? address?.port : undefined;

  const walk = new FilesEntered();
  const { promise: sent, resolve } = Promise.withResolvers<string[]>();
  const api = scanApi({ url: `http://127.0.0.1:${port}/`, token: '', timeoutMs: 10_000, clock: systemClock });
  const read: typeof api.read = (...request) => {
    if (pages.length === 1) walk.begin();
    return api.read(...request);
  };
  const sqs = openSqs({
    requestTimeoutMs: 1_000,
    maxSockets: 1,
    maxAttempts: 1,
    proxies: noProxies,
    endpointIsQueueHost: true,
  });
  const send = async (command: unknown) => {
    if (!(command instanceof SendMessageBatchCommand)) return {};
    resolve(walk.end());
    return { Successful: command.input.Entries };
  };
  const { metrics } = measured();
  const poller = createPoller({
    settings: {
      feed: 'scan-events',
      firstEventId: 1,
      limit: 100,
      requestsPerSecond: 10,
      requestTimeoutMs: 10_000,
      pollIntervalMs: 50,
      leaseMs: 300_000,
      messageMaxBytes: 61_440,
      maxQueueMessages: 50_000,
      catchUpReaders: 8,
      gapPatienceMs: 600_000,
    },
    heapBytes: imageHeapBytes,
    log: createLogger({ service: 'walk', level: 'silent', pretty: false }),
    clock: systemClock,
    random: () => 0.5,
    feed: { read },
    queue: countedSender(sqsSender(Object.assign(sqs, { send }), 'http://127.0.0.1/queue'), metrics, 'queue'),
    checkpoints: new MemoryCheckpoints().open(),
    metrics,
    checkTables: async () => undefined,
    probes: {},
  });
  poller.start();
  const files = await sent;
  await poller.stop();
  carrier.closeAllConnections();
  carrier.close();
  return files;
}
