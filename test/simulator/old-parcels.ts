import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Chance } from './chance.ts';

/**
 * The events that an old release has seen of some parcels, by parcel: the first ones of the feed, which come again, and
 * others before them, which do not.
 */
export function oldParcels({
  share,
  chance,
  firstEventId,
  events,
}: {
  /** Of all parcels of these events. */
  readonly share: number;
  readonly chance: Chance;
  readonly firstEventId: number;
  readonly events: readonly ScanEvent[];
}): ReadonlyMap<number, readonly ScanEvent[]> {
  const old = new Map<number, readonly ScanEvent[]>();
  if (share === 0) return old;
  let free = firstEventId - 1;
  for (const [parcelId, own] of Map.groupBy(events, (event) => event.parcelId)) {
    const again = own.slice(0, chance.between(0, 2));
    const before = own.slice(0, chance.between(0, 2)).map((event) => ({ ...event, eventId: free-- }));
    const seen = [...again, ...before.filter(({ eventId }) => eventId > 0)];
    if (seen.length > 0 && chance.happens(share)) old.set(parcelId, seen);
  }
  return old;
}
