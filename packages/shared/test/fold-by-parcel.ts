import { merge, type ParcelState, stateOf } from '../src/domain/parcel-state.ts';
import type { ScanEvent } from '../src/domain/scan-event.ts';

/** One change per parcel: each parcel's events folded with {@link merge}, in order of first appearance. */
export function foldByParcel(events: Iterable<ScanEvent>): Map<number, ParcelState> {
  const changes = new Map<number, ParcelState>();
  for (const event of events) {
    const change = stateOf(event);
    const seen = changes.get(event.parcelId);
    changes.set(event.parcelId, seen ? merge(seen, change) : change);
  }
  return changes;
}
