import { systemClock } from '@waybill/shared/clock.ts';
import { createMetrics } from '@waybill/shared/metrics.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { earlySignal } from '@waybill/shared/process/early-signal.ts';
import { serveEndpoints } from '@waybill/shared/process/http-endpoints.ts';
import { runUntilSignal } from '@waybill/shared/process/lifecycle.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { tables } from '@waybill/shared/resources.ts';
import { meterQuestions, meterTables } from '@waybill/shared/telemetry/cost-meter.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { dynamoDbCheckpointStore } from './checkpoint/dynamodb-checkpoint-store.ts';
import { readConfig } from './config.ts';
import { scanApi } from './feed/scan-api.ts';
import { createPoller } from './poller.ts';
import { mostSends } from './queue/gathered-sends.ts';

/** The poller as a process: wired, run until it is stopped, and ended with its exit code. Rejects when it cannot start. */
export async function run(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(env);
  const { settings } = config;
  const log = createLogger({ service: 'poller', level: config.logLevel, pretty: process.stdout.isTTY === true });
  const telemetry = startTelemetry({ service: 'waybill-poller', ...config.metrics });
  const metrics = createMetrics(telemetry.meter);

  // A write must be answered well within the lease, or a slow answer would look like a lost one.
  const storeTimeoutMs = Math.min(5_000, settings.leaseMs / 3);
  const dynamodb = openDynamoDb({ requestTimeoutMs: storeTimeoutMs, maxSockets: 8, maxAttempts: 2 });
  const sqs = openSqs({
    requestTimeoutMs: 4_000,
    // Besides the sends, the queue's depth is asked for by the readers and by readiness.
    maxSockets: mostSends + 2,
    maxAttempts: 2,
    endpointIsQueueHost: !config.sqsIsElsewhere,
  });
  meterQuestions(sqs, metrics);
  meterTables(dynamodb, { metrics, tables: { [config.checkpointsTable]: 'checkpoints' } });
  const queue = sqsSender(sqs, config.scanQueueUrl);
  const checkpoints = dynamoDbCheckpointStore({
    dynamodb,
    table: config.checkpointsTable,
    feed: settings.feed,
    metrics,
  });

  const poller = createPoller({
    config: settings,
    log,
    clock: systemClock,
    random: Math.random,
    feed: scanApi({ ...config.scanApi, clock: systemClock }),
    queue,
    checkpoints,
    metrics,
    checkTables: () => requireKey(dynamodb, config.checkpointsTable, tables.checkpoints),
    probes: { sqs: () => queue.depth(), dynamodb: () => checkpoints.read() },
  });

  const endpoints = await serveEndpoints(config.http, {
    live: poller.live,
    ready: poller.ready,
    serveMetrics: telemetry.serveMetrics,
  });
  log.info({ node: process.version, port: endpoints.port, feed: settings.feed }, 'poller started');

  await runUntilSignal(poller, {
    log,
    earlySignal: earlySignal(),
    stopTimeoutMs: config.stopTimeoutMs,
    close: async () => {
      await Promise.all([endpoints.stop(), telemetry.stop()]);
      sqs.destroy();
      dynamodb.destroy();
    },
  });
}
