import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scan, scans } from '../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const iso = (ms: number) => new Date(ms).toISOString();

describe('what the checkpoint says of the feed', () => {
  test('is caught up once the feed has nothing beyond what is confirmed, and stays fresh by the renewals alone', async () => {
    const scannedAt = '2021-05-12T08:00:00Z';
    const { checkpoints, open } = rig([
      ...scans(1, 149),
      { at: 150, element: scan(150, { CreatedDateTimeUtc: scannedAt }) },
    ]);
    const start = Date.now();
    const poller = open();
    poller.start();
    await pass(10_000);
    expect(checkpoints.item).toMatchObject({
      lastEventId: 150,
      headEventId: 150,
      newestScanUtc: '2021-05-12T08:00:00.000Z',
    });
    await pass(600_000);
    const renewals = checkpoints.calls.renew;
    await pass(60_000);
    expect(checkpoints.calls.renew - renewals).toBe(12);
    // Of the last look before the last renewal.
    expect(Date.now() - Date.parse(checkpoints.item?.caughtUpAtUtc ?? '')).toBeLessThanOrEqual(5_000 + 1_000);
    expect(checkpoints.item?.caughtUpAtUtc && checkpoints.item.caughtUpAtUtc > iso(start)).toBe(true);
    await stop(poller);
  });

  test('is not caught up while pages are full', async () => {
    const { feed, checkpoints, open } = rig(scans(1, 3_000), { requestsPerSecond: 1 });
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(feed.requests.length).toBeLessThan(29);
    expect(checkpoints.item?.lastEventId).toBeGreaterThan(1_000);
    expect(checkpoints.item?.newestScanUtc).toBe('2021-05-11T21:11:34.150Z');
    expect(checkpoints.item?.caughtUpAtUtc).toBeUndefined();
    await stop(poller);
  });

  test('is not caught up by what the queue has not confirmed, and then as of when the feed was asked', async () => {
    const { queue, checkpoints, open } = rig(scans(1, 10));
    const sending = Promise.withResolvers<number[]>();
    queue.before = () => sending.promise;
    const start = Date.now();
    const poller = open();
    poller.start();
    await pass(30_000);
    expect(checkpoints.calls.renew).toBeGreaterThan(3);
    expect(checkpoints.item).not.toMatchObject({ headEventId: expect.anything() });
    expect(checkpoints.item).not.toMatchObject({ caughtUpAtUtc: expect.anything() });
    sending.resolve([]);
    await pass(500);
    expect(checkpoints.item).toMatchObject({ lastEventId: 10, caughtUpAtUtc: iso(start) });
    await stop(poller);
  });

  test('keeps the last time that it was caught up while the feed does not answer', async () => {
    const { feed, checkpoints, open } = rig(scans(1, 10));
    const poller = open();
    poller.start();
    await pass(10_000);
    feed.before = () => {
      throw new Error('away');
    };
    await pass(5_000);
    const { caughtUpAtUtc, counter = 0 } = checkpoints.item ?? {};
    await pass(300_000);
    expect(checkpoints.item?.counter).toBeGreaterThan(counter);
    expect(checkpoints.item?.caughtUpAtUtc).toBe(caughtUpAtUtc);
    await stop(poller);
  });

  test('is caught up with a feed that has no events yet, without a position', async () => {
    const { checkpoints, open } = rig();
    const poller = open();
    poller.start();
    await pass(10_000);
    expect(checkpoints.item).toMatchObject({ lastEventId: undefined, caughtUpAtUtc: expect.any(String) });
    expect(checkpoints.item).not.toMatchObject({ headEventId: expect.anything() });
    await stop(poller);
  });

  test('has the head of a backlog that several readers work on', async () => {
    const { feed, checkpoints, open } = rig(scans(1, 20_000), { requestsPerSecond: 20, catchUpReaders: 4 });
    feed.before = () => new Promise((resolve) => setTimeout(resolve, 200));
    const poller = open();
    poller.start();
    for (let seconds = 0; seconds < 60 && (checkpoints.item?.headEventId ?? 0) < 15_000; seconds += 1)
      await pass(1_000);
    expect(checkpoints.item?.headEventId).toBeGreaterThanOrEqual(15_000);
    expect(checkpoints.item?.lastEventId).toBeLessThan(15_000);
    expect(checkpoints.item?.caughtUpAtUtc).toBeUndefined();
    await stop(poller);
  });
});
