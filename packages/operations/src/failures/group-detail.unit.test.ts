import { expectations } from '@waybill/shared/domain/scan-event.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupDetail } from './group-detail.ts';

const id = fc.oneof(
  fc.maxSafeInteger().map(String),
  fc.nat({ max: 99 }).map(String),
  fc.uuid(),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
  fc.stringMatching(/^[A-Za-z0-9 ]{0,40}$/).map((text) => `"${text}"`),
  fc.stringMatching(/^[A-Za-z0-9 ]{1,40}$/).map((text) => `'${text}'`),
);
const name = fc.stringMatching(/^[A-Za-z]{1,19}$/);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('.'));
const code = fc.constantFrom(...Object.keys(expectations), 'STORE_REJECTED', 'ValidationException');
const expected = fc.constantFrom(...Object.values(expectations), 'another type of value');
/** What a detail says apart from ids. */
const cause = fc.record({ code, expected, path });
type Cause = typeof cause extends fc.Arbitrary<infer T> ? T : never;

const details: ((cause: Cause, id: string) => string)[] = [
  ({ code, expected, path }, id) => `${code}: expected ${expected} in ${path}, parcel ${id}`,
  ({ code, path }, id) => `${code}: parcel ${id} is no parcel: ${path} is wrong`,
  ({ code, path }, id) => `${code}: ${path}=${id}: refused (${id})`,
  ({ code, path }, id) => `${id} of its elements failed: ${code} in ${path}`,
];
const detail = fc.constantFrom(...details);

describe('the detail of a group', () => {
  test('is the same for two failures that differ in their ids only', () => {
    fc.assert(
      fc.property(cause, detail, id, id, (of, say, one, other) => {
        expect(groupDetail(say(of, one))).toBe(groupDetail(say(of, other)));
      }),
    );
  });

  test('differs where the code, the expectation or the path does', () => {
    fc.assert(
      fc.property(cause, cause, id, id, (one, other, a, b) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const [say] = details;
        if (say) expect(groupDetail(say(one, a))).not.toBe(groupDetail(say(other, b)));
      }),
    );
  });

  test('has nothing to be taken out any more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), cause, detail, id, (any, of, say, value) => {
        for (const text of [any, say(of, value)]) expect(groupDetail(groupDetail(text))).toBe(groupDetail(text));
      }),
    );
  });

  test.each([
    ['parcel 10000000.000000002 of 12345678901234567890.5', 'parcel … of …'],
    ['what is stored of parcel 5002 is no parcel', 'what is stored of parcel … is no parcel'],
    ['INVALID_ID: expected a whole number from 1 to 9007199254740991 in EventId', undefined],
    [
      'INVALID_DATE: expected an ISO 8601 date and time in UTC, ending in Z or without a zone in CreatedDateTimeUtc',
      undefined,
    ],
    ['NOT_UTF8: expected a page of JSON in UTF-8', undefined],
    ['field2 of event-83269 (body-4f53cda18c2baa0c0354bb5f9a3ecbe5) is 3', 'field2 of event-… (body-…) is …'],
    ["it isn't the parcel's: 'OK' in 1, 2 and 3", "it isn't the parcel's: … in …"],
    ['', undefined],
  ])('of "%s" shows names and bounds, and no id', (text, shown) => {
    expect(groupDetail(text)).toBe(shown ?? text);
  });
});
