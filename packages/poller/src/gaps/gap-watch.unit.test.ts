import { WaybillError } from '@waybill/shared/error.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Placed, scan, scans } from '../../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

/** A feed that skipped ids 41 to 43, and 77. */
const gappy = () => [...scans(1, 40), ...scans(44, 76), ...scans(78, 100)];
const watching = (placed: Placed[], options: Parameters<typeof rig>[1] = {}) =>
  rig(placed, { gapPatienceMs: 600_000, pollIntervalMs: 60_000, ...options });

/** The event turns up in its place. */
function turnUp(feed: { placed: Placed[] }, eventId: number): void {
  feed.placed = [...feed.placed, { at: eventId, element: scan(eventId) }].toSorted((a, b) => a.at - b.at);
}

describe('an event that turns up in a gap', () => {
  test('is sent, the watermark follows, and the gap is closed', async () => {
    const { feed, queue, checkpoints, value, lines, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(900);
    expect(checkpoints.item).toMatchObject({ lastEventId: 100, watermark: 40 });
    expect(value('waybill.feed.watermark')).toBe(40);
    turnUp(feed, 41);
    turnUp(feed, 42);
    turnUp(feed, 43);
    await pass(10_000);
    expect(sorted(queue.eventIds)).toEqual([...ids(1, 76), ...ids(78, 100)]);
    expect(checkpoints.item).toMatchObject({ lastEventId: 100, watermark: 76 });
    expect(value('waybill.feed.late_events')).toBe(3);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'late events forwarded', eventIds: [41, 42, 43] }));
    turnUp(feed, 77);
    await pass(60_000);
    expect(checkpoints.item).toMatchObject({ watermark: 100, openGaps: undefined });
    await stop(poller);
  });

  test('is sent at any time within the patience, and not after it', async () => {
    const { feed, queue, checkpoints, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(599_000);
    turnUp(feed, 42);
    await pass(11_000);
    expect(queue.eventIds).toContain(42);
    expect(checkpoints.item?.openGaps).toBeUndefined();
    expect(checkpoints.item?.watermark).toBe(100);
    turnUp(feed, 77);
    const { length } = feed.requests;
    await pass(600_000);
    expect(queue.eventIds).not.toContain(77);
    // But for the question whether the idle feed still has its last id.
    expect(feed.requests.slice(length).filter(({ fromEventId }) => fromEventId > 100)).toHaveLength(10);
    await stop(poller);
  });

  test('is missed where GAP_PATIENCE_SECONDS is 0: the feed is not asked again, and the watermark is the position', async () => {
    const { feed, queue, checkpoints, open } = watching(gappy(), { gapPatienceMs: 0 });
    const poller = open();
    poller.start();
    await pass(900);
    turnUp(feed, 42);
    await pass(50_000);
    expect(feed.requests).toHaveLength(2);
    expect(queue.eventIds).not.toContain(42);
    expect(checkpoints.item).toMatchObject({ watermark: 100, openGaps: undefined });
    await stop(poller);
  });

  test('keeps its gap open until the queue has confirmed it', async () => {
    const { feed, queue, checkpoints, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(900);
    turnUp(feed, 42);
    queue.before = () => {
      throw new Error('SQS is away');
    };
    await pass(30_000);
    expect(checkpoints.item?.watermark).toBe(40);
    const stopped = poller.stop();
    await pass(12_000);
    await stopped;
    expect(checkpoints.item?.openGaps).toBeDefined();
    queue.before = () => [];
    const next = open({ random: () => 0.5 });
    next.start();
    await pass(30_000);
    expect(queue.eventIds).toContain(42);
    await stop(next);
  });
});

