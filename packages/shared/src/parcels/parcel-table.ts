import type { History } from '../domain/history.ts';
import type { ParcelState } from '../domain/parcel-state.ts';

/** What the processor asks of the parcels table. `dynamodb-parcel-table.ts` implements it on DynamoDB, the simulator in memory. */

/** What is kept of a parcel beside its state: it depends on when and how often it was written. */
export type Bookkeeping = {
  /** Counts the writes of the parcel. */
  readonly revision: number;
  /**
   * When it was seen first, milliseconds since 1970. Undefined in items of 0.1.0, and once it is delivered, unless a
   * processor of 0.1.0 stored the delivery.
   */
  readonly openedAtMs?: number | undefined;
};

/** A parcel as it is stored. */
export type StoredParcel = Bookkeeping & { readonly state: ParcelState };

/** Either the write was done, or its condition failed against what is stored; undefined where there is no item any more. */
export type ConditionalWrite =
  | { readonly done: true }
  | { readonly done: false; readonly stored: StoredParcel | undefined };

/**
 * Three conditional writes. The single writer and the batched one implement them alike. All reject with `STORE_REJECTED`
 * when the store names this item as the reason, with any other error when the engine is the reason. What they write has
 * no more than `historyEvents` entries in its history.
 */
export type ParcelTable = {
  /** Most entries of a parcel's history. */
  readonly historyEvents: number;
  /**
   * Sets what the change holds and adds its history to the stored one, on condition that there is no item, or that the
   * change is in order on the stored parcel, which has a history with room for the change's and no removed events. Under
   * that condition the write equals `merge`. An item may be refused although it fulfils this: then the merge follows.
   */
  readonly apply: (change: ParcelState) => Promise<ConditionalWrite>;
  /** Adds to the history, on condition that the parcel is stored, and its history has room and no removed events. */
  readonly addHistory: (parcelId: number, added: History) => Promise<ConditionalWrite>;
  /** Sets the whole state on condition that the stored revision is still `stored.revision`. */
  readonly replace: (state: ParcelState, stored: Bookkeeping) => Promise<ConditionalWrite>;
};
