import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { createMetrics } from '@waybill/shared/metrics.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { earlySignal } from '@waybill/shared/process/early-signal.ts';
import { serveEndpoints } from '@waybill/shared/process/http-endpoints.ts';
import { runUntilSignal } from '@waybill/shared/process/lifecycle.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { sqsConsumer } from '@waybill/shared/queue/sqs-queue.ts';
import { tables } from '@waybill/shared/resources.ts';
import { meterQuestions, meterTables } from '@waybill/shared/telemetry/cost-meter.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { readConfig } from './config.ts';
import { dynamoDbFailureLog } from './failures/dynamodb-failure-log.ts';
import { openParcelTable } from './parcels/batched/open-parcel-table.ts';
import { createProcessor } from './processor.ts';

/** The processor as a process: wired, run until it is stopped, and ended with its exit code. Rejects when it cannot start. */
export async function run(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(env);
  const log = createLogger({ service: 'processor', level: config.LOG_LEVEL, pretty: process.stdout.isTTY });
  const telemetry = startTelemetry({
    service: 'waybill-processor',
    otlp: config.OTEL_EXPORTER_OTLP_ENDPOINT !== '',
    cloudWatchNamespace: config.CLOUDWATCH_NAMESPACE,
    exportIntervalMs: config.OTEL_METRIC_EXPORT_INTERVAL,
  });
  const metrics = createMetrics(telemetry.meter);
  const clock = systemClock;

  const endpointIsQueueHost = config.AWS_ENDPOINT_URL === '' && config.AWS_ENDPOINT_URL_SQS === '';
  // A long poll is repeated by its loop, and a stop waits for it: one attempt.
  const receiving = openSqs({
    requestTimeoutMs: config.RECEIVE_WAIT_SECONDS * 1_000 + 5_000,
    maxSockets: config.RECEIVERS,
    maxAttempts: 1,
    endpointIsQueueHost,
  });
  const settling = openSqs({ requestTimeoutMs: 4_000, maxSockets: 64, maxAttempts: 2, endpointIsQueueHost });
  const dynamodb = openDynamoDb({ requestTimeoutMs: 4_000, maxSockets: config.WRITE_CONCURRENCY + 8, maxAttempts: 2 });
  const queue = sqsConsumer({
    receiving,
    settling,
    queueUrl: config.SCAN_QUEUE_URL,
    waitSeconds: config.RECEIVE_WAIT_SECONDS,
    visibilityTimeoutSeconds: config.VISIBILITY_TIMEOUT_SECONDS,
  });

  const writeConcurrency = config.WRITE_CONCURRENCY;
  const parcels = openParcelTable({ dynamodb, tableName: config.PARCELS_TABLE, clock, metrics, log, writeConcurrency });

  const processor = createProcessor({
    settings: {
      receivers: config.RECEIVERS,
      receiveWaitSeconds: config.RECEIVE_WAIT_SECONDS,
      writeConcurrency,
      visibilityTimeoutSeconds: config.VISIBILITY_TIMEOUT_SECONDS,
      stopTimeoutSeconds: config.STOP_TIMEOUT_SECONDS,
    },
    log,
    clock,
    random: Math.random,
    metrics,
    queue,
    parcels,
    failures: dynamoDbFailureLog({
      documents: DynamoDBDocumentClient.from(dynamodb),
      tableName: config.FAILURES_TABLE,
      clock,
      metrics,
    }),
    checkTables: async () => {
      await requireKey(dynamodb, config.PARCELS_TABLE, tables.parcels);
      await requireKey(dynamodb, config.FAILURES_TABLE, tables.failures);
      await parcels.choose();
    },
    probes: {
      sqs: () => queue.depth(),
      dynamodb: () =>
        dynamodb.send(new GetItemCommand({ TableName: config.PARCELS_TABLE, Key: { parcelId: { N: '0' } } })),
    },
  });

  meterQuestions(settling, metrics);
  meterTables(dynamodb, {
    metrics,
    tables: { [config.PARCELS_TABLE]: 'parcels', [config.FAILURES_TABLE]: 'failures' },
  });
  const endpoints = await serveEndpoints(
    { host: config.HTTP_HOST, port: config.HTTP_PORT },
    { live: processor.live, ready: processor.ready, serveMetrics: telemetry.serveMetrics },
  );
  log.info({ port: endpoints.port, node: process.version }, 'started');
  await runUntilSignal(processor, {
    log,
    earlySignal: earlySignal(),
    stopTimeoutMs: config.STOP_TIMEOUT_SECONDS * 1_000,
    close: async () => {
      await Promise.all([endpoints.stop(), telemetry.stop()]);
      for (const client of [receiving, settling, dynamodb]) client.destroy();
    },
  });
}
