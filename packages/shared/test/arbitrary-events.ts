import fc from 'fast-check';
import { milestoneTypes } from '../src/domain/milestones.ts';
import type { ScanEvent } from '../src/domain/scan-event.ts';

/** Characters that JSON, ASCII and UTF-16 treat specially: quotes, controls, line separators, halves of pairs, a BOM. */
const awkward = [
  '"',
  '\\',
  '\u0000',
  '\u007f',
  '\u0080',
  '\u2028',
  '\ud83d',
  '\udce6',
  '\ud83d\udce6',
  '\uffff',
  '\ufeff',
];

/** Any text at all, lone surrogates included, at most `maxLength` UTF-16 units. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom(...awkward),
    fc.string({ minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  );
  return fc.array(unit, { maxLength }).map((units) => units.join('').slice(0, maxLength));
}

/** A valid instant in UTC, with as many fraction digits as a feed may send. */
export const anyInstant: fc.Arbitrary<string> = fc
  .tuple(
    fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
    fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 }),
  )
  .map(([date, digits]) => `${date.toISOString().slice(0, 19)}${digits && `.${digits}`}Z`);

const anyId: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.maxSafeNat().map((id) => Math.max(1, id)),
);

/** Text that an event may hold: whole characters only. */
function anyWholeText(maxLength: number): fc.Arbitrary<string> {
  return anyText(maxLength).map((text) => text.toWellFormed());
}

const anyType: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...Object.values(milestoneTypes), 'STATUS'),
  anyWholeText(12).filter((text) => text !== ''),
);

/** Any valid scan event; with few parcels, so that one list holds several events of a parcel. */
export function anyEvent(fields: Partial<{ [Field in keyof ScanEvent]: fc.Arbitrary<ScanEvent[Field]> }> = {}) {
  return fc.record<ScanEvent>({
    eventId: anyId,
    parcelId: anyId,
    type: anyType,
    createdDateTimeUtc: anyInstant,
    statusCode: anyWholeText(8),
    runId: anyWholeText(8),
    ...fields,
  });
}

const poisonedKeys = ['__proto__', 'constructor', 'prototype', 'toString', 'toJSON', 'hasOwnProperty'];
const ourKeys = [
  ...['EventId', 'ParcelId', 'Type', 'CreatedDateTimeUtc', 'StatusCode', 'User', 'RunId', 'Device'],
  ...['eventId', 'parcelId', 'type', 'createdDateTimeUtc', 'statusCode', 'runId', 'version', 'events', 'unparsed'],
];

/** Any JSON value as JSON.parse gives it, keys that poison prototypes included. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom(null, true, false, -0, 1e308, 0.5), fc.integer(), fc.maxSafeInteger(), anyText(6)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...poisonedKeys, ...ourKeys), anyText(4)), tie('value')), {
        maxLength: 5,
      })
      .map((entries) =>
        JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`),
      ),
  ),
})).value;

/** The event as an element of the feed. */
export function feedElement(event: ScanEvent) {
  return {
    EventId: event.eventId,
    ParcelId: event.parcelId,
    Type: event.type,
    CreatedDateTimeUtc: event.createdDateTimeUtc,
    StatusCode: event.statusCode,
    Device: { DeviceTransactionId: event.eventId, DeviceId: 103 },
    User: { UserId: 'NC1001', CarrierId: 'NC', RunId: event.runId },
  };
}

/** `[[[…value…]]]`, or `{"a":{"a":…value…}}`, as JSON.parse gives it; building it by hand would overflow as well. */
export function nested(levels: number, kind: 'arrays' | 'objects', value: unknown = 0): unknown {
  const [open, close] = kind === 'arrays' ? ['[', ']'] : ['{"a":', '}'];
  return JSON.parse(open.repeat(levels) + JSON.stringify(value) + close.repeat(levels));
}
