import { setTimeout as delay } from 'node:timers/promises';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { sqsConsumer, sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { tables } from '@waybill/shared/resources.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { useEngines } from '../../consumer/test/engines.ts';
import { imageHeapBytes } from '../../consumer/test/image-heap.ts';
import { serveUntilTestEnds } from '../../shared/test/local-service.ts';
import { recordedLog } from '../../shared/test/recorded-log.ts';
import { notifySettings } from '../test/delivery-rig.ts';
import { announcementOf } from '../test/notifier-rig.ts';
import { readCidr } from './addresses/cidr.ts';
import { dynamoDbNotificationsTable } from './notifications/dynamodb-notifications-table.ts';
import { createNotifier } from './notifier.ts';
import { dynamoDbParcelReader } from './parcels/dynamodb-parcel-reader.ts';
import { httpWebhook } from './webhook/http-webhook.ts';

const engines = useEngines(process.env, { receiveWaitSeconds: 1 });
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 20_000; !(await isSo()); await delay(50)) {
    if (performance.now() > end) throw new Error('did not come true within 20 s');
  }
}

/** A receiver that takes what has a valid signature, unless `status` says otherwise of the parcel. */
async function receiver(status: (parcelId: number, attempt: number) => number) {
  const verifier = new Webhook(secret);
  const taken: { readonly id: string; readonly parcelId: number }[] = [];
  const attempts = new Map<number, number>();
  const url = await serveUntilTestEnds(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const header = (name: string) => String(request.headers[name]);
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    verifier.verify(body, Object.fromEntries(names.map((name) => [name, header(name)])));
    const parcelId: number = JSON.parse(body).data.parcelId;
    const attempt = (attempts.get(parcelId) ?? 0) + 1;
    attempts.set(parcelId, attempt);
    const answer = status(parcelId, attempt);
    if (answer < 300) taken.push({ id: header('webhook-id'), parcelId });
    response.writeHead(answer).end();
  });
  return { url, taken };
}

/** The notifier as `run.ts` wires it, but for what only a process has. */
function startNotifier(url: string) {
  const { sqs, dynamodb, resources } = engines();
  const { log } = recordedLog();
  const clock = systemClock;
  const reading = { dynamodb, clock, random: Math.random, signal: new AbortController().signal };
  const allowedCidrs = [readCidr('127.0.0.0/8')].filter((each) => each !== undefined);
  const webhook = httpWebhook({ url, secrets: [secret], allowedCidrs, timeoutMs: 5_000, concurrency: 4 }, clock);
  onTestFinished(() => webhook.close());
  const notifier = createNotifier({
    settings: {
      receivers: 2,
      receiveWaitMs: 1_000,
      visibilityTimeoutMs: 30_000,
      stopTimeoutMs: 20_000,
      webhookConcurrency: 4,
    },
    heapBytes: imageHeapBytes,
    log,
    clock,
    random: Math.random,
    metrics: createMetrics(startTelemetry({ service: 'test', otlp: false }).meter),
    queue: sqsConsumer({
      receiving: sqs,
      settling: sqs,
      queueUrl: resources.announcementQueueUrl,
      waitSeconds: 1,
      visibilityTimeoutSeconds: 30,
    }),
    parcels: dynamoDbParcelReader({ ...reading, tableName: resources.parcelsTable }),
    notifications: dynamoDbNotificationsTable({ ...reading, tableName: resources.notificationsTable }),
    failures: dynamoDbFailureLog({
      documents: DynamoDBDocumentClient.from(dynamodb),
      tableName: resources.failuresTable,
      clock,
    }),
    webhook,
    notify: notifySettings,
    checkTables: async () => {
      await requireKey(dynamodb, resources.parcelsTable, tables.parcels);
      await requireKey(dynamodb, resources.notificationsTable, tables.notifications);
      await requireKey(dynamodb, resources.failuresTable, tables.failures);
    },
    probes: {},
  });
  notifier.start();
  return notifier;
}

test('what is announced is told over HTTP and stored; what is refused is on record, and its message alone is left', async () => {
  const { sqs, dynamodb, resources } = engines();
  const documents = DynamoDBDocumentClient.from(dynamodb);
  const stored = async (notificationId: string) =>
    (await documents.send(new GetCommand({ TableName: resources.notificationsTable, Key: { notificationId } }))).Item;
  for (const parcelId of [1, 2, 3]) {
    await dynamodb.send(
      new PutItemCommand({
        TableName: resources.parcelsTable,
        Item: {
          parcelId: { N: String(parcelId) },
          lastEventId: { N: '83270' },
          type: { S: 'DELIVERY' },
          statusCode: { S: '' },
          runId: { S: 'RUN-1' },
          createdDateTimeUtc: { S: '2026-11-28T21:15:34.1506147Z' },
          deliveryEventId: { N: '83270' },
          deliveryTimeUtc: { S: '2026-11-28T21:15:34.1506147Z' },
          revision: { N: '1' },
          updatedAtUtc: { S: '2026-11-28T21:15:40.000Z' },
        },
      }),
    );
  }
  // The endpoint of the first parcel fails once, which is held; that of the second refuses it.
  const { url, taken } = await receiver((parcelId, attempt) => {
    if (parcelId === 2) return 422;
    return parcelId === 1 && attempt === 1 ? 503 : 204;
  });
  const [body = ''] = packAnnouncements(
    [1, 2, 3].map((parcelId) => announcementOf(parcelId)),
    61_440,
  );
  await sqsSender(sqs, resources.announcementQueueUrl).sendBatch([{ body, attributes: {} }]);
  const notifier = startNotifier(url);
  await until(async () => {
    const [one, two] = await Promise.all([stored('delivery-1'), stored('delivery-2')]);
    return one?.['state'] === 'notified' && two?.['attempts'] === 2;
  });
  await notifier.stop();
  expect(taken.map(({ parcelId }) => parcelId).toSorted()).toEqual([1, 3]);
  expect(await stored('delivery-1')).toMatchObject({ attempts: 2, notifiedCount: 1, lastStatus: 204 });
  expect(await stored('delivery-2')).toMatchObject({ state: 'failed', lastStatus: 422 });
  const Key = { failureId: 'notification-delivery-2' };
  const { Item } = await documents.send(new GetCommand({ TableName: resources.failuresTable, Key }));
  expect(Item).toMatchObject({ reason: 'NOTIFICATION_REFUSED', parcelId: 2, attempts: 2 });
  // It comes again in half a minute, alone.
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: resources.announcementQueueUrl }));
  expect(Messages).toEqual([]);
});
