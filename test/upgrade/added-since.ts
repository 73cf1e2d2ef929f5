import { withAdditions } from './parcel-additions.ts';
import type { Release } from './release.ts';

/** What this release writes where that one wrote this: the same, and what was added since (docs/upgrades.md). */
export function asWrittenToday(release: Release): Release {
  return { ...release, parcels: release.parcels.map((parcel) => withAdditions(parcel, release.messages)) };
}
