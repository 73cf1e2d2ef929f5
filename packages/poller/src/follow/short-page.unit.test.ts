import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { junk, scan, scans } from '../../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A poller that has read 1–200 in pages of a hundred. From now on the server gives ten elements at most. */
async function lowered(placed: ReturnType<typeof scans>) {
  const made = rig(scans(1, 200), { requestsPerSecond: 10 });
  const poller = made.open();
  poller.start();
  await pass(5_000);
  made.feed.cap = 10;
  made.feed.placed = [...made.feed.placed, ...placed];
  return { ...made, poller };
}

test('a cap that is lowered where a page holds nothing usable does not end the feed there', async () => {
  const { queue, checkpoints, poller } = await lowered([...junk(201, 210), ...scans(211, 400)]);
  await pass(120_000);
  expect(checkpoints.item?.lastEventId).toBe(400);
  expect(new Set(queue.eventIds)).toEqual(new Set([...ids(1, 200), ...ids(211, 400)]));
  expect(queue.unparsed.length).toBeGreaterThanOrEqual(10);
  await stop(poller);
});

test('a cap that is lowered where a page ends with a jump does not end the feed there', async () => {
  const far = 1_000_000;
  const repeated = Array.from({ length: 10 }, () => ({ at: far, element: scan(far) }));
  const { queue, checkpoints, poller } = await lowered([...repeated, ...scans(far + 1, far + 100)]);
  await pass(120_000);
  expect(checkpoints.item?.lastEventId).toBe(far + 100);
  expect(new Set(queue.eventIds)).toEqual(new Set([...ids(1, 200), ...ids(far, far + 100)]));
  await stop(poller);
});

test('the end of a feed that is an element without a usable id costs few requests, and is no standstill', async () => {
  const { feed, poller, lines } = await lowered(junk(201, 203));
  await pass(5_000);
  const before = feed.requests.length;
  await pass(3_600_000);
  // One with each poll, and two percent at most for what may lie beyond.
  expect(feed.requests.length - before).toBeLessThan(3_600 * 1.02);
  expect(poller.ready().parts['progress']?.ok).toBe(true);
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  await stop(poller);
});
