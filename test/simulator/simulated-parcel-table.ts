import type { ConditionalWrite, ParcelTable, StoredParcel } from '@waybill/processor/parcel-table.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { ParcelState } from '@waybill/shared/parcel-state.ts';
import type { FaultLayer } from './faults.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Witness } from './witness.ts';

/** The parcels table with the conditions of {@link ParcelTable}. */
export class SimulatedParcelTable {
  readonly parcels = new Map<number, StoredParcel>();
  /** EventIds whose values the store rejects, until they are taken out. */
  readonly rejected: Set<number>;
  readonly #faults: FaultLayer;
  readonly #witness: Witness;

  constructor(options: {
    readonly rejected: ReadonlySet<number>;
    readonly faults: FaultLayer;
    readonly witness: Witness;
  }) {
    this.rejected = new Set(options.rejected);
    this.#faults = options.faults;
    this.#witness = options.witness;
  }

  openFor(process: SimulatedProcess): ParcelTable {
    const call = (operation: string, effect: () => ConditionalWrite) =>
      this.#faults.call(process, { engine: 'dynamodb', operation }, effect);
    return {
      apply: (change) => call(`apply ${told(change)}`, () => this.#apply(process, change)),
      replace: (state, revision) =>
        call(`replace ${told(state)} at ${revision}`, () => this.#replace(process, state, revision)),
    };
  }

  #apply(process: SimulatedProcess, change: ParcelState): ConditionalWrite {
    this.#refuseRejected(change);
    const stored = this.parcels.get(change.parcelId);
    const isAhead =
      !stored ||
      (stored.state.latest.eventId < change.latest.eventId &&
        (!change.pickup || !stored.state.pickup || stored.state.pickup.eventId < change.pickup.eventId) &&
        (!change.delivery || !stored.state.delivery || stored.state.delivery.eventId < change.delivery.eventId));
    if (!isAhead) return { done: false, stored };
    const pickup = stored?.state.pickup ?? change.pickup;
    const delivery = stored?.state.delivery ?? change.delivery;
    this.#write(process, stored, {
      parcelId: change.parcelId,
      latest: change.latest,
      ...(pickup && { pickup }),
      ...(delivery && { delivery }),
    });
    return { done: true };
  }

  #replace(process: SimulatedProcess, state: ParcelState, revision: number): ConditionalWrite {
    this.#refuseRejected(state);
    const stored = this.parcels.get(state.parcelId);
    if (stored?.revision !== revision) return { done: false, stored };
    this.#write(process, stored, state);
    return { done: true };
  }

  #write(process: SimulatedProcess, stored: StoredParcel | undefined, state: ParcelState): void {
    this.#witness.parcelWritten(process, stored?.state, state);
    this.parcels.set(state.parcelId, { state, revision: (stored?.revision ?? 0) + 1 });
  }

  #refuseRejected({ parcelId, latest, pickup, delivery }: ParcelState): void {
    const named = [latest.eventId, pickup?.eventId, delivery?.eventId].find((id) => id && this.rejected.has(id));
    if (named !== undefined)
      throw new WaybillError('STORE_REJECTED', `simulated: parcel ${parcelId} does not take event ${named}`);
  }
}

function told({ parcelId, latest, pickup, delivery }: ParcelState): string {
  return `parcel ${parcelId} latest ${latest.eventId} pickup ${pickup?.eventId ?? '-'} delivery ${delivery?.eventId ?? '-'}`;
}
