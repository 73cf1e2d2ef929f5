import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';

/** A stored item that is not a parcel, and why. */
export type UnreadableParcel = { readonly problem: string };

/** What the notifier asks of the parcels table. `dynamodb-parcel-reader.ts` reads DynamoDB, the simulator memory. */
export type ParcelReader = {
  /** Those of up to 100 parcels that are there (consistent). Rejects with the engine's error. */
  readonly get: (parcelIds: readonly number[]) => Promise<ReadonlyMap<number, ReadParcel | UnreadableParcel>>;
};
