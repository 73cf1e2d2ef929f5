import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyJson, anyText, nested } from '../../test/arbitrary-events.ts';
import { beginningOfJson, beginningThatFits } from './json-text.ts';
import { asciiJson } from './pack.ts';

describe('the beginning of JSON', () => {
  test('is the JSON, cut after a number of characters', () => {
    fc.assert(
      fc.property(anyJson, fc.nat(80), (value, maxChars) => {
        expect(beginningOfJson(value, maxChars)).toBe(JSON.stringify(value).slice(0, maxChars));
      }),
    );
  });

  test('is the whole JSON where that is shorter', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(beginningOfJson(value, 1_000_000)).toBe(JSON.stringify(value));
      }),
    );
  });

  test('is there for a value nested too deep to be written whole', () => {
    expect(beginningOfJson(nested(100_000, 'arrays'), 100)).toBe('['.repeat(100));
    expect(beginningOfJson(nested(100_000, 'objects', 'x'), 1_000_000)).toBe(
      `${'{"a":'.repeat(100_000)}"x"${'}'.repeat(100_000)}`,
    );
  });

  test('costs no more than what it returns and the width of what is open', { timeout: 10_000 }, () => {
    const wide = { text: 'x'.repeat(1_000_000), list: Array.from({ length: 100_000 }, () => ['']) };
    for (let round = 0; round < 200; round += 1) beginningOfJson(wide, 65_536);
  });
});

describe('the beginning that fits', () => {
  test('is the longest whose quoted ASCII form takes no more bytes than given', () => {
    fc.assert(
      fc.property(anyText(60), fc.integer({ min: 2, max: 120 }), (text, maxBytes) => {
        const beginning = beginningThatFits(text, maxBytes);
        // A cut in the middle of a pair is written with as many bytes as the two halves of it.
        const size = (part: string) => [...part].reduce((sum, character) => sum + asciiLength(character), 2);
        expect(text.startsWith(beginning)).toBe(true);
        expect(size(beginning)).toBeLessThanOrEqual(maxBytes);
        if (beginning !== text) expect(size(text.slice(0, beginning.length + 1))).toBeGreaterThan(maxBytes);
      }),
    );
  });
});

const asciiLength = (character: string) => (asciiJson(character) ?? '').length - 2;
