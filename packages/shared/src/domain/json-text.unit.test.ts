import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyJson, anyText, nested } from '../../test/arbitrary-events.ts';
import { asciiJson, beginningOfJson, beginningThatFits, toAscii } from './json-text.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII, control characters included.
const ascii = /^[\x00-\x7f]*$/;

describe('ASCII JSON', () => {
  test('reads back as the same value, though every character of it is ASCII', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, anyText(40)), (value) => {
        const json = asciiJson(value) ?? '';
        expect(json).toMatch(ascii);
        // Through JSON once, because it writes -0 as 0.
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('leaves text that is ASCII already as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => toAscii(text) === text));
  });

  test('writes a character beyond U+FFFF as the two escapes of its halves, and a lone half as one', () => {
    expect(asciiJson('📦\ud83d')).toBe('"\\ud83d\\udce6\\ud83d"');
    expect(asciiJson({ é: '\u0080' })).toBe('{"\\u00e9":"\\u0080"}');
  });

  test.for(['arrays', 'objects'] as const)(
    'of %s nested too deep to be written out is undefined, not an exception',
    (kind) => {
      expect(asciiJson(nested(100_000, kind))).toBe(undefined);
    },
  );

  test('of what JSON cannot hold is null', () => {
    expect(asciiJson(undefined)).toBe('null');
  });
});

describe('the beginning of JSON', () => {
  test('is the JSON, cut after so many characters', () => {
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

  test('costs no more than what it answers and the width of what is open', { timeout: 10_000 }, () => {
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
