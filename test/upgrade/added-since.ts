import { unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
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
    failures: failures.map(asFailedToday),
    interrupted: asFailedToday(interrupted),
  };
}

/** Releases after 0.1.0 name the parcel of the element in its failure record, and have the record in an index until it is resolved. */
export function asFailedToday(failure: Item): Item {
  const parcelId = parcelOf(textIn(failure, 'body') ?? '');
  const unresolved = unresolvedValue(textIn(failure, 'reason') ?? '', textIn(failure, 'failureId') ?? '');
  return {
    ...failure,
    ...(parcelId !== undefined && { parcelId: { N: String(parcelId) } }),
    ...(failure['resolvedAtUtc'] === undefined && { unresolved: { S: unresolved } }),
  };
}