describe('the questions for gaps', () => {
  test('become rarer, and end with the patience', async () => {
    const { feed, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(30_000);
    expect(feed.requests.slice(2)).toEqual(Array.from({ length: 5 }, () => ({ fromEventId: 41, limit: 38 })));
    await pass(570_000);
    const gapRequests = () => feed.requests.filter(({ fromEventId }) => fromEventId === 41).length;
    expect(gapRequests()).toBe(11);
    await pass(600_000);
    expect(gapRequests()).toBe(11);
    await stop(poller);
  });

  test('take no more than a tenth of the requests of a sparse feed, and do not hold up its reading', async () => {
    const sparse = ids(1, 12_000).map((n) => ({ at: n * 3, element: scan(n * 3) }));
    const durations: number[] = [];
    for (const gapPatienceMs of [0, 600_000]) {
      const { feed, queue, checkpoints, value, open } = watching(sparse, {
        gapPatienceMs,
        requestsPerSecond: 2,
        pollIntervalMs: 1_000,
      });
      const poller = open();
      poller.start();
      const start = performance.now();
      while (checkpoints.item?.lastEventId !== 36_000 && performance.now() - start < 120_000) await pass(1_000);
      const seconds = (performance.now() - start) / 1_000;
      durations.push(seconds);
      // The first page has 100 new elements; each other one begins with the last of the page before.
      const questions = feed.requests.length - (1 + Math.ceil(11_900 / 99));
      expect(questions).toBeLessThanOrEqual((2 * seconds) / 10 + 2);
      if (gapPatienceMs > 0) {
        expect(questions).toBeGreaterThan(5);
        expect(value('waybill.feed.dropped_gaps')).toBeUndefined();
      }
      expect(queue.eventIds).toHaveLength(12_000);
      await stop(poller);
    }
    const [without = 0, beside = 0] = durations;
    expect(beside / without).toBeLessThan(1.15);
  });

  test('that fail are given up, and asked again later: the reading goes on, ready', async () => {
    const { feed, queue, open } = watching(gappy(), { pollIntervalMs: 1_000 });
    feed.before = (fromEventId) => {
      if (fromEventId === 41) throw new WaybillError('FEED_UNAVAILABLE', 'away');
    };
    const poller = open();
    poller.start();
    await pass(20_000);
    feed.placed.push(...scans(101, 120));
    await pass(20_000);
    expect(queue.eventIds).toContain(120);
    feed.before = () => undefined;
    turnUp(feed, 43);
    await pass(60_000);
    expect(queue.eventIds).toContain(43);
    await stop(poller);
  });

  test('that are refused for ever leave the others their turn, and are given up after the patience', async () => {
    const { feed, queue, checkpoints, value, lines, open } = watching(gappy(), { pollIntervalMs: 1_000 });
    feed.before = (fromEventId) => {
      if (fromEventId === 41) throw new WaybillError('FEED_UNAVAILABLE', 'no such id any more');
    };
    const poller = open();
    poller.start();
    await pass(60_000);
    turnUp(feed, 77);
    await pass(100_000);
    expect(queue.eventIds).toContain(77);
    expect(checkpoints.item).toMatchObject({ watermark: 40 });
    await pass(600_000);
    expect(checkpoints.item).toMatchObject({ watermark: 100, openGaps: undefined });
    expect(value('waybill.feed.dropped_gaps')).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ msg: expect.stringMatching('gaps given up'), gaps: 1 }));
    await stop(poller);
  });

  test('that are answered with nothing at all count as unanswered: a replica that lags does not void a gap', async () => {
    const { feed, queue, checkpoints, value, open } = watching(gappy(), {
      pollIntervalMs: 1_000,
      gapPatienceMs: 60_000,
    });
    const poller = open();
    poller.start();
    await pass(900);
    const { placed } = feed;
    feed.placed = [];
    await pass(70_000);
    expect(checkpoints.item).toMatchObject({ lastEventId: 100, watermark: 40 });
    feed.placed = placed;
    turnUp(feed, 42);
    await pass(100_000);
    expect(queue.eventIds).toContain(42);
    expect(checkpoints.item).toMatchObject({ watermark: 100, openGaps: undefined });
    expect(value('waybill.feed.dropped_gaps')).toBeUndefined();
    await stop(poller);
  });

  test('that are answered with nothing for ever are given up after the patience', async () => {
    const { feed, checkpoints, value, open } = watching(gappy(), { pollIntervalMs: 1_000, gapPatienceMs: 60_000 });
    const poller = open();
    poller.start();
    await pass(900);
    feed.placed = [];
    await pass(900_000);
    expect(checkpoints.item).toMatchObject({ watermark: 100, openGaps: undefined });
    expect(value('waybill.feed.dropped_gaps')).toBe(2);
    await stop(poller);
  });

  test('that are answered do not hide a head that is not', async () => {
    const { feed, open } = watching(gappy(), { pollIntervalMs: 1_000 });
    const poller = open();
    poller.start();
    await pass(900);
    feed.before = (fromEventId) => {
      if (fromEventId > 100) throw new WaybillError('FEED_UNAVAILABLE', 'away');
    };
    await pass(120_000);
    expect(poller.ready().parts['feed']).toMatchObject({ ok: false });
    await stop(poller);
  });

  test('that are answered do not hide that the reading hangs, nor the other way round', async () => {
    for (const [hung, turning] of [
      ['pages', 'gaps'],
      ['gaps', 'pages'],
    ] as const) {
      const { feed, open } = watching(gappy(), {
        pollIntervalMs: 1_000,
        gapPatienceMs: 86_400_000,
        maxQueueMessages: 50,
      });
      const poller = open();
      poller.start();
      await pass(900);
      feed.before = (fromEventId, limit, signal) => {
        // The idle reading asks for its last id alone.
        const isReading = fromEventId > 100 || limit === 1;
        if (isReading !== (hung === 'pages')) return;
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      };
      await pass(1_000_000);
      expect(poller.live().parts).toMatchObject({ [hung]: { ok: false }, [turning]: { ok: true } });
      await stop(poller);
    }
  });

  test('say nothing of how late the reading is, though they be answered with older scans', async () => {
    const { feed, queue, value, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(900);
    const lag = value('waybill.feed.lag');
    feed.placed.push({ at: 42, element: scan(42, { CreatedDateTimeUtc: '2001-01-01T00:00:00Z' }) });
    feed.placed.sort((a, b) => a.at - b.at);
    await pass(10_000);
    expect(queue.eventIds).toContain(42);
    expect(value('waybill.feed.lag')).toBe(lag);
    await stop(poller);
  });

  test('wait while the queue is full', async () => {
    const { feed, queue, open } = watching(gappy(), { maxQueueMessages: 50 });
    const poller = open();
    poller.start();
    await pass(900);
    queue.messagesInQueue = 51;
    await pass(10_000);
    const { length } = feed.requests;
    await pass(40_000);
    expect(feed.requests).toHaveLength(length);
    await stop(poller);
  });
});

