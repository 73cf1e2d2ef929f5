import { missingFrom } from '@waybill/shared/domain/history.ts';
import type { Milestones } from '@waybill/shared/domain/milestones.ts';
import {
  bounded,
  isInOrder,
  merge,
  type ParcelState,
  sameBesideHistory,
  sameState,
} from '@waybill/shared/domain/parcel-state.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import type { ConditionalWrite, ParcelTable, StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import type { Rejections } from './rejections.ts';

/** What a write did. `merged`: came late and still added something; `redundant`: everything in the change was known. */
export type WriteOutcome = 'applied' | 'merged' | 'redundant';

/** Set by a write that succeeds: the milestones that are stored then, as far as it knows. Where it was in order, its own. */
export type SeenMilestones = { milestones: Milestones };

/** Races lost in a row before the parcel is left to the backoff. Each lost race means that another writer got through. */
const mostRaces = 10;

/**
 * Merges the change into the stored parcel, so that what is stored equals `merge(stored, change)`, and never less, even
 * when others write at the same time. Rejects as {@link ParcelTable} does, and with `STORE_CONTENDED` after too many lost races.
 *
 * @param rejections may tell that a rejection is the table's fault
 */
export async function writeParcel(
  table: ParcelTable,
  change: ParcelState,
  rejections?: Pick<Rejections, 'errorOf'>,
  seen?: SeenMilestones,
): Promise<WriteOutcome> {
  // All in one function: another async one around it would cost each write half a microsecond.
  try {
    if (seen) seen.milestones = change.milestones;
    let write = await table.apply(change);
    if (write.done) return 'applied';
    for (let race = 0; race < mostRaces; race += 1) {
      const { stored } = write;
      if (!stored) {
        if (seen) seen.milestones = change.milestones;
        write = await table.apply(change);
        if (write.done) return 'applied';
        continue;
      }
      const merged = bounded(merge(stored.state, change), table.historyEvents);
      if (seen) seen.milestones = merged.milestones;
      const isKnown = sameState(merged, stored.state);
      if (isKnown && !isFalselyOpen(stored)) return 'redundant';
      write = await writeMerged(table, merged, stored);
      if (write.done) return isKnown ? 'redundant' : isInOrder(stored.state, change) ? 'applied' : 'merged';
    }
  } catch (error) {
    throw rejections && hasCode(error, 'STORE_REJECTED') ? await rejections.errorOf(change.parcelId, error) : error;
  }
  throw new WaybillError(
    'STORE_CONTENDED',
    `other writers changed parcel ${change.parcelId} ${mostRaces} times in a row`,
  );
}

/** A union of histories harms nobody, so it needs no condition on the revision; all else may have been overtaken. */
function writeMerged(table: ParcelTable, merged: ParcelState, stored: StoredParcel): Promise<ConditionalWrite> {
  const { history } = stored.state;
  const added = missingFrom(history, merged.history);
  const addsOnly =
    history.length > 0 &&
    history.length + added.length === merged.history.length &&
    merged.removed.length === 0 &&
    !isFalselyOpen(stored) &&
    sameBesideHistory(merged, stored.state);
  return addsOnly ? table.addHistory(merged.parcelId, added) : table.replace(merged, stored);
}

/** Delivered and still marked as open: a processor of 0.1.0 has stored the delivery, and knows of no marks. */
function isFalselyOpen({ state, openedAtMs }: StoredParcel): boolean {
  return openedAtMs !== undefined && state.milestones.delivery !== undefined;
}
