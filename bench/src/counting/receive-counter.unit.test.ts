import { expect, test } from 'vitest';
import { parcelsIn } from './receive-counter.ts';

const event = (eventId: number, parcelId: number) => ({
  eventId,
  parcelId,
  type: 'STATUS',
  createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
  statusCode: '',
  runId: '',
});
const packOf = (...events: object[]) => JSON.stringify({ version: 1, events });

test('a parcel counts once per receive, in however many of its messages it is', () => {
  expect(parcelsIn([packOf(event(1, 7), event(2, 8), event(3, 7)), packOf(event(4, 7))])).toBe(2);
});

test('a receive without messages has none', () => {
  expect(parcelsIn([])).toBe(0);
});
