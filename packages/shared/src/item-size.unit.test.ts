import { describe, expect, test } from 'vitest';
import { itemBytes, writeUnits } from './item-size.ts';

describe('the bytes of an item', () => {
  test.for([
    ['a text', { name: { S: 'ü' } }, 4 + 2],
    ['a number', { id: { N: '123' } }, 2 + 2 + 1],
    ['a number with zeros at its end', { id: { N: '1200' } }, 2 + 1 + 1],
    ['zero', { id: { N: '0' } }, 2 + 1],
    ['a set of texts', { set: { SS: ['a', 'bcd'] } }, 3 + 1 + 3],
    ['a set of numbers', { set: { NS: ['1', '123'] } }, 3 + 2 + 3],
    ['several attributes', { a: { S: 'b' }, c: { S: 'd' } }, 4],
  ] as const)('are those of names and values: %s', ([, item, bytes]) => {
    // DynamoDB's types have mutable lists.
    expect(itemBytes(structuredClone(item) as Parameters<typeof itemBytes>[0])).toBe(bytes);
  });

  test('are not guessed', () => {
    expect(() => itemBytes({ list: { L: [] } })).toThrow('the size of a L is not known');
  });
});

describe('the units of a write', () => {
  test('are those of the larger item, and one at least', () => {
    expect(writeUnits(0, 0)).toBe(1);
    expect(writeUnits(0, 1_024)).toBe(1);
    expect(writeUnits(0, 1_025)).toBe(2);
    expect(writeUnits(2_049, 700)).toBe(3);
  });
});
