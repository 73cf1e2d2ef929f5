import { WaybillError } from '@waybill/shared/error.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scans } from '../../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const minutes = (count: number) => count * 60_000;

async function idle() {
  const made = rig(scans(5_001, 5_100), { firstEventId: 5_001, pollIntervalMs: 10_000 });
  const poller = made.open();
  poller.start();
  await pass(minutes(1));
  const reported = () => made.lines.filter(({ msg }) => msg.startsWith('the feed went back'));
  return { ...made, poller, reported };
}

test('a feed that is quiet is asked for its last id every five minutes, and has not gone back', async () => {
  const { feed, value, poller, reported } = await idle();
  feed.requests.length = 0;
  await pass(minutes(20));
  expect(feed.requests.filter(({ fromEventId }) => fromEventId !== 5_101)).toEqual(
    Array.from({ length: 4 }, () => ({ fromEventId: 5_100, limit: 1 })),
  );
  expect(value('waybill.feed.went_back')).toBe(0);
  expect(value('waybill.feed.silence')).toBeGreaterThan(20 * 60);
  expect(reported()).toEqual([]);
  await stop(poller);
});

test.each([
  ['was restored to an earlier state', scans(5_001, 5_050)],
  ['begins its ids again', scans(1, 30)],
])('a feed that %s is reported once, not read backwards, and good again with the next news', async (_, placed) => {
  const { feed, queue, checkpoints, value, poller, reported } = await idle();
  feed.placed = placed;
  await pass(minutes(6));
  expect(value('waybill.feed.went_back')).toBe(0);
  await pass(minutes(30));
  expect(value('waybill.feed.went_back')).toBe(1);
  expect(reported()).toMatchObject([{ level: 'error', last: 5_100 }]);
  expect(queue.eventIds).toHaveLength(100);
  expect(checkpoints.item?.lastEventId).toBe(5_100);
  feed.placed = scans(5_101, 5_102);
  await pass(minutes(1));
  expect(value('waybill.feed.went_back')).toBe(0);
  expect(value('waybill.feed.silence')).toBeLessThan(60);
  await stop(poller);
});

test('a feed whose retention deleted everything has not gone back', async () => {
  const { feed, value, poller, reported } = await idle();
  feed.placed = [];
  await pass(minutes(30));
  expect(value('waybill.feed.went_back')).toBe(0);
  expect(reported()).toEqual([]);
  await stop(poller);
});

test('a replica that lags behind once is not reported, nor is a question that the feed refuses', async () => {
  const { feed, value, poller, reported } = await idle();
  const { placed } = feed;
  feed.placed = scans(5_001, 5_050);
  await pass(minutes(6));
  feed.placed = placed;
  await pass(minutes(5));
  feed.placed = scans(5_001, 5_050);
  feed.before = (fromEventId) => {
    if (fromEventId <= 5_100) throw new WaybillError('FEED_UNREADABLE', 'status 404');
  };
  await pass(minutes(30));
  expect(value('waybill.feed.went_back')).toBe(0);
  expect(reported()).toEqual([]);
  expect(poller.ready()).toMatchObject({ ok: true });
  await stop(poller);
});
