import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { Bookkeeping, StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';

/**
 * What the batched writer asks of the parcels table, many statements to a call. `dynamodb-statements.ts` implements it on
 * DynamoDB, the simulator in memory.
 */

/**
 * One write of one parcel.
 *
 * - `insert`: the whole state, on condition that there is no item.
 * - `update`: the change, on condition that there is an item with a `lastEventId` below the change's, a history with room
 *   for the change's, and no removed events. Each milestone of the change must be absent there and is set, or, where
 *   `keeps` names it, must have a lower id there and stays.
 * - `union`: adds to the history, on condition that there is an item with a history that has room, and no removed events.
 * - `replace`: the whole state, without removed events, on condition that the stored revision is that of `stored`.
 */
export type ParcelStatement =
  | { readonly kind: 'insert'; readonly state: ParcelState }
  | { readonly kind: 'update'; readonly state: ParcelState; readonly keeps: readonly MilestoneName[] }
  | { readonly kind: 'union'; readonly state: Pick<ParcelState, 'parcelId' | 'history'> }
  | { readonly kind: 'replace'; readonly state: ParcelState; readonly stored: Bookkeeping };

/**
 * What became of a statement.
 *
 * - `missed`: there is an item where it expected none, or none where it expected one.
 * - `unmet`: its condition does not hold on what is stored.
 * - `refused`: not understood or not allowed. A single update must show whose fault that is.
 * - `failed`: the engine's failure. All statements of a call that failed alike share one error object: it is one failure.
 */
export type StatementAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'missed' }
  | { readonly kind: 'unmet'; readonly stored: StoredParcel }
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One call, with at most one statement per parcel. Returns an answer for each statement, in their order; rejects when the call itself failed. */
export type ExecuteStatements = (statements: readonly ParcelStatement[]) => Promise<readonly StatementAnswer[]>;

/** Statements of one call (BatchExecuteStatement's documentation). */
export const mostStatements = 25;
