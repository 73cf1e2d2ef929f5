import { expect, test } from 'vitest';
import { itemBytes } from './stored-parcels.ts';

test('an item is counted as DynamoDB counts it: names, text in UTF-8, two digits to a byte and one more', () => {
  expect(itemBytes({ parcelId: 5002, type: 'é' })).toBe('parcelId'.length + 3 + 'type'.length + 2);
  expect(itemBytes({ history: { SS: ['one', 'three'] } })).toBe('history'.length + 3 + 5);
});
