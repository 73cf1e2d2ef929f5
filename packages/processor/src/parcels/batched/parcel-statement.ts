import type { MilestoneName, ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { StoredParcel } from '../parcel-table.ts';

/**
 * What the batched writer asks of the parcels table, many statements to a call. `dynamodb-statements.ts` answers with
 * DynamoDB, the simulator from memory.
 */

/**
 * One write of one parcel.
 *
 * - `insert`: the whole state, on condition that there is no item.
 * - `update`: the change, on condition that there is an item and its `lastEventId` is below the change's; of each milestone
 *   of the change, that it has none, which is set then, or, where `keeps` names it, that it has a lower one, which stays.
 * - `replace`: the whole state, on condition that the stored revision is `revision`.
 */
export type ParcelStatement =
  | { readonly kind: 'insert'; readonly state: ParcelState }
  | { readonly kind: 'update'; readonly state: ParcelState; readonly keeps: readonly MilestoneName[] }
  | { readonly kind: 'replace'; readonly state: ParcelState; readonly revision: number };

/**
 * What became of a statement.
 *
 * - `missed`: there is an item where it expected none, or none where it expected one.
 * - `unmet`: its condition does not hold on what is stored.
 * - `refused`: not understood, or not taken: a single update must show whose fault that is.
 * - `failed`: the engine's failure. One error object for all statements of a call that failed alike: it is one failure.
 */
export type StatementAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'missed' }
  | { readonly kind: 'unmet'; readonly stored: StoredParcel }
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One call; no parcel may stand in it twice. Answers as many as it was given, in order; rejects when the call itself failed. */
export type ExecuteStatements = (statements: readonly ParcelStatement[]) => Promise<readonly StatementAnswer[]>;

/** Statements of one call (BatchExecuteStatement's documentation). */
export const mostStatements = 25;
