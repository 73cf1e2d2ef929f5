import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { PendingMessage, Write } from './parcel-write.ts';

/** The writes of this process, by parcel. */
export type OpenWrites = {
  /** Not begun: each is under way in the guard, or waits for the one that is. */
  readonly waiting: Map<number, Write>;
  readonly underWay: ReadonlyMap<number, Write>;
};

/**
 * Monotonic milliseconds since which every parcel that the message still waits for has been throttled; undefined while it
 * waits for one that is not. A write behind one that is throttled will be, too.
 */
export function throttledSince(message: PendingMessage, { waiting, underWay }: OpenWrites): number | undefined {
  let since = Number.NEGATIVE_INFINITY;
  for (const { parcelId } of message.scans.events) {
    const ahead = underWay.get(parcelId);
    const isOpen = ahead?.messages.includes(message) || waiting.get(parcelId)?.messages.includes(message);
    if (!isOpen) continue;
    if (ahead?.throttledAt === undefined) return undefined;
    since = Math.max(since, ahead.throttledAt);
  }
  return since;
}

/**
 * Takes the message off the writes that it still waits for, and abandons those for which nobody waits then. Returns its
 * events that are not stored. Events that others wait for are written with theirs, which the store takes a second time.
 */
export function takeOff(message: PendingMessage, { waiting, underWay }: OpenWrites): readonly ScanEvent[] {
  const left = new Map<number, boolean>();
  return message.scans.events.filter(({ parcelId }) => {
    const known = left.get(parcelId);
    if (known !== undefined) return known;
    // One that is under way and not begun is in both.
    const writes = new Set([underWay.get(parcelId), waiting.get(parcelId)]);
    const open = [...writes]
      .filter((write) => write !== undefined)
      .filter(({ messages }) => messages.includes(message));
    for (const write of open) {
      write.messages.splice(write.messages.indexOf(message), 1);
      if (write.messages.length > 0) continue;
      write.isAbandoned = true;
      if (waiting.get(parcelId) === write) waiting.delete(parcelId);
    }
    left.set(parcelId, open.length > 0);
    return open.length > 0;
  });
}
