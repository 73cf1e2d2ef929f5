import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Placed, scan, scans } from '../../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../../test/poller-rig.ts';

beforeEach(() => {
  useVirtualTime();
  return () => vi.useRealTimers();
});

/** Contents of one id, told apart by their status code. */
const contents = (eventId: number, count: number): Placed[] =>
  Array.from({ length: count }, (_, index) => ({ at: eventId, element: scan(eventId, { StatusCode: `c${index}` }) }));

const statusCodesOf = ({ confirmed }: { readonly confirmed: readonly { readonly body: string }[] }, eventId: number) =>
  confirmed
    .flatMap(({ body }): { eventId: number; statusCode: string }[] => JSON.parse(body).events ?? [])
    .filter((event) => event.eventId === eventId)
    .map(({ statusCode }) => statusCode);

const codes = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);

describe('contents of one id with the end of a page between them', () => {
  test('are all sent, once each, and the idle feed is asked once per poll', async () => {
    const placed = [...scans(1, 99), ...contents(100, 2), ...scans(101, 140)];
    const { feed, queue, checkpoints, open } = rig(placed);
    const poller = open();
    poller.start();
    await pass(5_000);
    expect(statusCodesOf(queue, 100)).toEqual(codes(2));
    expect(queue.eventIds).toHaveLength(141);
    expect(checkpoints.item?.lastEventId).toBe(140);
    const before = feed.requests.length;
    await pass(10_000);
    expect(feed.requests.slice(before)).toEqual(Array.from({ length: 10 }, () => ({ fromEventId: 141, limit: 100 })));
    await stop(poller);
  });

  test('are all sent where the feed ends with them, and where it goes on later', async () => {
    const { feed, queue, open } = rig([...scans(1, 99), ...contents(100, 2)]);
    const poller = open();
    poller.start();
    await pass(5_000);
    expect(statusCodesOf(queue, 100)).toEqual(codes(2));
    feed.placed.push(...scans(101, 130));
    await pass(5_000);
    expect(queue.eventIds).toHaveLength(131);
    await stop(poller);
  });

  test('are all sent though the poller crashes between the two pages', async () => {
    const { feed, queue, checkpoints, open } = rig([...scans(1, 99), ...contents(100, 2)]);
    // The second page never comes; the first one is confirmed.
    feed.before = (fromEventId) => (fromEventId >= 100 ? new Promise<void>(() => undefined) : undefined);
    const first = open();
    first.start();
    await pass(5_000);
    expect(checkpoints.item?.lastEventId).toBe(100);
    feed.before = () => undefined;
    const second = open();
    second.start();
    await pass(40_000);
    expect(new Set(statusCodesOf(queue, 100))).toEqual(new Set(codes(2)));
  });

  test('are all sent once where the server caps the limit', async () => {
    const { feed, queue, lines, open } = rig([...scans(1, 4), ...contents(5, 3), ...scans(6, 90)]);
    feed.cap = 5;
    const poller = open();
    poller.start();
    await pass(5_000);
    expect(statusCodesOf(queue, 5)).toEqual(codes(3));
    expect(queue.eventIds).toHaveLength(92);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    await stop(poller);
  });

  test('are all sent where the server has just lowered its cap, and nobody knows yet that the page is full', async () => {
    const { feed, queue, open } = rig([...scans(1, 158), ...contents(159, 2), ...scans(160, 300)]);
    feed.before = (fromEventId) => {
      if (fromEventId >= 100) feed.cap = 60;
    };
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(statusCodesOf(queue, 159)).toEqual(codes(2));
    expect(queue.eventIds).toHaveLength(301);
    await stop(poller);
  });

  test.each([1, 2, 3, 10])(
    'are all sent once where they fill pages of %i: these are read with a larger limit',
    async (limit) => {
      const { feed, queue, checkpoints, lines, open } = rig([...scans(1, 7), ...contents(8, 25), ...scans(9, 40)], {
        limit,
      });
      const poller = open();
      poller.start();
      await pass(20_000);
      expect(statusCodesOf(queue, 8).toSorted()).toEqual(codes(25).toSorted());
      expect(queue.eventIds).toHaveLength(64);
      expect(checkpoints.item?.lastEventId).toBe(40);
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
      const before = feed.requests.length;
      await pass(10_000);
      expect(feed.requests.length - before).toBe(10);
      await stop(poller);
    },
  );

  test('are gone past, and reported, where no limit shows them all', async () => {
    const { feed, queue, checkpoints, lines, open } = rig([...scans(1, 7), ...contents(8, 25), ...scans(9, 40)]);
    feed.cap = 10;
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(statusCodesOf(queue, 8)).toEqual(codes(10));
    expect(checkpoints.item?.lastEventId).toBe(40);
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { eventId: 8, elements: 10, msg: expect.stringContaining('further contents of it cannot be read') },
    ]);
    expect(feed.requests.length).toBeLessThan(40);
    await stop(poller);
  });

  test('are gone past, and reported once, where the server shows one element per page: at one request each', async () => {
    const { feed, queue, lines, open } = rig([...contents(1, 2), ...scans(2, 60)]);
    feed.cap = 1;
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(queue.eventIds).toHaveLength(60);
    expect(lines.filter(({ msg }) => msg.includes('one element per page'))).toHaveLength(1);
    expect(feed.requests.length).toBeLessThan(60 + 25);
    await stop(poller);
  });

  test('of a limit of one cost no request where the feed refuses a larger one for long', async () => {
    const { feed, queue, open } = rig(scans(1, 30), { limit: 1 });
    feed.before = (_, limit) => {
      if (limit > 1) throw new Error('refused');
    };
    const poller = open();
    poller.start();
    await pass(120_000);
    expect(queue.eventIds).toHaveLength(30);
    await stop(poller);
  });
});

test('every content of every id is sent, whatever the limit, the cap and where pages end', async () => {
  const counts = fc.array(fc.constantFrom(1, 1, 1, 1, 2, 3, 5), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      counts,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 6, max: 12 }),
      async (each, limit, cap) => {
        const placed = each.flatMap((count, index) => contents(index + 1, count));
        const { feed, queue, checkpoints, open } = rig(placed, { limit, pollIntervalMs: 1_000 });
        feed.cap = cap;
        const poller = open();
        poller.start();
        await pass(120_000);
        expect(checkpoints.item?.lastEventId).toBe(each.length);
        for (const [index, count] of each.entries())
          expect(statusCodesOf(queue, index + 1).toSorted()).toEqual(codes(count));
        await stop(poller);
      },
    ),
    { numRuns: 60 },
  );
});