test('what an answer shows beyond the position is confirmed before the position goes over it, though the feed has dropped it', async () => {
  const { feed, queue, checkpoints, open } = watching([...scans(1, 94), ...scans(100, 100)], { pollIntervalMs: 2_000 });
  const poller = open();
  poller.start();
  await pass(900);
  feed.placed.push(...scans(101, 104));
  const held = Promise.withResolvers<number[]>();
  queue.before = (messages) => (messages.some(({ body }) => body.includes('"eventId":101,')) ? held.promise : []);
  await pass(500);
  feed.placed = scans(105, 120);
  await pass(5_000);
  expect(queue.eventIds).toContain(120);
  expect(checkpoints.item?.lastEventId).toBe(100);
  held.resolve([]);
  await pass(5_000);
  expect(queue.eventIds).toContain(101);
  expect(checkpoints.item?.lastEventId).toBe(120);
  await stop(poller);
});

test('an outage of SQS while an answer is being sent leaves the poller live, though the position waits for it', async () => {
  const { feed, queue, open } = watching([...scans(1, 94), ...scans(100, 100)], { pollIntervalMs: 2_000 });
  const poller = open();
  poller.start();
  await pass(900);
  feed.placed.push(...scans(101, 104));
  // The page at the head is confirmed, and then SQS is down.
  let isDown = false;
  queue.before = (messages) => {
    const isAnswer = messages.some(({ body }) => body.includes('"eventId":104,') && !body.includes('"eventId":105,'));
    if (isDown || isAnswer) throw new Error('SQS is away');
    isDown = true;
    return [];
  };
  await pass(500);
  feed.placed = scans(101, 120);
  for (let last = 120; last < 408; last += 2) {
    await pass(5_000);
    feed.placed.push(...scans(last + 1, last + 2));
  }
  expect(isDown).toBe(true);
  expect(poller.live()).toMatchObject({ ok: true });
  await stop(poller);
});

test('a send that hangs with an answer that the position waits for shows as the silence of the questions', async () => {
  const { feed, queue, open } = watching([...scans(1, 94), ...scans(100, 100)], { pollIntervalMs: 2_000 });
  const poller = open();
  poller.start();
  await pass(900);
  feed.placed.push(...scans(101, 104));
  queue.before = (messages) =>
    messages.some(({ body }) => body.includes('"eventId":101,')) ? new Promise(() => undefined) : [];
  await pass(500);
  feed.placed = scans(105, 120);
  await pass(1_000_000);
  expect(queue.eventIds).toContain(120);
  expect(poller.live().parts).toMatchObject({ gaps: { ok: false }, pages: { ok: true } });
});

test('late events that make too many gaps of one drop none', async () => {
  const { feed, queue, value, open } = watching([...scans(1, 10), ...scans(3_001, 3_010)], { pollIntervalMs: 1_000 });
  const poller = open();
  poller.start();
  await pass(900);
  feed.placed = ids(1, 1_505).map((n) => ({ at: 2 * n, element: scan(2 * n) }));
  await pass(30_000);
  expect(value('waybill.feed.dropped_gaps')).toBeUndefined();
  expect(value('waybill.feed.open_gaps')).toBeGreaterThan(1_400);
  turnUp(feed, 1_001);
  await pass(120_000);
  expect(queue.eventIds).toContain(1_001);
  await stop(poller);
});

