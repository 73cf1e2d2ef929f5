import { parcelOf } from '../simulator/oracle.ts';
import { textIn } from './item.ts';
import type { Item, Release } from './release.ts';

/** What this release writes where that one wrote this: the same, and what was added since (docs/upgrades.md). */
export function asWrittenToday(release: Release): Release {
  return { ...release, failures: release.failures.map(withParcel), interrupted: withParcel(release.interrupted) };
}

/** Releases after 0.1.0 name the parcel of the element in its failure record. */
export function withParcel(failure: Item): Item {
  const parcelId = parcelOf(textIn(failure, 'body') ?? '');
  return parcelId === undefined ? failure : { ...failure, parcelId: { N: String(parcelId) } };
}
