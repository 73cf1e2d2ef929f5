import { getHeapStatistics } from 'node:v8';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { openConsumedQueue } from '@waybill/consumer/consumed-queue.ts';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { dynamoDbBatchLedger } from '@waybill/shared/batches/dynamodb-batch-ledger.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { runProcess } from '@waybill/shared/process/run-process.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { queueNameOf } from '@waybill/shared/queue/queue-url.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { tables } from '@waybill/shared/resources.ts';
import { countedSender } from '@waybill/shared/telemetry/queue-meter.ts';
import { meterTables } from '@waybill/shared/telemetry/table-meter.ts';
import { queueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { sendsAtOnce } from './announcements/announcement-queue.ts';
import { readConfig } from './config.ts';
import { openParcelTable } from './parcels/batched/open-parcel-table.ts';
import { statementUnits } from './parcels/batched/statement-units.ts';
import { createProcessor } from './processor.ts';

/** The processor as a process: wired, run until it is stopped, and ended with its exit code. Rejects when it cannot start. */
export async function run(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { settings, kept, scanQueueUrl, parcelsTable, failuresTable, batchesTable, ...config } = readConfig(env);
  const { announcementQueueUrls, announceMaxAgeMs } = config;
  await runProcess('processor', config.process, (tools) => {
    const { clock, metrics, log, tracing } = tools;
    const shared = {
      endpointIsQueueHost: config.process.endpointIsQueueHost,
      proxies: config.process.proxies,
      variables: {
        [scanQueueUrl]: 'SCAN_QUEUE_URL',
        [parcelsTable]: 'PARCELS_TABLE',
        [failuresTable]: 'FAILURES_TABLE',
        ...(batchesTable && { [batchesTable]: 'BATCHES_TABLE' }),
        ...Object.fromEntries(announcementQueueUrls.map((url) => [url, 'ANNOUNCEMENT_QUEUE_URLS'])),
      },
    };
    const { writeConcurrency } = settings;
    const consumed = openConsumedQueue({ ...shared, queueUrl: scanQueueUrl, settings, metrics });
    const { queue, countDeadLetters } = consumed;
    // A client of its own: sends that hang must not keep deletes and heartbeats waiting. It connects when it is used.
    const announcing = openSqs({
      ...shared,
      requestTimeoutMs: 4_000,
      maxSockets: Math.max(1, announcementQueueUrls.length) * sendsAtOnce,
      maxAttempts: 2,
    });
    const dynamodb = openDynamoDb({
      ...shared,
      requestTimeoutMs: 4_000,
      maxSockets: writeConcurrency + 8,
      maxAttempts: 2,
    });
    meterTables(dynamodb, {
      metrics,
      tables: {
        [parcelsTable]: 'parcels',
        [failuresTable]: 'failures',
        ...(batchesTable && { [batchesTable]: 'batches' }),
      },
      statements: { table: 'parcels', unitsSpent: statementUnits() },
    });
    const parcels = openParcelTable({
      ...kept,
      dynamodb,
      tableName: parcelsTable,
      clock,
      metrics,
      log,
      writeConcurrency,
    });
    const documents = DynamoDBDocumentClient.from(dynamodb);
    const service = createProcessor({
      ...tools,
      settings,
      heapBytes: getHeapStatistics().heap_size_limit,
      queue,
      traces: queueTraces(tracing, queueNameOf(scanQueueUrl)),
      countDeadLetters,
      parcels,
      ...(announcementQueueUrls.length > 0 && {
        announcements: {
          queues: announcementQueueUrls.map((url) => ({
            name: queueNameOf(url),
            sender: countedSender(sqsSender(announcing, url), metrics, queueNameOf(url)),
          })),
          maxAgeMs: announceMaxAgeMs,
        },
      }),
      failures: dynamoDbFailureLog({ documents, tableName: failuresTable, clock }),
      ...(batchesTable && { batches: dynamoDbBatchLedger({ documents, tableName: batchesTable, clock }) }),
      checkTables: async () => {
        await requireKey(dynamodb, parcelsTable, tables.parcels, log);
        await requireKey(dynamodb, failuresTable, tables.failures);
        if (batchesTable) await requireKey(dynamodb, batchesTable, tables.batches);
        await parcels.chooseWriter();
      },
      probes: {
        sqs: () => queue.depth(),
        dynamodb: () => dynamodb.send(new GetItemCommand({ TableName: parcelsTable, Key: { parcelId: { N: '0' } } })),
      },
    });
    const close = () => {
      consumed.close();
      for (const client of [announcing, dynamodb]) client.destroy();
    };
    return { service, close };
  });
}
