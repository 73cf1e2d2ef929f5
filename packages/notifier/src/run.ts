import { getHeapStatistics } from 'node:v8';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { openConsumedQueue } from '@waybill/consumer/consumed-queue.ts';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { openDynamoDb } from '@waybill/shared/process/aws-clients.ts';
import { runProcess } from '@waybill/shared/process/run-process.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { queueNameOf } from '@waybill/shared/queue/queue-url.ts';
import { tables } from '@waybill/shared/resources.ts';
import { meterTables } from '@waybill/shared/telemetry/table-meter.ts';
import { queueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { readConfig } from './config.ts';
import { dynamoDbNotificationsTable } from './notifications/dynamodb-notifications-table.ts';
import { createNotifier, tableCallsOf } from './notifier.ts';
import { dynamoDbParcelReader } from './parcels/dynamodb-parcel-reader.ts';
import { httpReportTarget } from './webhook/http-report-target.ts';
import { httpWebhook } from './webhook/http-webhook.ts';

/** The notifier as a process: wired, run until it is stopped, and ended with its exit code. Rejects when it cannot start. */
export async function run(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { settings, notify, queueUrl, parcelsTable, notificationsTable, failuresTable, ...config } = readConfig(env);
  await runProcess('notifier', config.process, (tools) => {
    const { clock, random, metrics, log, tracing } = tools;
    const shared = {
      endpointIsQueueHost: config.process.endpointIsQueueHost,
      proxies: config.process.proxies,
      variables: {
        [queueUrl]: 'NOTIFICATION_QUEUE_URL',
        [parcelsTable]: 'PARCELS_TABLE',
        [notificationsTable]: 'NOTIFICATIONS_TABLE',
        [failuresTable]: 'FAILURES_TABLE',
      },
    };
    const consumed = openConsumedQueue({ ...shared, queueUrl, settings, metrics });
    const { queue, countDeadLetters } = consumed;
    const dynamodb = openDynamoDb({
      ...shared,
      requestTimeoutMs: 4_000,
      maxSockets: tableCallsOf(settings) + 8,
      maxAttempts: 2,
    });
    meterTables(dynamodb, {
      metrics,
      tables: { [parcelsTable]: 'parcels', [notificationsTable]: 'notifications', [failuresTable]: 'failures' },
    });
    const closing = new AbortController();
    const reading = { dynamodb, clock, random, signal: closing.signal };
    const webhook = httpWebhook(config.webhook, clock);
    const reportTarget = config.report && httpReportTarget(config.report, clock);
    const service = createNotifier({
      ...tools,
      settings,
      notify,
      heapBytes: getHeapStatistics().heap_size_limit,
      queue,
      traces: queueTraces(tracing, queueNameOf(queueUrl)),
      countDeadLetters,
      parcels: dynamoDbParcelReader({ ...reading, tableName: parcelsTable }),
      notifications: dynamoDbNotificationsTable({ ...reading, tableName: notificationsTable }),
      failures: dynamoDbFailureLog({
        documents: DynamoDBDocumentClient.from(dynamodb),
        tableName: failuresTable,
        clock,
      }),
      webhook,
      reportTarget,
      checkTables: async () => {
        await requireKey(dynamodb, parcelsTable, tables.parcels);
        await requireKey(dynamodb, notificationsTable, tables.notifications, log);
        await requireKey(dynamodb, failuresTable, tables.failures);
      },
      probes: {
        sqs: () => queue.depth(),
        dynamodb: () => dynamodb.send(new GetItemCommand({ TableName: parcelsTable, Key: { parcelId: { N: '0' } } })),
      },
    });
    const close = () => {
      closing.abort();
      consumed.close();
      dynamodb.destroy();
      for (const endpoint of [webhook, reportTarget]) endpoint?.close().catch(() => undefined);
    };
    return { service, close };
  });
}
