import { batchStatuses } from '@waybill/operations/batches/batch-status.ts';
import { type BatchView, batchShape } from '@waybill/operations/batches/batch-view.ts';
import { listBatches, showBatch } from '@waybill/operations/batches/read-batches.ts';
import { z } from 'zod';
import { type Caller, requireScope } from '../access/caller.ts';
import type { Cursors } from '../pages/cursor.ts';
import { nextCursorShape, pageParameters } from '../pages/page.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';

export type BatchesDependencies = Pick<ApiDependencies, 'dynamodb' | 'deployment' | 'clock'> & {
  readonly cursors: Cursors;
};

export const batchesQuery = z.strictObject({
  status: z.enum(batchStatuses).optional().describe('Only batches that stand so.'),
  ...pageParameters,
});

/** The newest first. */
export const batchesShape = z.strictObject({ batches: z.array(batchShape), nextCursor: nextCursorShape });

/** Batches that one request looks at for those of a status: each is read by itself, 25 at once. */
const mostLookedAt = 2_000;

/** A batch by its id, whoever pushed it. Rejects with `NOT_FOUND`. */
export async function getBatch(
  deps: Omit<BatchesDependencies, 'cursors'>,
  caller: Caller,
  batchId: string,
  signal: AbortSignal,
): Promise<BatchView> {
  requireScope(caller, 'read', 'ingest');
  return await showBatch(deps, batchId, signal);
}

/** Batches, whoever pushed them: a batch does not say who did. */
export async function getBatches(
  { cursors, ...deps }: BatchesDependencies,
  caller: Caller,
  { status, limit, cursor }: z.output<typeof batchesQuery>,
  signal: AbortSignal,
): Promise<z.output<typeof batchesShape>> {
  requireScope(caller, 'read', 'ingest');
  const list = { name: 'batches', filters: { status } };
  const before = cursor === undefined ? undefined : cursors.open(list, cursor, z.string());
  const { batches, next } = await listBatches(deps, { status, limit, before, mostLookedAt }, signal);
  return { batches: [...batches], ...(next !== undefined && { nextCursor: cursors.seal(caller, list, next) }) };
}
