import { unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { parcelOf } from '../simulator/oracle.ts';
import { numberIn, textIn } from './item.ts';
import { eventsIn, withAdditions } from './parcel-additions.ts';
import type { Item, Message, Release } from './release.ts';

/** What this release writes where that one wrote this: the same, and what was added since (docs/upgrades.md). */
export function asWrittenToday(release: Release): Release {
  const { messages, parcels, failures, interrupted, checkpoints } = release;
  return {
    ...release,
    parcels: parcels.map((parcel) => withAdditions(parcel, messages)),
    failures: failures.map(asFailedToday),
    interrupted: asFailedToday(interrupted),
    checkpoints: {
      ...checkpoints,
      held: asSeenToday(checkpoints.held, messages),
      released: asSeenToday(checkpoints.released, messages),
    },
  };
}

/** Releases after 0.1.0 say in the checkpoint how far the feed goes; that it has nothing more comes with a later renewal than this one. */
function asSeenToday(checkpoint: Item, messages: readonly Message[]): Item {
  const last = numberIn(checkpoint, 'lastEventId');
  const scannedAt = messages.flatMap(eventsIn).find(({ eventId }) => eventId === last)?.createdDateTimeUtc ?? '';
  return {
    ...checkpoint,
    headEventId: { N: String(last) },
    newestScanUtc: { S: new Date(scannedAt).toISOString() },
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
