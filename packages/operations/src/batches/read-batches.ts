import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { batchRetentionDays, recentBatchesIndex } from '@waybill/shared/resources.ts';
import type { Deployment } from '../deployment.ts';
import { notConfigured } from '../not-configured.ts';
import type { BatchStatus } from './batch-status.ts';
import { type BatchView, batchView } from './batch-view.ts';

export type BatchesReading = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'batchesTable'>;
  readonly clock: Pick<Clock, 'now'>;
};

export type BatchList = {
  /** The newest first. */
  readonly batches: readonly BatchView[];
  /** The id after which the next list begins; absent at the end. */
  readonly next?: string;
  /** Ids of items that are not batches. */
  readonly unreadable: readonly string[];
};

/** Ids that one query of the index brings. */
const idsAtOnce = 25;

const msPerDay = 86_400_000;

function tableOf({ deployment }: BatchesReading): string {
  if (deployment.batchesTable === undefined) throw notConfigured('takes no pushed batches', 'BATCHES_TABLE');
  return deployment.batchesTable;
}

/** A batch by its id. Rejects with `NOT_FOUND`, or `NOT_CONFIGURED` where the deployment has no such table. */
export async function showBatch(reading: BatchesReading, batchId: string, signal: AbortSignal): Promise<BatchView> {
  const item = await readItem(DynamoDBDocumentClient.from(reading.dynamodb), tableOf(reading), batchId, signal);
  const view = item && batchView(item);
  if (view) return view;
  const kept = `batches are kept for ${batchRetentionDays} days`;
  throw new WaybillError('NOT_FOUND', `there is no batch ${batchId}; ${kept}`, {
    details: { batchId, next: 'waybill batches list' },
  });
}

export type BatchFilter = {
  readonly status?: BatchStatus | undefined;
  readonly limit: number;
  /** Only those older than the batch with this id. */
  readonly before?: string | undefined;
  /** Batches that are looked at for those that fit, and some more: then the list is short, and `next` goes on. */
  readonly mostLookedAt?: number;
};

/**
 * Batches of a status, or all, the newest first. Rejects with
 * `NOT_CONFIGURED` where the deployment has no such table.
 */
export async function listBatches(
  reading: BatchesReading,
  { status, limit, before, mostLookedAt = Number.POSITIVE_INFINITY }: BatchFilter,
  signal: AbortSignal,
): Promise<BatchList> {
  const tableName = tableOf(reading);
  const documents = DynamoDBDocumentClient.from(reading.dynamodb);
  const batches: BatchView[] = [];
  const unreadable: string[] = [];
  let lookedAt = 0;
  for await (const batchIds of idsBack(documents, tableName, reading.clock.now(), before, signal)) {
    const items = await Promise.all(batchIds.map((batchId) => readItem(documents, tableName, batchId, signal)));
    for (const item of items) {
      // Expired since the index was read.
      if (!item) continue;
      const view = batchView(item);
      if (!view) unreadable.push(String(item['batchId']));
      else if (status === undefined || view.status === status) batches.push(view);
    }
    // One more than asked for shows that there is more.
    if (batches.length > limit) break;
    lookedAt += batchIds.length;
    const last = batchIds.at(-1);
    if (lookedAt >= mostLookedAt && last !== undefined) return { batches, next: last, unreadable };
  }
  const shown = batches.slice(0, limit);
  const last = shown.at(-1);
  return { batches: shown, ...(batches.length > limit && last && { next: last.batchId }), unreadable };
}

/** Ids of batches, the newest first, some at a time, day by day. A batch outlives its retention by what TTL takes: one day more is looked at. */
async function* idsBack(
  documents: DynamoDBDocumentClient,
  tableName: string,
  nowMs: number,
  before: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  for (let back = 0; back <= batchRetentionDays + 1; back += 1) {
    const day = new Date(nowMs - back * msPerDay).toISOString().slice(0, 'YYYY-MM-DD'.length);
    const pages = paginateQuery(
      { client: documents, pageSize: idsAtOnce },
      {
        TableName: tableName,
        IndexName: recentBatchesIndex.name,
        // Ids sort by time, so a day that is wholly after `before` has none.
        KeyConditionExpression: `createdDay = :day${before === undefined ? '' : ' AND batchId < :before'}`,
        ExpressionAttributeValues: { ':day': day, ...(before !== undefined && { ':before': before }) },
        ScanIndexForward: false,
      },
      { abortSignal: signal },
    );
    for await (const { Items = [] } of pages) yield Items.map(({ batchId }) => String(batchId));
  }
}

async function readItem(
  documents: DynamoDBDocumentClient,
  tableName: string,
  batchId: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: tableName, Key: { batchId }, ConsistentRead: true }),
    { abortSignal: signal },
  );
  return Item;
}
