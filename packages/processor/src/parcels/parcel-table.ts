import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';

/** What the processor asks of the parcels table. `dynamodb-parcel-table.ts` answers with DynamoDB, the simulator from memory. */

/** A parcel as it is stored. `revision` counts its writes. */
export type StoredParcel = { readonly state: ParcelState; readonly revision: number };

/** Either the write was done, or its condition failed against what is stored (undefined: there is no item any more). */
export type ConditionalWrite =
  | { readonly done: true }
  | { readonly done: false; readonly stored: StoredParcel | undefined };

/**
 * Two conditional writes; a single-update writer and a batched one implement them alike. Both reject with
 * `STORE_REJECTED` when the store names this item as the reason, with anything else when the engine is.
 */
export type ParcelTable = {
  /**
   * Sets what the change holds, on condition that there is no item, or that its `lastEventId` is below the change's
   * and each milestone of the change is absent there or has a lower id there. Under that condition the write equals `merge`.
   */
  readonly apply: (change: ParcelState) => Promise<ConditionalWrite>;
  /** Sets the whole state on condition that the stored revision is still `revision`. */
  readonly replace: (state: ParcelState, revision: number) => Promise<ConditionalWrite>;
};
