import { setTimeout as delay } from 'node:timers/promises';
import { ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { dynamoDbBatchLedger } from '@waybill/shared/batches/dynamodb-batch-ledger.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { pack, packOne, packUnparsed } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { sqsConsumer, sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { openShards, tables } from '@waybill/shared/resources.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useEngines } from '../../consumer/test/engines.ts';
import { imageHeapBytes } from '../../consumer/test/image-heap.ts';
import { foldByParcel } from '../../shared/test/fold-by-parcel.ts';
import { recordedLog } from '../../shared/test/recorded-log.ts';
import { keptOnTrial, packOf, scan } from '../test/processor-rig.ts';
import { openParcelTable } from './parcels/batched/open-parcel-table.ts';
import { createProcessor, type ProcessorDependencies } from './processor.ts';

const engines = useEngines(process.env, { receiveWaitSeconds: 1 });

/** The processor as `main.ts` wires it, but for what only a process has. */
function startProcessor(
  parcelsTable = engines().resources.parcelsTable,
  more: Pick<ProcessorDependencies, 'announcements'> = {},
) {
  const { sqs, dynamodb, resources } = engines();
  const { log, lines } = recordedLog();
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  const clock = systemClock;
  const parcels = openParcelTable({
    ...keptOnTrial,
    dynamodb,
    tableName: parcelsTable,
    clock,
    metrics,
    log,
    writeConcurrency: 16,
  });
  const processor = createProcessor({
    settings: {
      receivers: 2,
      receiveWaitMs: 1_000,
      writeConcurrency: 16,
      visibilityTimeoutMs: 30_000,
      stopTimeoutMs: 20_000,
    },
    heapBytes: imageHeapBytes,
    log,
    clock,
    random: Math.random,
    metrics,
    queue: sqsConsumer({
      receiving: sqs,
      settling: sqs,
      queueUrl: resources.scanQueueUrl,
      waitSeconds: 1,
      visibilityTimeoutSeconds: 30,
    }),
    parcels,
    ...more,
    failures: dynamoDbFailureLog({
      documents: DynamoDBDocumentClient.from(dynamodb),
      tableName: resources.failuresTable,
      clock,
    }),
    batches: dynamoDbBatchLedger({
      documents: DynamoDBDocumentClient.from(dynamodb),
      tableName: resources.batchesTable,
      clock,
    }),
    checkTables: async () => {
      await requireKey(dynamodb, parcelsTable, tables.parcels);
      await requireKey(dynamodb, resources.batchesTable, tables.batches);
      await parcels.chooseWriter();
    },
    probes: {},
  });
  processor.start();
  onTestFinished(() => processor.stop());
  return { processor, lines };
}

/** @param batchId of which each body is a part, by its place */
async function send(bodies: readonly string[], batchId?: string): Promise<void> {
  const { sqs, resources } = engines();
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  for (const [index, MessageBody] of bodies.entries()) {
    const place = batchId && { MessageAttributes: { batchId: text(batchId), batchPart: text(String(index)) } };
    const Entries = [{ Id: String(index), MessageBody, ...place }];
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: resources.scanQueueUrl, Entries }));
  }
}

async function deadLetters(count: number): Promise<string[]> {
  const { sqs, resources } = engines();
  const bodies: string[] = [];
  while (bodies.length < count) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: resources.deadLetterQueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
      }),
    );
    bodies.push(...Messages.map(({ Body = '' }) => Body));
  }
  return bodies.sort();
}

async function parcel(parcelId: number): Promise<Record<string, unknown> | undefined> {
  const documents = DynamoDBDocumentClient.from(engines().dynamodb);
  const TableName = engines().resources.parcelsTable;
  return (await documents.send(new GetCommand({ TableName, Key: { parcelId }, ConsistentRead: true }))).Item;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}

