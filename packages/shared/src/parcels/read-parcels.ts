import { type BatchReading, batchGet } from '../batch-get.ts';
import { hasCode } from '../error.ts';
import { type Item, parcelKey, storedParcel, updatedAtUtc } from './parcel-item.ts';
import type { ReadParcel } from './parcel-view.ts';

/** The parcel in an item. Rejects with `STORE_REJECTED` where the item is not a parcel. */
export function parcelIn(item: Item, parcelId: number): ReadParcel {
  const written = item[updatedAtUtc.name];
  return { ...storedParcel(item, parcelId), updatedAtUtc: (written && updatedAtUtc.read(written)) ?? '' };
}

/** The parcel in an item, or why it is not one. */
export function parcelOrProblem(item: Item, parcelId: number): ReadParcel | { readonly problem: string } {
  try {
    return parcelIn(item, parcelId);
  } catch (error) {
    if (!hasCode(error, 'STORE_REJECTED')) throw error;
    return { problem: error.message };
  }
}

/** The id in a parcel's key, or in that of an index of parcels. */
export function parcelIdIn(key: Item): number {
  return Number(key[parcelKey.name]?.N);
}

export function keyOf(parcelId: number): Item {
  return { [parcelKey.name]: { N: String(parcelId) } };
}

/** The items of these parcels that are stored, as {@link batchGet} reads them. */
export async function readParcelItems(
  reading: BatchReading,
  tableName: string,
  parcelIds: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Item>> {
  const items = await batchGet(reading, tableName, parcelIds.map(keyOf), signal);
  return new Map(items.map((item) => [parcelIdIn(item), item]));
}
