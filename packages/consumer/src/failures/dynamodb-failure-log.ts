import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Clock } from '@waybill/shared/clock.ts';
import { beginningThatFits } from '@waybill/shared/domain/json-text.ts';
import { unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { failureRetentionDays, tables } from '@waybill/shared/resources.ts';
import { type Failure, type FailureLog, interrupted } from './failure-log.ts';

/** Bytes of a failed body that are kept (design: 64 KiB), the mark of a cut one included. */
export const keptBodyBytes = 65_536;

export type FailureLogDependencies = {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Pick<Clock, 'now'>;
};

const setRecord =
  'SET reason = :reason, detail = :detail, body = :body, lastFailedAtUtc = :now, firstFailedAtUtc = if_not_exists(firstFailedAtUtc, :now), attempts = if_not_exists(attempts, :zero) + :one, expiresAt = :expiresAt, unresolved = :unresolved';
const unresolve = ' REMOVE resolvedAtUtc';

/** The failures table on DynamoDB. Rejects only with the engine's errors. */
export function dynamoDbFailureLog({ documents, tableName, clock }: FailureLogDependencies): FailureLog {
  const update = async (failureId: string, input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) => {
    await documents.send(
      new UpdateCommand({ TableName: tableName, Key: { [tables.failures.key.name]: failureId }, ...input }),
    );
  };
  const recordUpdate = ({ failureId, reason, detail, body, parcelId, traceId }: Failure) => {
    const now = clock.now();
    const values = {
      ':reason': reason,
      ':detail': detail,
      ':body': kept(body),
      ':now': new Date(now).toISOString(),
      ':zero': 0,
      ':one': 1,
      ':expiresAt': Math.ceil(now / 1_000) + failureRetentionDays * 86_400,
      ':unresolved': unresolvedValue(reason, failureId),
    };
    const parcel = parcelId === undefined ? '' : ', parcelId = :parcelId';
    const trace = traceId === undefined ? '' : ', traceId = :traceId';
    return {
      UpdateExpression: setRecord + parcel + trace + unresolve,
      ExpressionAttributeValues: {
        ...values,
        ...(parcel && { ':parcelId': parcelId }),
        ...(trace && { ':traceId': traceId }),
      },
    };
  };
  return {
    record: (failure) => update(failure.failureId, recordUpdate(failure)),
    recordInterruption: (failure) =>
      ignoringCondition(
        update(failure.failureId, {
          ...recordUpdate(failure),
          ConditionExpression: 'attribute_not_exists(failureId) OR reason = :reason OR attribute_exists(resolvedAtUtc)',
        }),
      ),
    removeInterruption: (failureId) =>
      ignoringCondition(
        documents.send(
          new DeleteCommand({
            TableName: tableName,
            Key: { [tables.failures.key.name]: failureId },
            ConditionExpression: 'reason = :interrupted',
            ExpressionAttributeValues: { ':interrupted': interrupted },
          }),
        ),
      ),
    resolve: (failureId) =>
      ignoringCondition(
        update(failureId, {
          UpdateExpression: 'SET resolvedAtUtc = :now REMOVE unresolved',
          ConditionExpression: 'attribute_exists(failureId) AND attribute_not_exists(resolvedAtUtc)',
          ExpressionAttributeValues: { ':now': new Date(clock.now()).toISOString() },
        }),
      ),
  };
}

async function ignoringCondition(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** A cut body says how long it was. */
function kept(body: string): string {
  const mark = ` … cut, ${body.length} characters in all`;
  if (Buffer.byteLength(body) <= keptBodyBytes) return body;
  return beginningThatFits(body, keptBodyBytes - Buffer.byteLength(mark)) + mark;
}
