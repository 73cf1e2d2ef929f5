import { expect, test } from 'vitest';
import { HeldFeed } from './held-feed.ts';
import type { FeedElement } from './simulated-feed.ts';

const event = (position: number, more: Partial<FeedElement> = {}): FeedElement => ({
  position,
  json: `{"EventId":${position}}`,
  ...more,
});

const holding = (...elements: FeedElement[]) => new HeldFeed(elements.values(), elements.length);

/** The ids of an answer. Reading it counts as serving it. */
function serve(feed: HeldFeed, from: number, limit: number): number[] {
  const page = feed.read(from, limit);
  const { ScanEvents } = JSON.parse(feed.answer(page).toString());
  feed.noteServed(page);
  return ScanEvents.map(({ EventId }: { EventId: number }) => EventId);
}

test('returns the first events at or above an id, at most as many as asked for', () => {
  const feed = holding(event(3), event(5), event(6), event(9));
  expect(serve(feed, 1, 2)).toEqual([3, 5]);
  expect(serve(feed, 5, 2)).toEqual([5, 6]);
  expect(serve(feed, 7, 10)).toEqual([9]);
  expect(serve(feed, 10, 10)).toEqual([]);
});

test('never tears two contents of one id apart, as their reader asks for the next id', () => {
  const feed = holding(event(1), event(2), event(2, { twin: true }), event(3));
  expect(serve(feed, 1, 2)).toEqual([1, 2, 2]);
});

test('shows a late event only after as many answers beyond it as it is late by', () => {
  const feed = holding(event(1), event(2, { lateBy: 2 }), event(3), event(4));
  expect(serve(feed, 1, 10)).toEqual([1, 3, 4]);
  expect(serve(feed, 1, 1)).toEqual([1]);
  expect(feed.lateIds()).toEqual([{ eventId: 2, state: 'hidden', passed: false }]);
  expect(serve(feed, 4, 10)).toEqual([4]);
  expect(feed.lateIds()).toEqual([{ eventId: 2, state: 'readable', passed: true }]);
  expect(serve(feed, 2, 1)).toEqual([2]);
  expect(feed.lateIds()).toEqual([{ eventId: 2, state: 'served', passed: true }]);
});

test('owes its reader a late event that became readable before it was passed, or that was served', () => {
  const feed = holding(event(1), event(2, { lateBy: 1 }), event(3), event(4, { lateBy: 1 }), event(5));
  const owed = () => [...feed.elements()].flatMap(({ position, owed }) => (owed ? [position] : []));
  expect(owed()).toEqual([1, 3, 5]);
  serve(feed, 1, 2);
  expect(owed()).toEqual([1, 2, 3, 5]);
  serve(feed, 5, 1);
  expect(owed()).toEqual([1, 2, 3, 5]);
  serve(feed, 4, 1);
  expect(owed()).toEqual([1, 2, 3, 4, 5]);
});

test('ends at the last event that a reader can come to', () => {
  expect(holding().lastEventId()).toBe(0);
  const tail = [
    event(6, { lateBy: 1 }),
    event(7, { bad: 'idText' }),
    event(8, { wild: true, json: '{"EventId":9e9}' }),
  ];
  expect(holding(event(4), event(5), ...tail).lastEventId()).toBe(5);
});

test('holds what was appended only from then on', () => {
  const feed = new HeldFeed([event(1), event(2), event(3)].values(), 1);
  expect(serve(feed, 1, 10)).toEqual([1]);
  feed.append(1);
  expect(serve(feed, 2, 10)).toEqual([2]);
  expect(feed.size).toBe(2);
  expect(feed.lastEventId()).toBe(2);
});

test('returns the elements just before an id', () => {
  const feed = holding(event(1), event(2), event(3, { lateBy: 9 }), event(4), event(5));
  const idsBefore = (from: number) => JSON.parse(feed.answer(feed.before(from, 2)).toString()).ScanEvents;
  expect(idsBefore(5)).toEqual([{ EventId: 2 }, { EventId: 4 }]);
  expect(idsBefore(1)).toEqual([]);
});

test('says which late events came after a reader, for as long as it has not seen them', () => {
  const feed = holding(event(1), event(2, { lateBy: 1 }), event(3), event(4, { lateBy: 9 }), event(5));
  const late = (from: number) => JSON.parse(feed.answer(feed.lateBefore(from)).toString()).ScanEvents;
  expect(late(9)).toEqual([]);
  serve(feed, 1, 10);
  expect(late(9)).toEqual([{ EventId: 2 }]);
  expect(late(2)).toEqual([]);
  feed.noteServed(feed.lateBefore(9));
  expect(late(9)).toEqual([]);
});

test('is wholly made once something at its end was asked for, until more appears', () => {
  const feed = new HeldFeed([event(1), event(2), event(3)].values(), 2);
  expect(feed.isWhollyMade).toBe(false);
  serve(feed, 1, 10);
  expect(feed.isWhollyMade).toBe(true);
  feed.append(1);
  expect(feed.isWhollyMade).toBe(false);
});
