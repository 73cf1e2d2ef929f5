/** Between this many parcels and twice as many are remembered: at most 3 MiB (measured: two maps of 30,000 ids each). */
const mostPerGeneration = 30_000;

/** A number for each of the parcels that were met lately. */
export class RecentParcels {
  #young = new Map<number, number>();
  #old = new Map<number, number>();

  get(parcelId: number): number | undefined {
    return this.#young.get(parcelId) ?? this.#old.get(parcelId);
  }

  set(parcelId: number, value: number): void {
    this.#young.set(parcelId, value);
    if (this.#young.size < mostPerGeneration) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
