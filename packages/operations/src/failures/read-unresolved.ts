import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, paginateScan, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { unresolvedPartition, unresolvedShards } from '@waybill/shared/failures/failure-record.ts';
import { tables, unresolvedIndex } from '@waybill/shared/resources.ts';
import { findIndex } from '@waybill/shared/table-description.ts';
import type { Deployment } from '../deployment.ts';
import type { ActContext } from '../record/on-record.ts';
import { type ListedFailure, listedAttributes, listedFailureOf, projectionOf } from './failure-item.ts';

export type FailuresDependencies = {
  readonly documents: DynamoDBDocumentClient;
  readonly deployment: Pick<Deployment, 'failuresTable'>;
};

/** Which failures are read. */
export type UnresolvedRange = {
  readonly reasons: readonly string[];
  /** An ISO date and time in UTC with milliseconds: failed last then, or later. */
  readonly sinceUtc: string | undefined;
  /** Failures that one request to a partition of the index asks for. */
  readonly pageSize: number;
};

/** Whether the index `unresolved` can be read; `why` it cannot, for a person. */
export type UnresolvedIndexState = { readonly isReady: true } | { readonly isReady: false; readonly why: string };

/** Looks whether the failures table has the index `unresolved`. One DescribeTable. */
export async function unresolvedIndexState({
  documents,
  deployment,
}: FailuresDependencies): Promise<UnresolvedIndexState> {
  const { Table = {} } = await documents.send(new DescribeTableCommand({ TableName: deployment.failuresTable }));
  const found = findIndex(Table, unresolvedIndex);
  if (found.state === 'ready') return { isReady: true };
  const how = found.state === 'other' ? `is another one (${found.found})` : `is ${found.state}`;
  return { isReady: false, why: `the index ${unresolvedIndex.name} of the failures table ${how}` };
}

/** What is left of one partition of the index. */
type Partition = {
  readonly name: string;
  page: readonly ListedFailure[];
  /** Place in the page. */
  at: number;
  /** Where the next page begins; undefined at the end. */
  startKey: Record<string, unknown> | undefined;
};

/**
 * The unresolved failures of these reasons, those that failed last first: a merge of the index's partitions, which are
 * read page by page as far as the reader goes. A failure that fails again meanwhile may be missed, and none comes twice.
 * Rejects with the engine's errors, and with the signal's reason once it aborts.
 */
export async function* newestUnresolved(
  deps: FailuresDependencies,
  { reasons, sinceUtc, pageSize }: UnresolvedRange,
  signal: AbortSignal,
): AsyncGenerator<ListedFailure, void> {
  const partitions: Partition[] = reasons.flatMap((reason) =>
    Array.from({ length: unresolvedShards }, (_, shard) => ({
      name: unresolvedPartition(reason, shard),
      page: [],
      at: 0,
      startKey: undefined,
    })),
  );
  const read = (partition: Partition) => readPage(deps, partition, { sinceUtc, pageSize });
  signal.throwIfAborted();
  await Promise.all(partitions.map(read));
  const yielded = new Set<string>();
  for (;;) {
    let newest: Partition | undefined;
    for (const partition of partitions) {
      while (partition.at === partition.page.length && partition.startKey) {
        signal.throwIfAborted();
        await read(partition);
      }
      if (newest === undefined || failedAt(partition) > failedAt(newest)) newest = partition;
    }
    const failure = newest?.page[newest.at];
    if (!newest || !failure) return;
    newest.at += 1;
    // It has got another reason since its old place was read.
    if (yielded.has(failure.failureId)) continue;
    yielded.add(failure.failureId);
    yield failure;
  }
}

function failedAt({ page, at }: Partition): string {
  return page[at]?.lastFailedAtUtc ?? '';
}

async function readPage(
  { documents, deployment }: FailuresDependencies,
  partition: Partition,
  { sinceUtc, pageSize }: Pick<UnresolvedRange, 'sinceUtc' | 'pageSize'>,
): Promise<void> {
  const { key, sortKey } = unresolvedIndex;
  const since = sinceUtc === undefined ? '' : ' AND #sort >= :since';
  const { Items = [], LastEvaluatedKey } = await documents.send(
    new QueryCommand({
      TableName: deployment.failuresTable,
      IndexName: unresolvedIndex.name,
      KeyConditionExpression: `#partition = :partition${since}`,
      ExpressionAttributeNames: { '#partition': key.name, ...(since && { '#sort': sortKey.name }) },
      ExpressionAttributeValues: { ':partition': partition.name, ...(since && { ':since': sinceUtc }) },
      ScanIndexForward: false,
      Limit: pageSize,
      ...(partition.startKey && { ExclusiveStartKey: partition.startKey }),
    }),
  );
  // A processor of release 0.1.0 resolves a record and leaves it in the index.
  partition.page = Items.filter(({ resolvedAtUtc }) => resolvedAtUtc === undefined).map(listedFailureOf);
  partition.at = 0;
  partition.startKey = LastEvaluatedKey;
}

/**
 * The unresolved failures, in no order, by a scan of the whole table, bodies and resolved records included: for a table
 * without the index, and for records that releases up to 0.1.0 wrote, which are not in it.
 */
export async function* scanUnresolved(
  { documents, deployment }: FailuresDependencies,
  { reasons, sinceUtc }: { readonly reasons: readonly string[] | undefined; readonly sinceUtc: string | undefined },
  { signal, onProgress }: ActContext,
): AsyncGenerator<ListedFailure, void> {
  const { ProjectionExpression, ExpressionAttributeNames } = projectionOf(listedAttributes);
  const pages = paginateScan(
    { client: documents },
    {
      TableName: deployment.failuresTable,
      ProjectionExpression,
      FilterExpression: `attribute_not_exists(#resolved)${sinceUtc === undefined ? '' : ' AND #lastFailedAtUtc >= :since'}`,
      ExpressionAttributeNames: { ...ExpressionAttributeNames, '#resolved': 'resolvedAtUtc' },
      ...(sinceUtc !== undefined && { ExpressionAttributeValues: { ':since': sinceUtc } }),
    },
  );
  let done = 0;
  for await (const { Items = [], ScannedCount = 0 } of pages) {
    signal.throwIfAborted();
    done += ScannedCount;
    onProgress({ what: `records of ${tables.failures.name} scanned`, done });
    for (const item of Items) {
      const failure = listedFailureOf(item);
      if (!reasons || reasons.includes(failure.reason)) yield failure;
    }
  }
}
