import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import { hasCode } from '../error.ts';
import { requireKey } from '../process/table-check.ts';
import { tables } from '../resources.ts';

/** Milliseconds for which what was seen holds: an index is added by hand, and a look is a call. */
const holdsMs = 10_000;

export type SecondLookDependencies = {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Pick<Clock, 'monotonic'>;
};

/**
 * Looks at the table's key and indexes again, for a table that refuses an item: somebody may have added an index that our
 * items cannot satisfy since the start. Rejects with `TABLE_MISMATCH` then. A look that fails says nothing.
 */
export function secondLook({ dynamodb, tableName, clock }: SecondLookDependencies): () => Promise<void> {
  let seen: Promise<void> = Promise.resolve();
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    try {
      await requireKey(dynamodb, tableName, tables.parcels);
    } catch (error) {
      if (hasCode(error, 'TABLE_MISMATCH')) throw error;
    }
  }

  return async () => {
    const now = clock.monotonic();
    if (now - lookedAt >= holdsMs) {
      lookedAt = now;
      seen = look();
    }
    await seen;
  };
}
