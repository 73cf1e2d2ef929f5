import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb';
import type { NotificationState } from '@waybill/notifier/notifications/notification-state.ts';
import { unfinishedPartitions, unfinishedStates } from '@waybill/notifier/notifications/unfinished.ts';
import { unfinishedIndex } from '@waybill/shared/resources.ts';

export type UnfinishedReading = {
  readonly documents: DynamoDBDocumentClient;
  readonly notificationsTable: string;
};

export type UnfinishedParcel = {
  readonly parcelId: number;
  readonly state: NotificationState;
  readonly changedAtUtc: string;
};

/**
 * The parcels that have a notification which was not told, each once, partition by partition and the last changed first: what is
 * told, or fails again, while somebody walks is behind them then.
 */
export async function* unfinishedParcels(
  { documents, notificationsTable }: UnfinishedReading,
  signal: AbortSignal,
): AsyncGenerator<UnfinishedParcel> {
  const seen = new Set<number>();
  for (const state of unfinishedStates) {
    for (const partition of unfinishedPartitions(state)) {
      let startKey: QueryCommandOutput['LastEvaluatedKey'];
      do {
        const page: QueryCommandOutput = await documents.send(
          new QueryCommand({
            ...ofPartition(notificationsTable, partition),
            ProjectionExpression: 'parcelId, changedAtUtc',
            ScanIndexForward: false,
            ...(startKey && { ExclusiveStartKey: startKey }),
          }),
          { abortSignal: signal },
        );
        for (const { parcelId: id, changedAtUtc } of page.Items ?? []) {
          const parcelId = Number(id);
          if (seen.has(parcelId) || Number.isNaN(parcelId)) continue;
          seen.add(parcelId);
          yield { parcelId, state, changedAtUtc: String(changedAtUtc) };
        }
        startKey = page.LastEvaluatedKey;
      } while (startKey);
    }
  }
}

/** Notifications that a status counts, of each partition of the index. */
const mostCounted = 10_000;

/** How many notifications were not told; of each partition {@link mostCounted} at most. */
export async function countUnfinished(
  { documents, notificationsTable }: UnfinishedReading,
  signal: AbortSignal,
): Promise<number> {
  const countOf = async (partition: string) => {
    let count = 0;
    let startKey: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const page: QueryCommandOutput = await documents.send(
        new QueryCommand({
          ...ofPartition(notificationsTable, partition),
          Select: 'COUNT',
          Limit: mostCounted,
          ...(startKey && { ExclusiveStartKey: startKey }),
        }),
        { abortSignal: signal },
      );
      count += page.Count ?? 0;
      startKey = page.LastEvaluatedKey;
    } while (startKey && count < mostCounted);
    return count;
  };
  const counts = await Promise.all(unfinishedStates.flatMap(unfinishedPartitions).map(countOf));
  return counts.reduce((sum, count) => sum + count, 0);
}

function ofPartition(TableName: string, partition: string) {
  return {
    TableName,
    IndexName: unfinishedIndex.name,
    KeyConditionExpression: 'unfinished = :partition',
    ExpressionAttributeValues: { ':partition': partition },
  };
}
