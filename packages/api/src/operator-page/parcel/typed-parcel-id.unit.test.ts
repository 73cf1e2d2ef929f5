import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { typedParcelId } from './typed-parcel-id.ts';

const parcelIds = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('a ParcelId that somebody types', () => {
  test('is read whatever separates its thousands, and whatever white space or marks of direction came along', () => {
    fc.assert(
      fc.property(
        parcelIds,
        fc.constantFrom('', ' ', '\u00a0', '\u202f', ',', '.', "'", '’', '_'),
        (parcelId, separator) => {
          const typed = ` \u200e${String(parcelId).replaceAll(/\B(?=(\d{3})+$)/g, separator)}\n`;
          expect(typedParcelId(typed)).toEqual({ parcelId });
        },
      ),
    );
  });

  test.each([
    ['', 'Type the ParcelId'],
    [' ', 'Type the ParcelId'],
    ['abc', 'type a whole number'],
    ['5002.5', 'type a whole number'],
    ['1,23', 'type a whole number'],
    ['1,234.567', 'type a whole number'],
    ['-5', 'type a whole number'],
    ['1e3', 'type a whole number'],
    ['<b>5002</b>', 'type a whole number'],
    ['0', 'begin at 1'],
    ['9007199254740992', 'the largest is 9007199254740991'],
    ['9'.repeat(90), 'the largest is 9007199254740991'],
  ])('%j is none, and the answer says what to type', (typed, says) => {
    expect(typedParcelId(typed)).toEqual({ problem: expect.stringContaining(says) });
  });
});
