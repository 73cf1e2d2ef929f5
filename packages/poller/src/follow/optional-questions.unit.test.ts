import { WaybillError } from '@waybill/shared/error.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { junk, type Placed, scan, scans } from '../../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const roundTripMs = 100;
const timeoutMs = 10_000;
type Refusal = 400 | 404 | 416 | 500 | 'no answer';
const refusals: readonly Refusal[] = [400, 404, 416, 500, 'no answer'];

/** A poller of a feed that refuses the questions of which `isRefused` says so. */
function refusing(
  placed: Placed[],
  how: Refusal,
  isRefused: (fromEventId: number, limit: number, newest: number) => boolean,
  options: Parameters<typeof rig>[1] = {},
) {
  const made = rig(placed, options);
  const { feed } = made;
  feed.before = async (fromEventId, limit) => {
    const isOptional = isRefused(fromEventId, limit, feed.placed.at(-1)?.at ?? 0);
    const ms = isOptional && how === 'no answer' ? timeoutMs : roundTripMs;
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (!isOptional) return;
    if (how === 'no answer') throw new WaybillError('FEED_UNAVAILABLE', 'no answer in time');
    const code = how < 500 ? 'FEED_UNREADABLE' : 'FEED_UNAVAILABLE';
    throw new WaybillError(code, `status ${how}`, { details: { status: how } });
  };
  const poller = made.open();
  poller.start();
  return { ...made, poller };
}

describe.each(refusals)('a feed that refuses optional questions (%s)', (how) => {
  test('for ids beyond the newest is read on, page by page, and caught up with where there is a backlog', async () => {
    const beyond = (from: number, _: number, newest: number) => from > newest + 1;
    const { queue, checkpoints, poller, value } = refusing(scans(1, 40_000), how, beyond, {
      catchUpReaders: 8,
      requestsPerSecond: 100,
    });
    await pass(120_000);
    expect(checkpoints.item?.lastEventId).toBe(40_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 40_000)));
    if (how !== 'no answer') expect(value('waybill.feed.catch_ups')).toBeGreaterThan(0);
    expect(poller.ready().parts['feed']?.ok).toBe(true);
    await stop(poller);
  });

  test('far ahead of the position hears the questions beside the reading, which does not wait', async () => {
    const { checkpoints, poller } = refusing(scans(1, 3_000), how, (_, limit) => limit === 1, {
      catchUpReaders: 8,
      requestsPerSecond: 100,
    });
    // Thirty pages, one after the other.
    await pass(30 * roundTripMs + 1_500);
    expect(checkpoints.item?.lastEventId).toBe(3_000);
    await stop(poller);
  });

  test('in the middle of a backlog hands those ids to the reader at the position, and the others read on', async () => {
    let position = () => 0;
    const { queue, checkpoints, poller } = refusing(
      scans(1, 40_000),
      how,
      // Shards that only the reader at the position finds well.
      (from) => from > 20_000 && from < 22_000 && from > position() + 700,
      { catchUpReaders: 8, requestsPerSecond: 100 },
    );
    position = () => checkpoints.item?.lastEventId ?? 0;
    await pass(45_000);
    expect(checkpoints.item?.lastEventId).toBe(40_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 40_000)));
    await stop(poller);
  });

  test('beyond a page without usable ids is crossed all the same, with nothing skipped', async () => {
    const placed = [...scans(1, 50), ...junk(51, 170), ...scans(171, 260)];
    const isRefused = (from: number, limit: number, newest: number) => from > newest + 1 || limit > 100;
    const { queue, checkpoints, poller } = refusing(placed, how, isRefused);
    await pass(400_000);
    expect(checkpoints.item?.lastEventId).toBe(260);
    expect(new Set(queue.eventIds)).toEqual(new Set([...ids(1, 50), ...ids(171, 260)]));
    await stop(poller);
  });

  test('for a Limit above 100 is read with less', async () => {
    const { feed, queue, checkpoints, poller } = refusing(scans(1, 5_000), how, (_, limit) => limit > 100, {
      limit: 500,
      requestsPerSecond: 10,
    });
    await pass(60_000);
    if (how === 'no answer') return stop(poller);
    expect(checkpoints.item?.lastEventId).toBe(5_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 5_000)));
    expect(feed.requests.filter(({ limit }) => limit > 100).length).toBeLessThan(15);
    await stop(poller);
  });
});

test('a feed that refuses ids above 2147483647 with events near them is read to its end', async () => {
  const top = 2_147_483_647;
  const placed = ids(top - 4_999, top - 100).map((id) => ({ at: id, element: scan(id) }));
  const { queue, checkpoints, poller } = refusing(placed, 400, (from) => from > top, {
    catchUpReaders: 8,
    requestsPerSecond: 100,
  });
  await pass(30_000);
  expect(checkpoints.item?.lastEventId).toBe(top - 100);
  expect(queue.eventIds.length).toBeGreaterThanOrEqual(4_900);
  await stop(poller);
});
