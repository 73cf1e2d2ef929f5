import { unpack } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { numberIn } from './item.ts';
import type { Item, Message } from './release.ts';

/**
 * Releases after 0.1.0 keep the scans of a parcel, and mark it while its delivery is not known. As design.md names these
 * attributes, and not as the code under test writes them.
 */
export function withAdditions(parcel: Item, messages: readonly Message[]): Item {
  const parcelId = numberIn(parcel, 'parcelId') ?? Number.NaN;
  const scans = messages.flatMap(eventsIn).filter((event) => event.parcelId === parcelId);
  const history = new Set(
    scans.map(({ eventId, createdDateTimeUtc, type, statusCode }) =>
      JSON.stringify([eventId, createdDateTimeUtc, type, statusCode]),
    ),
  );
  const isDelivered = numberIn(parcel, 'deliveryEventId') !== undefined;
  return {
    ...parcel,
    history: { SS: [...history].sort() },
    ...(isDelivered ? {} : { openShard: { N: String(parcelId % 16) }, openedAtMs: { N: '0' } }),
  };
}

/** The events that a message carries. */
export function eventsIn({ body }: Message): readonly ScanEvent[] {
  const unpacked = unpack(body);
  if (unpacked.kind === 'unreadable') return [];
  const elements = unpacked.kind === 'unparsed' ? [unpacked.element] : unpacked.elements;
  return elements.flatMap((element) => ('event' in element ? [element.event] : []));
}
