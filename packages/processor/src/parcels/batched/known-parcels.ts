import {
  type MilestoneName,
  milestoneBits,
  milestoneNames,
  type ParcelState,
} from '@waybill/shared/domain/parcel-state.ts';

/** Parcels remembered are at least this many and at most twice as many: at most 3 MiB (measured: two maps of 30,000 ids each). */
const mostPerGeneration = 30_000;
/** What one parcel more counts in the share of new ones: some hundred of the latest decide. */
const weight = 1 / 64;

/**
 * Guesses whether a parcel is stored already, so that the first statement is mostly the right one. What this process has
 * met is stored. Of the others, those whose change has a pickup are taken for new and those without for known, until
 * experience says otherwise: a feed may begin parcels in its own way.
 */
export class KnownParcels {
  /** Parcels with the bits of the milestones that they are known to have. */
  #young = new Map<number, number>();
  #old = new Map<number, number>();
  readonly #newShare = { withPickup: 0.9, without: 0.1 };

  isLikelyNew(change: ParcelState): boolean {
    return this.#milestonesOf(change.parcelId) === undefined && this.#newShare[kindOf(change)] > 0.5;
  }

  /** Milestones of the change that are stored already, as far as this process knows. */
  milestonesKept({ parcelId, milestones }: ParcelState): readonly MilestoneName[] {
    const kept = (this.#milestonesOf(parcelId) ?? 0) & milestoneBits(milestones);
    return kept === 0 ? none : milestoneNames.filter((_, index) => kept & (1 << index));
  }

  /** To be told of every parcel that a write has found stored, or not. */
  learn(change: ParcelState, wasNew: boolean): void {
    const { parcelId, milestones } = change;
    const known = this.#milestonesOf(parcelId);
    if (known === undefined) {
      const kind = kindOf(change);
      this.#newShare[kind] += ((wasNew ? 1 : 0) - this.#newShare[kind]) * weight;
    }
    this.#young.set(parcelId, (known ?? 0) | milestoneBits(milestones));
    if (this.#young.size < mostPerGeneration) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  #milestonesOf(parcelId: number): number | undefined {
    return this.#young.get(parcelId) ?? this.#old.get(parcelId);
  }
}

const none: readonly MilestoneName[] = [];

function kindOf({ milestones }: ParcelState): 'withPickup' | 'without' {
  return milestones.pickup ? 'withPickup' : 'without';
}
