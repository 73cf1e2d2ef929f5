import { BatchExecuteStatementCommand, type BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { ParcelTableDependencies } from '../dynamodb-parcel-table.ts';
import { parcelKey } from '../parcel-item.ts';
import { requestsTo, statementError } from './dynamodb-statements.ts';

/** No parcel has the id 0. */
const nobody: ParcelState = {
  parcelId: 0,
  latest: { eventId: 1, type: '', statusCode: '', runId: '', createdDateTimeUtc: '' },
  milestones: Object.fromEntries(milestoneNames.map((name) => [name, { eventId: 1, timeUtc: '' }])),
};

/**
 * Whether this engine, and this role, takes every kind of statement. Nothing is written: the updates find no parcel, and
 * an insert with a key of the wrong type is refused by an engine that understands and allows it.
 */
export async function takesStatements({
  dynamodb,
  tableName,
}: Pick<ParcelTableDependencies, 'dynamodb' | 'tableName'>): Promise<boolean> {
  const request = requestsTo(tableName);
  const insert = `INSERT INTO "${tableName}" VALUE {'${parcelKey.name}': ?}`;
  const probes: readonly (readonly [statement: BatchStatementRequest, expected: string])[] = [
    [request({ kind: 'update', state: nobody, keeps: milestoneNames.slice(1) }, ''), 'ConditionalCheckFailed'],
    [request({ kind: 'replace', state: nobody, revision: 0 }, ''), 'ConditionalCheckFailed'],
    [{ Statement: insert, Parameters: [{ S: '-' }] }, 'ValidationError'],
  ];
  // One to a call: the first two have the same key.
  for (const [statement, expected] of probes) {
    const { Code, Message } = await failureOf(dynamodb, statement);
    if (Code === expected) continue;
    if (Code === undefined) return false;
    throw statementError(Code, Message);
  }
  return true;
}

/** How a statement alone fails; an engine that refuses the whole call for its fault says the same by that. */
async function failureOf(
  dynamodb: ParcelTableDependencies['dynamodb'],
  statement: BatchStatementRequest,
): Promise<{ readonly Code?: string | undefined; readonly Message?: string | undefined }> {
  try {
    const { Responses } = await dynamodb.send(
      new BatchExecuteStatementCommand({ Statements: [statement], ReturnConsumedCapacity: 'NONE' }),
    );
    return Responses?.[0]?.Error ?? {};
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ValidationException') throw error;
    return { Code: 'ValidationError', Message: error.message };
  }
}
