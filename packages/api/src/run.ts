import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbNotificationsTable } from '@waybill/notifier/notifications/dynamodb-notifications-table.ts';
import { dynamoDbParcelReader } from '@waybill/notifier/parcels/dynamodb-parcel-reader.ts';
import { httpReportTarget } from '@waybill/notifier/webhook/http-report-target.ts';
import { httpWebhook } from '@waybill/notifier/webhook/http-webhook.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { runProcess } from '@waybill/shared/process/run-process.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { queueNameOf } from '@waybill/shared/queue/queue-url.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { tables } from '@waybill/shared/resources.ts';
import { countedSender } from '@waybill/shared/telemetry/queue-meter.ts';
import { meterTables } from '@waybill/shared/telemetry/table-meter.ts';
import { queueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { createApi } from './api.ts';
import { readConfig } from './config.ts';
import { apiRoutes } from './routes.ts';

/** Two attempts of a call, and what is around them, must end before the request does that waits for them. */
const requestTimeoutMs = 3_000;
const maxAttempts = 2;
/** Calls in flight: those of the requests that are worked on at once. */
const maxSockets = 128;

/** The API as a process: wired, run until it is stopped, and ended with its exit code. Rejects when it cannot start. */
export async function run(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { settings, deployment, mapping, address, notify, ...config } = readConfig(env);
  await runProcess('api', config.process, (tools) => {
    const { clock, random, metrics, log, tracing } = tools;
    const {
      scanQueueUrl,
      parcelsTable,
      checkpointsTable,
      failuresTable,
      operationsTable,
      batchesTable = '',
      notificationsTable,
    } = deployment;
    const options = {
      requestTimeoutMs,
      maxAttempts,
      maxSockets,
      proxies: config.process.proxies,
      variables: {
        [scanQueueUrl]: 'SCAN_QUEUE_URL',
        [parcelsTable]: 'PARCELS_TABLE',
        [checkpointsTable]: 'CHECKPOINTS_TABLE',
        [failuresTable]: 'FAILURES_TABLE',
        [operationsTable]: 'OPERATIONS_TABLE',
        [batchesTable]: 'BATCHES_TABLE',
        ...(notificationsTable !== undefined && { [notificationsTable]: 'NOTIFICATIONS_TABLE' }),
      },
    };
    const sqs = openSqs({ ...options, endpointIsQueueHost: config.process.endpointIsQueueHost });
    const deadLettersSqs = openSqs({
      ...options,
      endpointIsQueueHost: config.process.endpointIsQueueHost,
      checksBodies: false,
    });
    const dynamodb = openDynamoDb(options);
    meterTables(dynamodb, {
      metrics,
      tables: {
        [parcelsTable]: 'parcels',
        [checkpointsTable]: 'checkpoints',
        [failuresTable]: 'failures',
        [operationsTable]: 'operations',
        [batchesTable]: 'batches',
        ...(notificationsTable !== undefined && { [notificationsTable]: 'notifications' }),
      },
    });
    const documents = DynamoDBDocumentClient.from(dynamodb);
    const queue = countedSender(sqsSender(sqs, scanQueueUrl), metrics, queueNameOf(scanQueueUrl));
    const closing = new AbortController();
    const webhook = config.webhook && httpWebhook(config.webhook, clock);
    const reportTarget = config.report && httpReportTarget(config.report, clock);
    const reading = { dynamodb, clock, random, signal: closing.signal };
    const notifying = webhook &&
      config.webhook &&
      notificationsTable !== undefined && {
        delivery: {
          parcels: dynamoDbParcelReader({ ...reading, tableName: parcelsTable }),
          notifications: dynamoDbNotificationsTable({ ...reading, tableName: notificationsTable }),
          webhook,
          reportTarget,
          notify,
          now: clock.now,
        },
        concurrency: config.webhook.concurrency,
      };
    const service = createApi({
      ...tools,
      settings,
      address,
      routes: apiRoutes({
        ...tools,
        ...{ sqs, deadLettersSqs, dynamodb, documents, deployment, mapping, queue, settings },
        traces: queueTraces(tracing, queueNameOf(scanQueueUrl)),
        notifying: notifying || undefined,
      }),
      checkTables: async () => {
        await requireKey(dynamodb, parcelsTable, tables.parcels, log);
        await requireKey(dynamodb, checkpointsTable, tables.checkpoints);
        await requireKey(dynamodb, failuresTable, tables.failures, log);
        await requireKey(dynamodb, operationsTable, tables.operations, log);
        await requireKey(dynamodb, batchesTable, tables.batches, log);
        if (notificationsTable !== undefined) await requireKey(dynamodb, notificationsTable, tables.notifications, log);
      },
      probes: {
        sqs: () => queue.depth(),
        dynamodb: () => dynamodb.send(new GetItemCommand({ TableName: parcelsTable, Key: { parcelId: { N: '0' } } })),
      },
    });
    const close = () => {
      sqs.destroy();
      deadLettersSqs.destroy();
      dynamodb.destroy();
      closing.abort();
      for (const endpoint of [webhook, reportTarget]) endpoint?.close().catch(() => undefined);
    };
    return { service, close };
  });
}
