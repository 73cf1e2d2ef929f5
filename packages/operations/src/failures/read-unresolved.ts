import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, paginateScan, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { unresolvedPartition, unresolvedShards } from '@waybill/shared/failures/failure-record.ts';
import { tables, unresolvedIndex } from '@waybill/shared/resources.ts';
import { findIndex } from '@waybill/shared/table-description.ts';
import type { Deployment } from '../deployment.ts';
import { newestFirst, type PartitionPage, type Place } from '../newest-first.ts';
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
  /** Only what comes after this place. */
  readonly after?: Place | undefined;
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

/**
 * The unresolved failures of these reasons, those that failed last first. A failure that fails again meanwhile may be missed,
 * and none comes twice. Rejects with the engine's errors, and with the signal's reason once it aborts.
 */
export async function* newestUnresolved(
  deps: FailuresDependencies,
  { reasons, sinceUtc, pageSize, after }: UnresolvedRange,
  signal: AbortSignal,
): AsyncGenerator<ListedFailure, void> {
  if (sinceUtc !== undefined && after && after.atUtc < sinceUtc) return;
  const partitions = reasons.flatMap((reason) =>
    Array.from({ length: unresolvedShards }, (_, shard) => unresolvedPartition(reason, shard)),
  );
  const range = { sinceUtc, untilUtc: after?.atUtc, pageSize };
  const failures = newestFirst(
    {
      partitions,
      readPage: (partition, startKey) => readPage(deps, { ...range, partition, startKey }, signal),
      placeOf: placeOfFailure,
      after,
    },
    signal,
  );
  const yielded = new Set<string>();
  for await (const failure of failures) {
    // It has got another reason since its old place was read.
    if (yielded.has(failure.failureId)) continue;
    yielded.add(failure.failureId);
    yield failure;
  }
}

/** Where a failure stands in a list. */
export function placeOfFailure({ lastFailedAtUtc, failureId }: ListedFailure): Place {
  return { atUtc: lastFailedAtUtc, id: failureId };
}

type PageOfPartition = Pick<UnresolvedRange, 'sinceUtc' | 'pageSize'> & {
  readonly partition: string;
  readonly untilUtc: string | undefined;
  readonly startKey: Record<string, unknown> | undefined;
};

async function readPage(
  { documents, deployment }: FailuresDependencies,
  { partition, sinceUtc, untilUtc, pageSize, startKey }: PageOfPartition,
  signal: AbortSignal,
): Promise<PartitionPage<ListedFailure>> {
  const { key, sortKey } = unresolvedIndex;
  const times = timesOf(sinceUtc, untilUtc);
  const { Items = [], LastEvaluatedKey } = await documents.send(
    new QueryCommand({
      TableName: deployment.failuresTable,
      IndexName: unresolvedIndex.name,
      KeyConditionExpression: `#partition = :partition${times}`,
      ExpressionAttributeNames: { '#partition': key.name, ...(times && { '#sort': sortKey.name }) },
      ExpressionAttributeValues: {
        ':partition': partition,
        ...(sinceUtc !== undefined && { ':since': sinceUtc }),
        ...(untilUtc !== undefined && { ':until': untilUtc }),
      },
      ScanIndexForward: false,
      Limit: pageSize,
      ...(startKey && { ExclusiveStartKey: startKey }),
    }),
    { abortSignal: signal },
  );
  return {
    // A processor of release 0.1.0 resolves a record and leaves it in the index.
    items: Items.filter(({ resolvedAtUtc }) => resolvedAtUtc === undefined).map(listedFailureOf),
    startKey: LastEvaluatedKey,
  };
}

function timesOf(sinceUtc: string | undefined, untilUtc: string | undefined): string {
  if (sinceUtc !== undefined && untilUtc !== undefined) return ' AND #sort BETWEEN :since AND :until';
  if (sinceUtc !== undefined) return ' AND #sort >= :since';
  return untilUtc === undefined ? '' : ' AND #sort <= :until';
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
