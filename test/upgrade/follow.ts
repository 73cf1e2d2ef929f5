import { createPoller } from '@waybill/poller/poller.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { imageHeapBytes } from '../../packages/consumer/test/image-heap.ts';
import type { Deployment } from './deployment.ts';

/** The checkpoint's key. */
export const feed = { S: 'scan-events' };

export type Following = {
  /** What each request asked the feed for. */
  readonly requests: readonly number[];
  /** Another process's view of the same checkpoint. */
  readonly checkpoints: ReturnType<typeof dynamoDbCheckpointStore>;
};

export type FollowOptions = {
  readonly elements: readonly unknown[];
  /** How long a silent holder keeps the lease: no busy machine may lose it, unless a test waits for it to run out. */
  readonly leaseMs?: number;
};

/** Runs this release's poller over a feed of these elements while `work` goes on. */
export async function following(
  { clients, resources }: Deployment,
  { elements, leaseMs = 60_000 }: FollowOptions,
  work: (following: Following) => Promise<void>,
): Promise<void> {
  const metrics = createMetrics(startTelemetry({ service: 'upgrade-test', otlp: false }).meter);
  const table = { dynamodb: clients.dynamodb, tableName: resources.checkpointsTable, feed: feed.S };
  const checkpoints = dynamoDbCheckpointStore(table);
  const requests: number[] = [];
  const poller = createPoller({
    settings: {
      feed: feed.S,
      firstEventId: 1,
      limit: 100,
      requestsPerSecond: 100,
      requestTimeoutMs: 5_000,
      pollIntervalMs: 50,
      leaseMs,
      messageMaxBytes: 1_024,
      maxQueueMessages: 0,
      catchUpReaders: 8,
      gapPatienceMs: 600_000,
    },
    heapBytes: imageHeapBytes,
    log: createLogger({ service: 'poller', level: 'silent', pretty: false }),
    clock: systemClock,
    random: Math.random,
    feed: {
      read: async (fromEventId) => {
        requests.push(fromEventId);
        const from = elements.findIndex((element) => idOf(element) >= fromEventId);
        return from < 0 ? [] : elements.slice(from);
      },
    },
    queue: sqsSender(clients.sqs, resources.scanQueueUrl),
    checkpoints,
    metrics,
    checkTables: async () => {},
    probes: {},
  });
  poller.start();
  try {
    await work({ requests, checkpoints });
  } finally {
    await poller.stop();
  }
  await poller.ended;
}

function idOf(element: unknown): number {
  return typeof element === 'object' && element && 'EventId' in element ? Number(element.EventId) : 0;
}