describe('what a page with a question shows besides', () => {
  test('is not sent again', async () => {
    const { queue, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(600_000);
    expect(sorted(queue.eventIds)).toEqual([...ids(1, 40), ...ids(44, 76), ...ids(78, 100)]);
    await stop(poller);
  });

  test('is sent once where it lies in a hole, which nobody asks for', async () => {
    const { feed, queue, open } = watching([...scans(1, 90), ...scans(101, 101), ...scans(30_001, 30_100)]);
    const poller = open();
    poller.start();
    await pass(500);
    feed.placed = [...scans(1, 90), ...scans(101, 105), ...scans(30_001, 30_100)];
    await pass(900_000);
    expect(sorted(queue.eventIds)).toEqual([...ids(1, 90), ...ids(101, 105), ...ids(30_001, 30_100)]);
    await stop(poller);
  });

  test('is sent where it is another content of an id that turned up before, and came alone', async () => {
    const { feed, queue, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(900);
    turnUp(feed, 43);
    await pass(10_000);
    feed.placed = feed.placed.map((placed) =>
      placed.at === 43 ? { at: 43, element: scan(43, { StatusCode: 'corrected' }) } : placed,
    );
    await pass(500_000);
    expect(queue.eventIds.filter((id) => id === 43)).toHaveLength(2);
    expect(queue.confirmed.filter(({ body }) => body.includes('corrected'))).toHaveLength(1);
    await stop(poller);
  });

  test('is sent whole where the page ends between two contents of an id in another gap', async () => {
    const { feed, queue, checkpoints, open } = watching([...scans(1, 40), ...scans(44, 45), ...scans(47, 100)], {
      limit: 5,
    });
    const poller = open();
    poller.start();
    await pass(900);
    feed.placed = [
      ...scans(1, 40),
      ...scans(42, 42),
      ...scans(44, 46),
      { at: 46, element: scan(46, { StatusCode: 'corrected' }) },
      ...scans(47, 100),
    ];
    await pass(10_000);
    // Ends with the first content of 46.
    expect(feed.requests).toContainEqual({ fromEventId: 41, limit: 4 });
    expect(queue.confirmed.filter(({ body }) => body.includes('corrected'))).toHaveLength(1);
    expect(sorted(queue.eventIds)).toEqual([...ids(1, 40), 42, ...ids(44, 46), 46, ...ids(47, 100)]);
    expect(checkpoints.item?.watermark).toBe(40);
    await pass(700_000);
    expect(checkpoints.item).toMatchObject({ watermark: 100, openGaps: undefined });
    await stop(poller);
  });

  test('is sent once when it is not an event, or another content of an id', async () => {
    const { feed, queue, open } = watching(gappy());
    const poller = open();
    poller.start();
    await pass(900);
    feed.placed = [
      ...scans(1, 40),
      { at: 42, element: { junk: 42 } },
      ...scans(44, 60),
      { at: 60, element: scan(60, { StatusCode: 'corrected' }) },
      ...scans(61, 76),
      ...scans(78, 100),
    ];
    await pass(500_000);
    expect(queue.unparsed).toEqual([{ junk: 42 }]);
    expect(queue.confirmed.filter(({ body }) => body.includes('corrected'))).toHaveLength(1);
    await stop(poller);
  });
});

describe('a takeover', () => {
  test('goes on watching, for as long as is left of the patience, whatever its own clock says', async () => {
    const { feed, queue, checkpoints, open } = watching(gappy());
    const first = open();
    first.start();
    await pass(300_000);
    await stop(first);
    expect(checkpoints.item?.openGaps).toBe('1 15.3.8c y.1.8c');
    turnUp(feed, 42);
    const second = open({ random: () => 0.5 });
    second.start();
    await pass(5_000);
    expect(queue.eventIds).toContain(42);
    expect(checkpoints.item?.watermark).toBe(40);
    await pass(320_000);
    expect(checkpoints.item).toMatchObject({ watermark: 100, openGaps: undefined });
    await stop(second);
  });

  test('over gaps that it does not understand says so, and begins with none', async () => {
    const { checkpoints, lines, open } = watching(gappy());
    checkpoints.item = { lastEventId: 50, token: 3, counter: 1, holder: undefined, openGaps: '9 of a later release' };
    const poller = open();
    poller.start();
    await pass(500);
    expect(lines.some(({ msg }) => msg.startsWith('stored open gaps unreadable'))).toBe(true);
    expect(checkpoints.item).toMatchObject({ lastEventId: 100, watermark: 76 });
    await stop(poller);
  });
});

test('a gap that grows older costs no write of its own beyond ten in its patience', async () => {
  const { checkpoints, open } = watching(gappy());
  const poller = open();
  const texts = new Set<string | undefined>();
  checkpoints.after = () => void texts.add(checkpoints.item?.openGaps);
  poller.start();
  await pass(620_000);
  expect(texts.size).toBeGreaterThan(5);
  expect(texts.size).toBeLessThanOrEqual(12);
  await stop(poller);
});
