import type { Clock } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { isStoredUnreadable } from '@waybill/shared/parcels/parcel-item.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';

/**
 * Different parcels rejected in a row, none stored between, after which the table itself is suspected. A rejected event
 * goes to the DLQ at its third receive: so few do not get there before the table is suspected.
 */
const suspiciousFrom = 20;
/** Milliseconds for which the result of a check holds: as long as the longest time between two probes of an engine that is down. */
const checkHoldsMs = 10_000;
/** Races that a check may lose to other writers of its parcel. */
const mostRaces = 3;

type Verdict = 'table takes parcels' | 'table rejects parcels' | 'unknown';

/**
 * Tells events that the store rejects from a table that rejects everything. When many are rejected in a row, the parcel
 * that was stored last is written again as it is: a table that takes it is well, and one that does not is at fault.
 */
export class Rejections {
  /** Rejected since a parcel was last stored. */
  readonly #parcels = new Set<number>();
  /** The change that was stored last. */
  #lastStored: ParcelState | undefined;
  readonly #table: ParcelTable;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #check: Promise<Verdict> = Promise.resolve('unknown');

  constructor(table: ParcelTable, clock: Pick<Clock, 'monotonic'>) {
    this.#table = table;
    this.#clock = clock;
  }

  /** A change was stored. */
  stored(change: ParcelState): void {
    this.#lastStored = change;
    // Clearing a set that is empty takes 0.3 µs, which each write would pay.
    if (this.#parcels.size > 0) this.#parcels.clear();
  }

  /** Returns the error with which the write of a rejected parcel is to fail: its own, or the table's. Rejects when the engine fails. */
  async errorOf(parcelId: number, rejection: WaybillError): Promise<WaybillError> {
    if (isStoredUnreadable(rejection)) return rejection;
    this.#parcels.add(parcelId);
    if (this.#parcels.size < suspiciousFrom) return rejection;
    const now = this.#clock.monotonic();
    const isDue = now - this.#checkedAt >= checkHoldsMs;
    if (isDue) {
      this.#checkedAt = now;
      this.#check = this.#checkTable();
    }
    const verdict = await this.#check;
    if (verdict === 'table takes parcels') return rejection;
    // With nothing to check with, one at a time is believed: poison alone must not stay in hand for ever.
    if (verdict === 'unknown' && isDue) return rejection;
    const text = `the parcels table rejected ${counted(this.#parcels.size, 'parcel')} in a row and stored none between; check its indexes and its key`;
    return new WaybillError('TABLE_MISMATCH', text, { cause: rejection });
  }

  /** Writes a stored parcel as it is, on condition that it is still there: that changes its revision only. */
  async #checkTable(): Promise<Verdict> {
    const known = this.#lastStored;
    if (!known) return 'unknown';
    try {
      // No parcel has the revision 0: this reads.
      let write = await this.#table.replace(known, { revision: 0 });
      for (let race = 0; race < mostRaces && !write.done; race += 1) {
        if (!write.stored) return 'unknown';
        write = await this.#table.replace(write.stored.state, write.stored);
      }
      return write.done ? 'table takes parcels' : 'unknown';
    } catch (error) {
      if (error instanceof WaybillError && error.code === 'STORE_REJECTED') return 'table rejects parcels';
      this.#checkedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }
}
