import type { ScanEvent } from './scan-event.ts';

/** The scan that a parcel stands at. */
export type Scan = Omit<ScanEvent, 'parcelId'>;

/** A moment that matters once: the scan of its type with the lowest id. `timeUtc` keeps the feed's own digits. */
export type Milestone = { readonly eventId: number; readonly timeUtc: string };

/**
 * What has been seen of one parcel, and equally a change to it. A join-semilattice under {@link merge}: order,
 * repetition and grouping of scans do not matter.
 */
export type ParcelState = {
  readonly parcelId: number;
  /** The scan with the highest eventId. */
  readonly latest: Scan;
  /** The PICKUP with the lowest eventId. */
  readonly pickup?: Milestone;
  /** The DELIVERY with the lowest eventId. */
  readonly delivery?: Milestone;
};

/** The state of a parcel of which just this event was seen. */
export function stateOf(event: ScanEvent): ParcelState {
  const { parcelId, ...latest } = event;
  const milestone = { eventId: event.eventId, timeUtc: event.createdDateTimeUtc };
  if (event.type === 'PICKUP') return { parcelId, latest, pickup: milestone };
  if (event.type === 'DELIVERY') return { parcelId, latest, delivery: milestone };
  return { parcelId, latest };
}

/** Everything that either has seen. Both must be of one parcel. Commutative, associative, idempotent. */
export function merge(a: ParcelState, b: ParcelState): ParcelState {
  const pickup = earlier(a.pickup, b.pickup);
  const delivery = earlier(a.delivery, b.delivery);
  return {
    parcelId: a.parcelId,
    latest: later(a.latest, b.latest),
    ...(pickup && { pickup }),
    ...(delivery && { delivery }),
  };
}

/** Whether two states of one parcel have seen the same. */
export function sameState(a: ParcelState, b: ParcelState): boolean {
  return compareScans(a.latest, b.latest) === 0 && same(a.pickup, b.pickup) && same(a.delivery, b.delivery);
}

function later(a: Scan, b: Scan): Scan {
  return compareScans(a, b) >= 0 ? a : b;
}

/** By id; two contents under one id by their fields in a fixed order, so that neither side of a merge is favoured. */
function compareScans(a: Scan, b: Scan): number {
  return (
    a.eventId - b.eventId ||
    compareText(a.createdDateTimeUtc, b.createdDateTimeUtc) ||
    compareText(a.type, b.type) ||
    compareText(a.statusCode, b.statusCode) ||
    compareText(a.runId, b.runId)
  );
}

/** By code unit, as `<` does: no locale has a say in what is stored. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function earlier(a: Milestone | undefined, b: Milestone | undefined): Milestone | undefined {
  if (!a || !b) return a ?? b;
  if (a.eventId !== b.eventId) return a.eventId < b.eventId ? a : b;
  return a.timeUtc >= b.timeUtc ? a : b;
}

function same(a: Milestone | undefined, b: Milestone | undefined): boolean {
  return a?.eventId === b?.eventId && a?.timeUtc === b?.timeUtc;
}
