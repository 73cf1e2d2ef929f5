import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elementTexts, memberText } from './own-text.ts';

test('elements keep their own text, but for the space between tokens', () => {
  const json = String.raw`{ "ScanEvents":[7], "n":"ScanEvents","\u0053canEvents" : [ 9007199254740993,-0 ,1.10, 1E400,
    "a ,]\" b\\", {"a" : 1, "a":[ 2 , {} ], "\/" : "\u00e9 é"},null , [ ] ] , "x":{"ScanEvents":[8]} } `;
  expect(elementTexts(json, 'ScanEvents')).toEqual([
    '9007199254740993',
    '-0',
    '1.10',
    '1E400',
    String.raw`"a ,]\" b\\"`,
    String.raw`{"a":1,"a":[2,{}],"\/":"\u00e9 é"}`,
    'null',
    '[]',
  ]);
  expect(memberText(json, 'n')).toBe('"ScanEvents"');
  expect(memberText(json, 'none')).toBeUndefined();
  expect(elementTexts('{"ScanEvents":[ ]}', 'ScanEvents')).toEqual([]);
});

test('the texts are as many as the elements, and say the same, however they are spaced', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom('', ' ', '\n\t'), (elements, space) => {
      const json = JSON.stringify({ before: elements, ScanEvents: elements, after: '],"' }, undefined, space);
      expect(elementTexts(json, 'ScanEvents')).toEqual(elements.map((element) => JSON.stringify(element)));
    }),
  );
});

test('nothing is too deep, too long or too much', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const long = JSON.stringify('\\"'.repeat(1_000_000));
  const many = Array.from({ length: 100_000 }, (_, index) => String(index));
  expect(elementTexts(`{"events":[${[deep, long, ...many].join()}]}`, 'events')).toEqual([deep, long, ...many]);
});
