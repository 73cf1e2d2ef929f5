import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  UpdateCommand,
  type UpdateCommandInput,
  type UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../clock.ts';
import { tables } from '../resources.ts';
import type { BatchLedger } from './batch-ledger.ts';

export type BatchLedgerDependencies = {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Pick<Clock, 'now'>;
};

const begin = 'SET startedAtUtc = if_not_exists(startedAtUtc, :now)';
const finish = `${begin}, finishedAtUtc = :now`;

/**
 * The batches table on DynamoDB: one conditional `UpdateItem` each, of one write unit while the item is below a KiB (some
 * 200 parts). Rejects only with the engine's errors.
 */
export function dynamoDbBatchLedger({ documents, tableName, clock }: BatchLedgerDependencies): BatchLedger {
  const update = (batchId: string, input: Update) => {
    const ExpressionAttributeValues = { ...input.values, ':now': new Date(clock.now()).toISOString() };
    const Key = { [tables.batches.key.name]: batchId };
    const { values, ...expressions } = input;
    return ifMet(() =>
      documents.send(new UpdateCommand({ TableName: tableName, Key, ...expressions, ExpressionAttributeValues })),
    );
  };
  return {
    settle: async ({ batchId, part, failureId }) => {
      const sets = [
        ...(part === undefined ? [] : [{ of: 'pending :part', waits: 'contains(pending, :number)' }]),
        ...(failureId === undefined ? [] : [{ of: 'failed :failed', waits: 'contains(failed, :failureId)' }]),
      ];
      const written = await update(batchId, {
        UpdateExpression: `${finish} DELETE ${sets.map(({ of }) => of).join(', ')}`,
        ConditionExpression: sets.map(({ waits }) => waits).join(' OR '),
        values: {
          ...(part !== undefined && { ':part': new Set([part]), ':number': part }),
          ...(failureId !== undefined && { ':failed': new Set([failureId]), ':failureId': failureId }),
        },
      });
      return written !== undefined;
    },
    fail: async ({ batchId, part, failureIds }) => {
      const written = await update(batchId, {
        UpdateExpression:
          part === undefined ? `${begin} ADD failed :failed` : `${finish} DELETE pending :part ADD failed :failed`,
        ConditionExpression: 'attribute_exists(batchId)',
        values: { ':failed': new Set(failureIds), ...(part !== undefined && { ':part': new Set([part]) }) },
        // Of a batch that fails as a whole it is hundreds of KB: not with each of its events.
        ...(part !== undefined && { ReturnValues: 'UPDATED_NEW' }),
      });
      return failedOf(written);
    },
    cure: async (batchId, failureIds) => {
      const written = await update(batchId, {
        UpdateExpression: `${finish} DELETE failed :failed`,
        ConditionExpression: 'attribute_exists(failed)',
        values: { ':failed': new Set(failureIds) },
        ReturnValues: 'UPDATED_OLD',
      });
      const before = failedOf(written);
      return failureIds.filter((failureId) => before.has(failureId));
    },
  };
}

/** The failures that an update has returned. */
function failedOf(written: UpdateCommandOutput | undefined): ReadonlySet<string> {
  const failed: unknown = written?.Attributes?.['failed'];
  return failed instanceof Set ? failed : new Set();
}

type Update = Pick<UpdateCommandInput, 'UpdateExpression' | 'ConditionExpression' | 'ReturnValues'> & {
  readonly values: Readonly<Record<string, unknown>>;
};

/** Undefined where the condition is not met, and where the item would outgrow the 400 KB that DynamoDB takes: no retry heals that, and only messages that no API has sent can bring it there. */
async function ifMet<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    if (error instanceof Error && error.name === 'ValidationException' && /item size/i.test(error.message))
      return undefined;
    throw error;
  }
}
