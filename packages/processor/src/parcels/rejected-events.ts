import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { describeError, type WaybillError } from '@waybill/shared/error.ts';
import { isStoredUnreadable } from '@waybill/shared/parcels/parcel-item.ts';
import type { Rejected } from './parcel-write.ts';

/**
 * Which of one parcel's events the store rejects, written one by one. The newest goes first: alone it may be in order on
 * an item that cannot be read, which can be read then. If it is rejected for what is stored, so are the older ones,
 * untried: a refused write costs what a write costs.
 *
 * @param rejectionOf writes an event; returns why the store rejects it, or undefined where it is stored
 */
export async function rejectedOneByOne(
  events: readonly ScanEvent[],
  rejectionOf: (event: ScanEvent) => Promise<WaybillError | undefined>,
): Promise<Rejected> {
  const rejected = new Map<ScanEvent, string>();
  const newestFirst = events.toSorted((a, b) => b.eventId - a.eventId);
  for (const [index, event] of newestFirst.entries()) {
    const alone = await rejectionOf(event);
    if (!alone) continue;
    const isForAll = isStoredUnreadable(alone);
    const faulty = isForAll ? newestFirst.slice(index) : [event];
    for (const [each, detail] of rejectedFor(alone, faulty)) rejected.set(each, detail);
    if (isForAll) break;
  }
  return rejected;
}

export function rejectedFor(rejection: WaybillError, events: readonly ScanEvent[]): Rejected {
  const detail = describeError(rejection);
  return new Map(events.map((event) => [event, detail]));
}
