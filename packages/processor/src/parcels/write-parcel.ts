import { merge, type ParcelState, sameState } from '@waybill/shared/domain/parcel-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { ParcelTable } from './parcel-table.ts';

/** What a write did. `merged`: came late and still added something; `redundant`: everything in the change was known. */
export type WriteOutcome = 'applied' | 'merged' | 'redundant';

/** Races lost in a row before the parcel is left to the backoff. Each lost race means that another writer got through. */
const mostRaces = 10;

/**
 * Merges the change into the stored parcel, so that what is stored equals `merge(stored, change)`, and never less, even
 * when others write at the same time. Rejects as {@link ParcelTable} does, and with `STORE_CONTENDED` after too many lost races.
 */
export async function writeParcel(table: ParcelTable, change: ParcelState): Promise<WriteOutcome> {
  let write = await table.apply(change);
  if (write.done) return 'applied';
  for (let race = 0; race < mostRaces; race += 1) {
    const { stored } = write;
    if (!stored) {
      write = await table.apply(change);
      if (write.done) return 'applied';
      continue;
    }
    const merged = merge(stored.state, change);
    if (sameState(merged, stored.state)) return 'redundant';
    write = await table.replace(merged, stored.revision);
    if (write.done) return 'merged';
  }
  throw new WaybillError(
    'STORE_CONTENDED',
    `other writers changed parcel ${change.parcelId} ${mostRaces} times in a row`,
  );
}
