import { prices } from '@waybill/shared/prices.ts';
import { expect, test } from 'vitest';
import { dollarsOf, pricesOfConsumption, shownDollars, shownPriceDates } from './cost.ts';

const none = { sqsRequests: 0, writeUnits: 0, readUnits: 0 };

test('a million of each costs what the price says', () => {
  expect(dollarsOf({ ...none, sqsRequests: 1e6 })).toBeCloseTo(0.4, 9);
  expect(dollarsOf({ ...none, writeUnits: 1e6 })).toBeCloseTo(0.625, 9);
  expect(dollarsOf({ ...none, readUnits: 1e6 })).toBeCloseTo(0.125, 9);
  expect(dollarsOf({ sqsRequests: 1e6, writeUnits: 1e6, readUnits: 1e6 })).toBeCloseTo(1.15, 9);
});

test.each([
  [0, '$0.00'],
  [0.000_123_4, '$0.000123'],
  [0.0834, '$0.0834'],
  [0.1, '$0.10'],
  [0.254, '$0.25'],
  [1_234.5, '$1,234.50'],
])('%d is shown as %s', (usd, shown) => {
  expect(shownDollars(usd)).toBe(shown);
});

test('the prices are named with the days that they are of', () => {
  const days = Object.values(pricesOfConsumption).map((name) => prices[name].asOf);
  expect(shownPriceDates()).toMatch(/^us-east-1 list prices of \d{4}-\d\d-\d\d( to \d{4}-\d\d-\d\d)?$/);
  expect(days.some((day) => shownPriceDates().includes(day))).toBe(true);
});
