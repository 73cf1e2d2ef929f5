import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOfJsonError, placeOfUtf8Error } from './text-error-place.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place at which a text is no JSON', () => {
  test.each([
    ['{"a":NaN}', 5],
    ['{"a":1', 6],
    ['{"a":"b\nc"}', 7],
    ['{"a":"\\d"}', 6],
    ['<html>', 0],
    ['', 0],
    ['{"a":1}x', 7],
    ['[1,2,]', 5],
    ['{"a":tru', 5],
    ['{"a",1}', 4],
    ['{1:2}', 1],
    ['[1}', 2],
    ['{"a":1,}', 7],
    ['[01]', 2],
    ['{"a":"\\u12"}', 6],
    ['{"a":"b', 7],
    ['[1 2]', 3],
  ])('%j is found', (text, place) => {
    expect(placeOfJsonError(text)).toBe(place);
  });

  test('is its end for JSON that is cut, and for no JSON is one before which it could go on', () => {
    const json = fc.json();
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        expect(placeOfJsonError(text)).toBe(text.length);
        const broken = `${text.slice(0, at % (text.length + 1))}\u0001${text.slice(at % (text.length + 1))}`;
        expect(isJson(broken)).toBe(false);
        // A literal or a number that is broken is told by its beginning.
        expect(placeOfJsonError(broken)).toBeLessThanOrEqual(at % (text.length + 1));
      }),
    );
  });

  test('is found at any depth and length', () => {
    const deep = '['.repeat(200_000);
    expect(placeOfJsonError(`${deep}x`)).toBe(200_000);
    const long = JSON.stringify('x'.repeat(5_000_000));
    expect(placeOfJsonError(`[${long},}`)).toBe(long.length + 2);
  });
});

test('the place at which bytes are no UTF-8 is that of the first byte that cannot follow', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
      const start = Buffer.from(before);
      expect(placeOfUtf8Error(Buffer.concat([start, Buffer.from([0xff]), Buffer.from(after)]))).toBe(start.length);
    }),
  );
  expect(placeOfUtf8Error(Buffer.from([0x61, 0xe9, 0x62]))).toBe(2);
  expect(placeOfUtf8Error(Buffer.from('aé').subarray(0, 2))).toBe(2);
});
