import { dynamoDbOperationLog } from '@waybill/operations/record/dynamodb-operation-log.ts';
import type { Operation } from '@waybill/operations/record/operation.ts';
import type { OperationLog } from '@waybill/operations/record/operation-log.ts';
import { shownOperationShape } from '@waybill/operations/record/operation-shape.ts';
import { shownOperation } from '@waybill/operations/record/operation-state.ts';
import { z } from 'zod';
import { type Caller, requireScope } from '../access/caller.ts';
import type { Cursors } from '../pages/cursor.ts';
import { nextCursorShape, pageParameters } from '../pages/page.ts';
import { Problem } from '../problems/problem.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';

export type OperationsDependencies = Pick<ApiDependencies, 'documents' | 'deployment' | 'clock'>;

export const operationsQuery = z.strictObject(pageParameters);

/** The newest first. */
export const operationsShape = z.strictObject({
  operations: z.array(shownOperationShape),
  nextCursor: nextCursorShape,
});

/** What operators did, whether over HTTP or by the command line. */
export async function getOperations(
  { cursors, ...deps }: OperationsDependencies & { readonly cursors: Cursors },
  caller: Caller,
  { limit, cursor }: z.output<typeof operationsQuery>,
): Promise<z.output<typeof operationsShape>> {
  requireScope(caller, 'read');
  const list = { name: 'operations', filters: {} };
  const before = cursor === undefined ? undefined : cursors.open(list, cursor, z.string());
  // One more than asked for shows that there is more.
  const found = await operationLogOf(deps).list(limit + 1, before);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const nowMs = deps.clock.now();
  return {
    operations: shown.map((operation) => shownAt(operation, nowMs)),
    ...(found.length > limit && last && { nextCursor: cursors.seal(caller, list, last.operationId) }),
  };
}

/** What is on record of one act. Throws `NOT_FOUND`. */
export async function getOperation(
  deps: OperationsDependencies,
  caller: Caller,
  operationId: string,
): Promise<ShownOperation> {
  requireScope(caller, 'read');
  const operation = await operationLogOf(deps).read(operationId);
  if (!operation) throw new Problem('NOT_FOUND', 'there is no operation with this id');
  return shownAt(operation, deps.clock.now());
}

export type ShownOperation = z.output<typeof shownOperationShape>;

/** @param nowMs milliseconds since the epoch */
export function shownAt(operation: Operation, nowMs: number): ShownOperation {
  return shownOperationShape.parse(shownOperation(operation, nowMs));
}

export function operationLogOf({ documents, deployment, clock }: OperationsDependencies): OperationLog {
  return dynamoDbOperationLog({ documents, tableName: deployment.operationsTable }, clock);
}
