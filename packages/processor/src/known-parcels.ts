import type { ParcelState } from '@waybill/shared/parcel-state.ts';

/** Parcels remembered are at least this many and at most twice as many: some 8 MiB. */
const mostPerGeneration = 50_000;
/** What one parcel more counts in the share of new ones: some hundred of the latest decide. */
const weight = 1 / 64;

/**
 * Guesses whether a parcel is stored already, so that the first statement is mostly the right one. What this process has
 * met is stored. Of the others, those whose change has a pickup are taken for new and those without for known, until
 * experience says otherwise: a feed may begin parcels in its own way.
 */
export class KnownParcels {
  #young = new Set<number>();
  #old = new Set<number>();
  readonly #newShare = { withPickup: 0.9, without: 0.1 };

  isLikelyNew(change: ParcelState): boolean {
    return !this.#has(change.parcelId) && this.#newShare[kindOf(change)] > 0.5;
  }

  /** To be told of every parcel that a write has found stored, or not. */
  learn(change: ParcelState, wasNew: boolean): void {
    const { parcelId } = change;
    if (!this.#has(parcelId)) {
      const kind = kindOf(change);
      this.#newShare[kind] += ((wasNew ? 1 : 0) - this.#newShare[kind]) * weight;
    }
    this.#young.add(parcelId);
    if (this.#young.size < mostPerGeneration) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  #has(parcelId: number): boolean {
    return this.#young.has(parcelId) || this.#old.has(parcelId);
  }
}

function kindOf({ pickup }: ParcelState): 'withPickup' | 'without' {
  return pickup ? 'withPickup' : 'without';
}
