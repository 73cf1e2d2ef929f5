import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';

/** What the processor asks of the parcels table. `dynamodb-parcel-table.ts` implements it on DynamoDB, the simulator in memory. */

/** A parcel as it is stored. `revision` counts its writes. */
export type StoredParcel = { readonly state: ParcelState; readonly revision: number };

/** Either the write was done, or its condition failed against what is stored; undefined where there is no item any more. */
export type ConditionalWrite =
  | { readonly done: true }
  | { readonly done: false; readonly stored: StoredParcel | undefined };

/**
 * Two conditional writes. The single writer and the batched one implement them alike. Both reject with `STORE_REJECTED`
 * when the store names this item as the reason, with any other error when the engine is the reason.
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