describe('the processor on real engines', () => {
  test('stores what is good, records what is not, and every failed event is in the DLQ, alone', async () => {
    const { processor, lines } = startProcessor();
    const events: ScanEvent[] = Array.from({ length: 300 }, (_, index) =>
      scan(((index * 7) % 300) + 1, {
        parcelId: (index % 40) + 1,
        type: ['PICKUP', 'STATUS', 'DELIVERY'][index % 3] ?? '',
      }),
    );
    const bad = { ...scan(9_001), createdDateTimeUtc: 'yesterday' };
    const unparsed = packUnparsed({ EventId: 9_002, note: 'é' });
    await send([...pack(events, 3_000), packOf(scan(301, { parcelId: 41 }), bad), unparsed, 'no JSON at all']);
    expect(await deadLetters(3)).toEqual([packOne(JSON.stringify(bad)), unparsed, 'no JSON at all'].sort());
    await until(async () => (await parcel(41)) !== undefined);
    await processor.stop();
    for (const [parcelId, { latest, milestones }] of foldByParcel(events)) {
      const { pickup, delivery } = milestones;
      expect(await parcel(parcelId)).toMatchObject({
        lastEventId: latest.eventId,
        type: latest.type,
        ...(pickup && { pickupEventId: pickup.eventId }),
        ...(delivery && { deliveryEventId: delivery.eventId }),
      });
    }
    const documents = DynamoDBDocumentClient.from(engines().dynamodb);
    const { Items = [] } = await documents.send(new ScanCommand({ TableName: engines().resources.failuresTable }));
    expect(Items.map(({ failureId, reason }) => `${failureId} ${reason}`).sort()).toEqual([
      expect.stringMatching(/^body-[0-9a-f]{64} UNREADABLE_MESSAGE$/),
      'event-9001 INVALID_EVENT',
      'event-9002 INVALID_EVENT',
    ]);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('stores both an event that heals what could not be read and one that had to be merged with it', async () => {
    const documents = DynamoDBDocumentClient.from(engines().dynamodb);
    const Item = {
      parcelId: 1_007,
      lastEventId: 10_020,
      type: 'STATUS',
      runId: '',
      createdDateTimeUtc: '2020-01-01T00:00:00Z',
      pickupEventId: 10_010,
      pickupTimeUtc: '2020-01-01T00:00:00Z',
      history: new Set(['[10020,"2020-01-01T00:00:00Z","STATUS",""]']),
      openShard: 1_007 % openShards,
      openedAtMs: 1_577_836_800_000,
      revision: 1,
    };
    await documents.send(new PutCommand({ TableName: engines().resources.parcelsTable, Item }));
    const { processor } = startProcessor();
    const parcelId = Item.parcelId;
    await send(pack([scan(10_005, { parcelId, type: 'PICKUP' }), scan(10_030, { parcelId })], 262_144));
    const healed = { lastEventId: 10_030, pickupEventId: 10_005, statusCode: '' };
    await expect.poll(() => parcel(parcelId), { timeout: 20_000 }).toMatchObject(healed);
    await processor.stop();
    const { Items = [] } = await documents.send(new ScanCommand({ TableName: engines().resources.failuresTable }));
    expect(Items.filter(({ failureId }) => String(failureId).startsWith('event-100'))).toEqual([]);
  });

  test('settles the parts of a batch, and leaves it with what failed', async () => {
    const documents = DynamoDBDocumentClient.from(engines().dynamodb);
    const TableName = engines().resources.batchesTable;
    const batchId = 'b-1';
    const pending = new Set([0, 1, 2]);
    await documents.send(new PutCommand({ TableName, Item: { batchId, state: 'sent', packs: 3, pending } }));
    const { processor } = startProcessor();
    const bad = { ...scan(9_010), createdDateTimeUtc: 'yesterday' };
    await send([packOf(scan(2_001), bad), packOf(scan(2_002)), packOf()], batchId);
    const stored = async () => {
      const { Item } = await documents.send(new GetCommand({ TableName, Key: { batchId }, ConsistentRead: true }));
      const { pending = new Set(), failed = new Set() } = Item ?? {};
      return { pending: [...pending], failed: [...failed] };
    };
    await expect.poll(stored, { timeout: 20_000 }).toEqual({ pending: [], failed: ['event-9010'] });
    await processor.stop();
  });

  test('announces a milestone once it is stored, and again when its message is repeated', async () => {
    const { sqs, resources } = engines();
    const QueueUrl = resources.announcementQueueUrl;
    const queues = [{ name: 'told', sender: sqsSender(sqs, QueueUrl) }];
    const { processor } = startProcessor(undefined, { announcements: { queues, maxAgeMs: undefined } });
    const delivered = scan(3_001, { type: 'DELIVERY' });
    const announcements = [
      { parcelId: 3_001, milestone: 'delivery', eventId: 3_001, timeUtc: delivered.createdDateTimeUtc },
    ];
    for (let time = 1; time <= 2; time += 1) {
      await send(pack([delivered, scan(3_002)], 262_144));
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
      expect(Messages.map(({ Body = '' }) => JSON.parse(Body))).toEqual([{ version: 1, announcements }]);
      expect(await parcel(3_001)).toMatchObject({ deliveryEventId: 3_001, revision: 1 });
    }
    await processor.stop();
  });

  test('ends where the parcels table is another one, before it has received anything', async () => {
    const { processor } = startProcessor(engines().resources.failuresTable);
    await expect(processor.ended).rejects.toMatchObject({ code: 'TABLE_MISMATCH' });
  });

  test('waits for a table that is not there yet', async () => {
    const { processor, lines } = startProcessor('not-there-yet');
    await until(async () => lines.some(({ msg }) => msg === 'waiting for DynamoDB and SQS'));
    expect(processor.ready().ok).toBe(false);
    await processor.stop();
    await expect(processor.ended).resolves.toBeUndefined();
  });
});
