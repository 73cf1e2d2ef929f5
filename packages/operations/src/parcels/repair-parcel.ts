import { merge, type ParcelState, removalOf, sameState } from '@waybill/shared/domain/parcel-state.ts';
import { noScan } from '@waybill/shared/domain/removals.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';

/**
 * What a repair did.
 *
 * - `repaired`: the parcel is stored without what these events said, and they stay removed when they come again.
 * - `unchanged`: they were removed before.
 * - `not stored`: there is no such parcel, and nothing to take away. A removal is not kept for one that may come.
 * - `nothing left`: no scan of the parcel is known beside these, so nothing was written.
 * - `contended`: other writers were faster each time. Nothing was written; try again.
 */
export type Repair =
  | { readonly outcome: 'repaired'; readonly before: ParcelState; readonly after: ParcelState }
  | { readonly outcome: 'unchanged'; readonly before: ParcelState }
  | { readonly outcome: 'not stored' }
  | { readonly outcome: 'nothing left'; readonly before: ParcelState }
  | { readonly outcome: 'contended' };

/** Races that a repair may lose to other writers of its parcel. */
const mostRaces = 5;

/**
 * Removes events from a parcel, recomputes it from its history, and stores that on condition that nobody else has written
 * the parcel meanwhile. What has left the history, or was seen before there was one, is not known any more (decision 94).
 * Rejects as {@link ParcelTable} does.
 *
 * @param table opened with the processors' `PARCEL_RETENTION_DAYS`: the write sets when a delivered parcel expires
 * @param eventIds those that are wrong for this parcel; safe integers above 0
 */
export async function repairParcel(
  table: Pick<ParcelTable, 'replace'>,
  parcelId: number,
  eventIds: readonly number[],
): Promise<Repair> {
  const removal = removalOf(parcelId, eventIds);
  // No parcel has the revision 0: this reads.
  let write = await table.replace(removal, { revision: 0 });
  for (let race = 0; race < mostRaces && !write.done; race += 1) {
    const { stored } = write;
    if (!stored) return { outcome: 'not stored' };
    const { state: before } = stored;
    // Not bounded: a repair only takes away, and an operator's process may be told another bound than the processors.
    const after = merge(before, removal);
    if (sameState(before, after)) return { outcome: 'unchanged', before };
    if (after.latest.eventId === noScan.eventId) return { outcome: 'nothing left', before };
    write = await table.replace(after, stored);
    if (write.done) return { outcome: 'repaired', before, after };
  }
  return { outcome: 'contended' };
}
