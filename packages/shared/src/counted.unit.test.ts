import { expect, test } from 'vitest';
import { counted, shownNumber } from './counted.ts';

test.each([
  [0, 'open gap', '0 open gaps'],
  [1, 'open gap', '1 open gap'],
  [1_204, 'dead letter', '1,204 dead letters'],
  [2, 'first delivery', '2 first deliveries'],
  [1, 'first delivery', '1 first delivery'],
  [2, 'batch', '2 batches'],
  [3, 'day', '3 days'],
])('%i × %s is "%s"', (count, noun, text) => {
  expect(counted(count, noun)).toBe(text);
});

test('a number has commas and no fraction', () => {
  expect(shownNumber(1_234_567.6)).toBe('1,234,568');
});
