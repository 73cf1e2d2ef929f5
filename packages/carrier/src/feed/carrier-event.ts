import type { Journey, PlannedScan } from './parcel-journey.ts';
import type { Random } from './random.ts';

/** A scan event as the carrier writes it. */
export type CarrierEvent = {
  EventId: number;
  ParcelId: number;
  Type: string;
  CreatedDateTimeUtc: string;
  StatusCode?: string | null;
  Device?: object | null;
  User?: { UserId: string; CarrierId: string; RunId?: string | null } | null;
};

const statusCodes = ['ARRIVED', 'SORTED', 'DEPARTED', 'ON_VEHICLE', 'HELD'] as const;
const unknownTypes = ['CUSTOMS_HOLD', 'XRAY', 'RETURN_TO_SENDER', 'pickup'] as const;

/** @param atMs when it is reported; it was scanned up to some minutes before */
export function carrierEvent(
  eventId: number,
  scan: PlannedScan,
  { parcelId, carrierId, runId }: Journey,
  atMs: number,
  random: Random,
): CarrierEvent {
  return {
    EventId: eventId,
    ParcelId: parcelId,
    Type: scan === 'UNKNOWN' ? random.pick(unknownTypes) : scan,
    CreatedDateTimeUtc: instant(atMs - random.below(200_000), random),
    StatusCode: scan === 'STATUS' ? random.pick(statusCodes) : '',
    Device: { DeviceTransactionId: eventId, DeviceId: 100 + random.below(50) },
    User: { UserId: `${carrierId}${1000 + random.below(90)}`, CarrierId: carrierId, RunId: runId },
  };
}

/** The carrier's own notation: seven digits of a second's fraction. */
function instant(ms: number, random: Random): string {
  return `${new Date(ms).toISOString().slice(0, -1)}${String(random.below(10_000)).padStart(4, '0')}Z`;
}

/**
 * The same event with another content, as after a correction that kept the id.
 *
 * @param atMs when it was reported; a corrected scan is up to some hours older
 */
export function corrected(event: CarrierEvent, atMs: number, random: Random): CarrierEvent {
  const change: (CarrierEvent | Pick<CarrierEvent, 'StatusCode'>)[] = [
    { ...event, StatusCode: 'CORRECTED' },
    { ...event, Type: 'DELIVERY' },
    { ...event, Type: 'PICKUP' },
    { ...event, CreatedDateTimeUtc: instant(atMs - random.below(10_000_000), random) },
  ];
  return { ...event, ...change[random.below(change.length)] };
}

type Oddity = (event: CarrierEvent, random: Random) => object;

/** What a reader must take as it is, though it is unusual: each gives the event anew. */
const oddities: readonly [Oddity, ...Oddity[]] = [
  (event) => ({ ...event, User: null }),
  ({ User: _, ...event }) => event,
  (event) => ({ ...event, Device: null }),
  ({ Device: _, ...event }) => event,
  (event) => ({ ...event, User: { ...event.User, RunId: null } }),
  (event) => ({ ...event, User: { CarrierId: event.User?.CarrierId } }),
  (event) => ({ ...event, StatusCode: null }),
  ({ StatusCode: _, ...event }) => event,
  (event) => ({ ...event, CreatedDateTimeUtc: event.CreatedDateTimeUtc.slice(0, -1) }),
  (event) => ({ ...event, CreatedDateTimeUtc: `${event.CreatedDateTimeUtc.slice(0, 19)}Z` }),
  (event) => ({ ...event, CreatedDateTimeUtc: event.CreatedDateTimeUtc.slice(0, 19) }),
  (event, random) => ({ ...event, CreatedDateTimeUtc: `${event.CreatedDateTimeUtc.slice(0, 21 + random.below(7))}Z` }),
  (event) => ({ ...event, CreatedDateTimeUtc: `${event.CreatedDateTimeUtc.slice(0, -1)}00000` }),
  (event, random) => ({ ...event, StatusCode: random.pick(otherScripts) }),
  (event, random) => ({ ...event, User: { ...event.User, RunId: random.pick(otherScripts) } }),
  (event, random) => ({ ...event, Type: `SCAN ${random.pick(otherScripts)}` }),
  (event) => ({ ...event, StatusCode: 'X'.repeat(1_024) }),
  (event) => ({ ...event, Note: 'surplus', ['__proto__']: { ParcelId: 1 }, constructor: { prototype: { Type: 'X' } } }),
  (event) => ({ ...event, Device: nested(100) }),
];

const otherScripts = [
  'Zürich – Gleis 3',
  '東京都千代田区',
  'доставлено',
  'تم التسليم',
  '🚚📦 on its way',
  '𝔚𝔞𝔶𝔟𝔦𝔩𝔩',
  'e\u0301\u200d\u2028\u2029',
  '\u0000\u0007\u001f\u007f\u0085',
  '\ufeff\ufffd\ufffe\uffff',
  '"quoted" \\ back / slash\n\t',
] as const;

export function odd(event: CarrierEvent, random: Random): object {
  return random.pick(oddities)(event, random);
}

function nested(depth: number): object {
  let inner: object = {};
  for (let level = 1; level < depth; level++) inner = { inner };
  return inner;
}
