import type { CarrierEvent } from './carrier-event.ts';

/** Deeper than `JSON.stringify` can go (it overflows from some 5,000 levels), though `JSON.parse` reads it. */
const unwritableDepth = 20_000;
/** More than one queue message holds (256 KiB). */
const unsendableLength = 300_000;

type Spoil = (event: CarrierEvent) => unknown;

/** An element that names the event it should have been: a reader must reject it and can still say which one. */
const spoiledEvents = {
  parcelIdMissing: ({ ParcelId: _, ...event }) => event,
  parcelIdNull: (event) => ({ ...event, ParcelId: null }),
  parcelIdZero: (event) => ({ ...event, ParcelId: 0 }),
  parcelIdNegative: (event) => ({ ...event, ParcelId: -event.ParcelId }),
  parcelIdText: (event) => ({ ...event, ParcelId: String(event.ParcelId) }),
  parcelIdFraction: (event) => ({ ...event, ParcelId: 5002.5 }),
  parcelIdUnsafe: (event) => ({ ...event, ParcelId: Number.MAX_SAFE_INTEGER + 1 }),
  typeMissing: ({ Type: _, ...event }) => event,
  typeNull: (event) => ({ ...event, Type: null }),
  typeEmpty: (event) => ({ ...event, Type: '' }),
  typeNumber: (event) => ({ ...event, Type: 7 }),
  typeTooLong: (event) => ({ ...event, Type: 'T'.repeat(1_025) }),
  dateMissing: ({ CreatedDateTimeUtc: _, ...event }) => event,
  dateNull: (event) => ({ ...event, CreatedDateTimeUtc: null }),
  dateNumber: (event) => ({ ...event, CreatedDateTimeUtc: 1_620_767_494_150 }),
  dateWords: (event) => ({ ...event, CreatedDateTimeUtc: 'yesterday, about noon' }),
  dateOnly: (event) => ({ ...event, CreatedDateTimeUtc: '2021-05-11' }),
  dateOffset: (event) => ({ ...event, CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147+02:00' }),
  dateMonthFirst: (event) => ({ ...event, CreatedDateTimeUtc: '05/11/2021 21:11:34' }),
  date30February: (event) => ({ ...event, CreatedDateTimeUtc: '2021-02-30T21:11:34.1506147Z' }),
  dateNotLeapYear: (event) => ({ ...event, CreatedDateTimeUtc: '2021-02-29T21:11:34.1506147Z' }),
  dateMonth13: (event) => ({ ...event, CreatedDateTimeUtc: '2021-13-01T21:11:34.1506147Z' }),
  dateHour25: (event) => ({ ...event, CreatedDateTimeUtc: '2021-05-11T25:11:34.1506147Z' }),
  dateEmpty: (event) => ({ ...event, CreatedDateTimeUtc: '' }),
  statusNumber: (event) => ({ ...event, StatusCode: 404 }),
  statusObject: (event) => ({ ...event, StatusCode: { code: 'HELD' } }),
  statusTooLong: (event) => ({ ...event, StatusCode: 'S'.repeat(1_025) }),
  statusUnsendable: (event) => ({ ...event, StatusCode: 'S'.repeat(unsendableLength) }),
  userText: (event) => ({ ...event, User: 'NC1001' }),
  userArray: (event) => ({ ...event, User: [event.User] }),
  runIdNumber: (event) => ({ ...event, User: { ...event.User, RunId: 100 } }),
  runIdTooLong: (event) => ({ ...event, User: { ...event.User, RunId: 'R'.repeat(1_025) } }),
  deviceNumber: (event) => ({ ...event, Device: 103 }),
} satisfies Record<string, Spoil>;

/** An element that does not even name its event. */
const namelessElements = {
  elementNull: () => null,
  elementNumber: (event) => event.EventId,
  elementText: () => 'scanner offline 🚫',
  elementBoolean: () => true,
  elementArray: (event) => [event],
  elementEmpty: () => ({}),
  idMissing: ({ EventId: _, ...event }) => event,
  idNull: (event) => ({ ...event, EventId: null }),
  idText: (event) => ({ ...event, EventId: String(event.EventId) }),
  idZero: (event) => ({ ...event, EventId: 0 }),
  idNegative: (event) => ({ ...event, EventId: -event.EventId }),
  idFraction: (event) => ({ ...event, EventId: event.EventId + 0.5 }),
  idUnsafe: (event) => ({ ...event, EventId: Number.MAX_SAFE_INTEGER + 1 }),
  idHuge: (event) => ({ ...event, EventId: 1e30 }),
} satisfies Record<string, Spoil>;

const spoils = { ...spoiledEvents, ...namelessElements };

export type BadElementKind = keyof typeof spoils | 'tooDeep';

export const badElementKinds: readonly [BadElementKind, ...BadElementKind[]] = ['tooDeep', ...kindsOf(spoils)];

/** The JSON of an element that is not a scan event, made from one that is. */
export function badElement(kind: BadElementKind, event: CarrierEvent): string {
  if (kind === 'tooDeep') {
    const depths = '['.repeat(unwritableDepth) + ']'.repeat(unwritableDepth);
    return JSON.stringify({ ...event, StatusCode: '…' }).replace('"…"', depths);
  }
  const spoil: Spoil = spoils[kind];
  return JSON.stringify(spoil(event));
}

function kindsOf<T extends object>(record: T): (keyof T)[] {
  // Object.keys returns string[] because a value may have more keys than its type; this one is written out above.
  return Object.keys(record) as (keyof T)[];
}
