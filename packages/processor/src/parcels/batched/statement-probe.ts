import { BatchExecuteStatementCommand, type BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import { historyEntry } from '@waybill/shared/domain/history.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { noneRemoved } from '@waybill/shared/domain/removals.ts';
import type { ParcelTableDependencies } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { parcelKey } from '@waybill/shared/parcels/parcel-item.ts';
import { requestsTo, type StatementTarget, statementError } from './dynamodb-statements.ts';

const scan = { eventId: 1, type: '', statusCode: '', runId: '', createdDateTimeUtc: '' };

/** No parcel has the id 0. */
const nobody: ParcelState = { parcelId: 0, latest: scan, milestones: {}, history: [], removed: noneRemoved };
const nobodyDelivered: ParcelState = {
  ...nobody,
  milestones: Object.fromEntries(milestoneNames.map((name) => [name, { eventId: 1, timeUtc: '2000-01-01T00:00:00Z' }])),
};

/**
 * Whether this engine, and this role, takes every kind of statement with everything that may be in it. Nothing is written:
 * the updates find no parcel, and an insert with a key of the wrong type is refused by an engine that understands and
 * allows it.
 */
export async function takesStatements({
  dynamodb,
  ...target
}: StatementTarget & Pick<ParcelTableDependencies, 'dynamodb'>): Promise<boolean> {
  const request = requestsTo(target)(0);
  const history = target.historyEvents > 0 ? [historyEntry(scan)] : [];
  const insert = `INSERT INTO "${target.tableName}" VALUE {'${parcelKey.name}': ?}`;
  const unmet = 'ConditionalCheckFailed';
  const probes: readonly (readonly [statement: BatchStatementRequest, expected: string])[] = [
    [request({ kind: 'update', state: { ...nobody, history }, keeps: [] }), unmet],
    [request({ kind: 'update', state: { ...nobodyDelivered, history }, keeps: milestoneNames.slice(0, 1) }), unmet],
    ...(history.length === 0 ? [] : [[request({ kind: 'union', state: { parcelId: 0, history } }), unmet] as const]),
    [request({ kind: 'replace', state: { ...nobodyDelivered, history }, stored: { revision: 0 } }), unmet],
    [{ Statement: insert, Parameters: [{ S: '-' }] }, 'ValidationError'],
  ];
  // One to a call: all but the last have the same key.
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
