import { getHeapStatistics } from 'node:v8';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { runProcess } from '@waybill/shared/process/run-process.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { queueNameOf } from '@waybill/shared/queue/queue-url.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { tables } from '@waybill/shared/resources.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { countedSender } from '@waybill/shared/telemetry/queue-meter.ts';
import { meterTables } from '@waybill/shared/telemetry/table-meter.ts';
import { queueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { readConfig } from './config.ts';
import { createPoller } from './poller.ts';
import { mostCalls } from './queue/leased-queue.ts';

/** The poller as a process: wired, run until it is stopped, and ended with its exit code. Rejects when it cannot start. */
export async function run(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { settings, checkpointsTable, scanQueueUrl, ...config } = readConfig(env);
  await runProcess('poller', config.process, (tools) => {
    const { clock, metrics, tracing } = tools;
    const sqs = openSqs({
      requestTimeoutMs: 4_000,
      // Besides the sends, the readers and readiness ask for the queue's depth.
      maxSockets: mostCalls + 2,
      maxAttempts: 2,
      endpointIsQueueHost: config.process.endpointIsQueueHost,
      proxies: config.process.proxies,
      variables: { [scanQueueUrl]: 'SCAN_QUEUE_URL' },
    });
    // A write must succeed or fail well within the lease, so that a slow response does not cost the lease.
    const storeTimeoutMs = Math.min(5_000, settings.leaseMs / 3);
    const dynamodb = openDynamoDb({
      requestTimeoutMs: storeTimeoutMs,
      maxSockets: 8,
      maxAttempts: 2,
      proxies: config.process.proxies,
      variables: { [checkpointsTable]: 'CHECKPOINTS_TABLE' },
    });
    meterTables(dynamodb, { metrics, tables: { [checkpointsTable]: 'checkpoints' } });
    const queue = countedSender(sqsSender(sqs, scanQueueUrl), metrics, queueNameOf(scanQueueUrl));
    const { feed } = settings;
    const checkpoints = dynamoDbCheckpointStore({ dynamodb, tableName: checkpointsTable, feed });
    const service = createPoller({
      ...tools,
      settings,
      heapBytes: getHeapStatistics().heap_size_limit,
      feed: scanApi({ ...config.scanApi, clock }),
      queue,
      traces: queueTraces(tracing, queueNameOf(scanQueueUrl)),
      checkpoints,
      checkTables: () => requireKey(dynamodb, checkpointsTable, tables.checkpoints),
      probes: { sqs: () => queue.depth(), dynamodb: () => checkpoints.read() },
    });
    const close = () => {
      sqs.destroy();
      dynamodb.destroy();
    };
    return { service, close };
  });
}
