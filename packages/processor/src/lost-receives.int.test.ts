import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '@waybill/shared/clock.ts';
import { sqsConsumer } from '@waybill/shared/queue/sqs-queue.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { expect, onTestFinished, test } from 'vitest';
import { useEngines } from '../../consumer/test/engines.ts';
import { imageHeapBytes } from '../../consumer/test/image-heap.ts';
import { Journal } from '../../consumer/test/journal.ts';
import { MemoryFailures } from '../../consumer/test/memory-failures.ts';
import { recordedLog } from '../../shared/test/recorded-log.ts';
import { startCuttingProxy } from '../test/cutting-proxy.ts';
import { MemoryParcels } from '../test/memory-parcels.ts';
import { packed, scan } from '../test/processor-rig.ts';
import { createProcessor } from './processor.ts';

const engines = useEngines(process.env);

/** A processor whose receives go through the proxy, and nothing else of it. */
async function behindProxy() {
  const { sqs, resources } = engines();
  const engine = await Promise.resolve(sqs.config.endpoint?.());
  if (!engine) throw new Error('the engines’ client has an endpoint');
  const proxy = await startCuttingProxy(`${engine.protocol}//${engine.hostname}:${engine.port}`);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const receiving = new SQSClient({
    region: 'us-east-1',
    credentials,
    endpoint: proxy.url,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    md5: false,
  });
  const journal = new Journal();
  const parcels = new MemoryParcels(journal);
  const { log, lines } = recordedLog();
  const waitSeconds = 4;
  const visibilityTimeoutSeconds = 5;
  const processor = createProcessor({
    heapBytes: imageHeapBytes,
    settings: {
      receivers: 4,
      receiveWaitMs: waitSeconds * 1_000,
      writeConcurrency: 16,
      visibilityTimeoutMs: visibilityTimeoutSeconds * 1_000,
      stopTimeoutMs: 20_000,
    },
    log,
    clock: systemClock,
    random: Math.random,
    metrics: createMetrics(startTelemetry({ service: 'test', otlp: false }).meter),
    queue: sqsConsumer({
      receiving,
      settling: sqs,
      queueUrl: resources.scanQueueUrl,
      waitSeconds,
      visibilityTimeoutSeconds,
    }),
    parcels,
    failures: new MemoryFailures(journal),
    checkTables: async () => {},
    probes: {},
  });
  const put = async (from: number, count: number) => {
    const ids = Array.from({ length: count }, (_, index) => from + index);
    while (ids.length > 0) {
      const Entries = ids.splice(0, 10).map((id) => ({ Id: String(id), MessageBody: packed(scan(id)) }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: resources.scanQueueUrl, Entries }));
    }
  };
  onTestFinished(async () => {
    await processor.stop();
    receiving.destroy();
    await proxy.stop();
  });
  return { proxy, processor, parcels, put, lines };
}

test('a proxy whose idle limit is shorter than the poll is found out and lived with', { timeout: 60_000 }, async () => {
  const { proxy, processor, parcels, put, lines } = await behindProxy();
  proxy.idleLimitMs = 1_500;
  processor.start();
  await expect
    .poll(() => lines.filter(({ msg }) => msg === 'a long poll was cut off: polls wait less'), { timeout: 20_000 })
    .toMatchObject([{ waitSeconds: 2 }, { waitSeconds: 1 }]);
  await expect.poll(() => processor.ready().ok, { timeout: 10_000 }).toBe(true);
  const { length } = lines;
  const cuts = proxy.cuts();
  await put(1, 200);
  await expect.poll(() => parcels.ids.length, { timeout: 15_000 }).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(proxy.cuts()).toBe(cuts);
  expect(lines.slice(length).filter(({ level }) => level === 40)).toEqual([]);
  expect(processor.ready().ok).toBe(true);
});

test('a proxy that cuts answers with messages costs few receives while it does', { timeout: 90_000 }, async () => {
  const { proxy, processor, parcels, put } = await behindProxy();
  await put(1_001, 100);
  proxy.cutsMessages = true;
  processor.start();
  await expect.poll(() => processor.ready().parts['receives']?.ok, { timeout: 10_000, interval: 20 }).toBe(false);
  const endsAt = Date.now() + 15_000;
  while (Date.now() < endsAt) {
    expect(processor.ready().ok).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(proxy.used()).toBeGreaterThanOrEqual(3);
  // The first receive asks for ten, the next ones for one.
  expect(proxy.used()).toBeLessThanOrEqual(14);
  expect(parcels.ids).toEqual([]);
  proxy.cutsMessages = false;
  // All but what a lost answer held: that stays away for a quarter of an hour.
  await expect.poll(() => parcels.ids.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(100 - proxy.used());
  expect(processor.ready().ok).toBe(true);
});
