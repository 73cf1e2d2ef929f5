import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import { tables } from '@waybill/shared/resources.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import type { Deployment } from '../deployment.ts';
import { type FailureRecord, failureRecordOf, projectionOf, recordAttributes } from './failure-item.ts';

export type FailureRecordsDependencies = {
  readonly documents: DynamoDBDocumentClient;
  readonly deployment: Pick<Deployment, 'failuresTable'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Random;
};

/** Keys of one BatchGetItem (DynamoDB's limit). */
const mostKeys = 100;

/** Of keys that were not read: too many bytes for one answer, or throttling. */
const backoff: Backoff = { firstMs: 50, maxMs: 2_000 };

/**
 * The failure records with these ids, without bodies, by consistent reads: one BatchGetItem for each 100 ids, one after
 * the other. An id without a record is not in the map. Rejects with the engine's errors, and with the signal's reason once
 * it aborts.
 */
export async function failureRecords(
  { documents, deployment, clock, random }: FailureRecordsDependencies,
  failureIds: Iterable<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FailureRecord>> {
  const { failuresTable } = deployment;
  const found = new Map<string, FailureRecord>();
  const ids = [...new Set(failureIds)];
  for (let from = 0; from < ids.length; from += mostKeys) {
    let keys: readonly Record<string, unknown>[] = ids
      .slice(from, from + mostKeys)
      .map((id) => ({ [tables.failures.key.name]: id }));
    for (let attempt = 0; keys.length > 0; attempt += 1) {
      signal.throwIfAborted();
      if (attempt > 0) await clock.sleep(backoffMs(attempt, backoff, random), signal);
      const { Responses = {}, UnprocessedKeys = {} } = await documents.send(
        new BatchGetCommand({
          RequestItems: {
            [failuresTable]: { Keys: [...keys], ConsistentRead: true, ...projectionOf(recordAttributes) },
          },
        }),
      );
      const records = (Responses[failuresTable] ?? []).map(failureRecordOf);
      for (const record of records) found.set(record.failureId, record);
      // Progress is no reason to wait longer.
      if (records.length > 0) attempt = 0;
      keys = UnprocessedKeys[failuresTable]?.Keys ?? [];
    }
  }
  return found;
}
