import { parcelOf } from '../simulator/oracle.ts';
import { textIn } from './item.ts';
import { withAdditions } from './parcel-additions.ts';
import type { Item, Release } from './release.ts';

/** What this release writes where that one wrote this: the same, and what was added since (docs/upgrades.md). */
export function asWrittenToday(release: Release): Release {
  const { messages, parcels, failures, interrupted } = release;
  return {
    ...release,
    parcels: parcels.map((parcel) => withAdditions(parcel, messages)),
    failures: failures.map(withParcel),
    interrupted: withParcel(interrupted),
  };
}

/** Releases after 0.1.0 name the parcel of the element in its failure record. */
export function withParcel(failure: Item): Item {
  const parcelId = parcelOf(textIn(failure, 'body') ?? '');
  return parcelId === undefined ? failure : { ...failure, parcelId: { N: String(parcelId) } };
}
