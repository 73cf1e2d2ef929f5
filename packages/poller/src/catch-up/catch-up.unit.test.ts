import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { contentOf, readElements } from '@waybill/shared/scan-api/page.ts';
import { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { imageHeapBytes } from '../../../consumer/test/image-heap.ts';
import { junk, MemoryFeed, type Placed, scan, scans } from '../../test/memory-feed.ts';
import { measured, recordedLog } from '../../test/observed.ts';
import { pass, rig, seeded, stop, useVirtualTime } from '../../test/poller-rig.ts';
import { eventIdsOf } from '../feed/page.ts';
import { PageReader } from '../feed/read-page.ts';
import { mostCalls } from '../queue/leased-queue.ts';
import { CatchUp } from './catch-up.ts';
import { findHead } from './find-head.ts';
import { SentEvents } from './sent-events.ts';
import { Stripe } from './stripe.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const roundTripMs = 100;

/** A poller that is behind a feed which takes a round trip to answer. */
function behind(placed: Placed[], options: Parameters<typeof rig>[1] = {}) {
  const made = rig(placed, { catchUpReaders: 8, ...options });
  let atOnce = 0;
  let most = 0;
  made.feed.before = async () => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, roundTripMs));
    atOnce -= 1;
  };
  return { ...made, mostAtOnce: () => most };
}

/** Milliseconds of virtual time until the checkpoint stands there. */
async function untilAt(checkpoints: ReturnType<typeof rig>['checkpoints'], last: number, withinMs = 600_000) {
  const start = performance.now();
  while (checkpoints.item?.lastEventId !== last && performance.now() - start < withinMs) await pass(50);
  expect(checkpoints.item?.lastEventId).toBe(last);
  return performance.now() - start;
}

describe('a poller far behind the feed', () => {
  test('has no more pages in hand than its heap holds, whatever the readers, and says so', async () => {
    // (66 MiB - 64 MiB) * 0.65 hold eight pages of elements as they are expected at first, and eleven as they are.
    const heapBytes = 66 * 2 ** 20;
    const { feed, queue, checkpoints, lines, open } = behind(scans(1, 12_000), { catchUpReaders: 64 });
    let requested = 0;
    let mostInHand = 0;
    const read = feed.read;
    feed.read = async (fromEventId, limit, signal) => {
      if (limit > 1) requested += limit;
      mostInHand = Math.max(mostInHand, requested - queue.eventIds.length);
      return await read(fromEventId, limit, signal);
    };
    queue.before = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return [];
    };
    const poller = open({ heapBytes });
    poller.start();
    await untilAt(checkpoints, 12_000, 60_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 12_000)));
    // Two more are those of the sequential reader.
    expect(mostInHand).toBeLessThanOrEqual(13 * 100);
    expect(lines.map(({ msg }) => msg).filter((msg) => /heap/.test(String(msg)))).toEqual([
      'the heap holds 8 pages of 100 elements: CATCH_UP_READERS is lowered to what it holds, the others wait',
    ]);
    await stop(poller);
  });

  test('catches up at least six times as fast with eight readers as one page after the other', async () => {
    const durations: number[] = [];
    for (const catchUpReaders of [1, 8]) {
      const { queue, checkpoints, open } = behind(scans(1, 40_000), { catchUpReaders });
      queue.before = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return [];
      };
      const poller = open();
      poller.start();
      durations.push(await untilAt(checkpoints, 40_000));
      expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 40_000)));
      await stop(poller);
    }
    const [sequential = 0, striped = 0] = durations;
    expect(sequential).toBeGreaterThanOrEqual(400 * roundTripMs);
    expect(sequential / striped).toBeGreaterThanOrEqual(6);
  });

  test.each<[string, Placed[], number]>([
    ['a dense feed', scans(1, 20_000), 100],
    ['a feed of every other id', ids(1, 20_000).map((n) => ({ at: 2 * n, element: scan(2 * n) })), 100],
    [
      'a feed of every third id, in large pages',
      ids(1, 60_000).map((n) => ({ at: 3 * n, element: scan(3 * n) })),
      1_000,
    ],
  ])('sends each event of %s once, with few requests more than pages', async (_, placed, limit) => {
    const { feed, queue, checkpoints, mostAtOnce, value, open } = behind(placed, { limit });
    const poller = open();
    poller.start();
    await untilAt(checkpoints, placed.at(-1)?.at ?? 0);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(placed.map(({ at }) => at));
    expect(value('waybill.feed.catch_ups')).toBe(1);
    expect(mostAtOnce()).toBeGreaterThanOrEqual(8);
    expect(mostAtOnce()).toBeLessThanOrEqual(9);
    expect(feed.requests.length).toBeLessThan((placed.length / limit) * 1.1 + 8 * 6);
    await stop(poller);
  });

  test.each([3, 7, 10, 100])('sends every content of every id, wherever pages and stripes of %i end', async (limit) => {
    const placed = ids(1, 60 * limit).flatMap((at) =>
      ids(1, at % 5 === 0 || at % 7 === 1 ? 2 : 1).map((n) => ({ at, element: scan(at, { StatusCode: `c${n}` }) })),
    );
    const { queue, checkpoints, value, open } = behind(placed, { limit, catchUpReaders: 3 });
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 60 * limit);
    await pass(5_000);
    const sent = queue.confirmed.flatMap(
      ({ body }): { eventId: number; statusCode: string }[] => JSON.parse(body).events,
    );
    const told = sent.map(({ eventId, statusCode }) => `${eventId} ${statusCode}`);
    expect(new Set(told)).toEqual(new Set(placed.map(({ at, element }) => `${at} ${element.StatusCode}`)));
    expect(told.length).toBeLessThan(placed.length * 1.02 + 60);
    expect(value('waybill.feed.catch_ups')).toBe(1);
    await stop(poller);
  });

  test('sends what a second reader saw of an event again where its content has changed', async () => {
    const placed = ids(1, 8_000).map((n) => ({ at: 2 * n, element: scan(2 * n) }));
    const { feed, queue, checkpoints, open } = behind(placed);
    // A reader that reads an event for the second time sees another content of it.
    const seen = new Set<number>();
    const read = feed.read;
    feed.read = async (fromEventId, limit, signal) => {
      const from = placed.findIndex(({ at }) => at >= fromEventId);
      const page = await read(fromEventId, limit, signal);
      return page.map((element, index) => {
        const { at } = placed[from + index] ?? { at: 0 };
        return seen.has(at) || !seen.add(at) ? scan(at, { StatusCode: 'corrected' }) : element;
      });
    };
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 16_000);
    const corrected = queue.eventIds.length - 8_000;
    expect(corrected).toBeGreaterThan(20);
    expect(queue.confirmed.reduce((sum, { body }) => sum + body.split('corrected').length - 1, 0)).toBe(corrected);
    await stop(poller);
  });

  test('keeps what its readers have confirmed where the sequential reader waits among them', async () => {
    const { feed, queue, checkpoints, value, open } = behind(scans(1, 30_000));
    const read = feed.read;
    let lags = 2;
    // A replica that lags: nothing at first, and a short page then.
    feed.read = async (fromEventId, limit, signal) => {
      const page = await read(fromEventId, limit, signal);
      if (limit === 1 || fromEventId > 5_000 || fromEventId + limit <= 5_000 || lags === 0) return page;
      lags -= 1;
      return lags === 1 ? [] : page.slice(0, 10);
    };
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 30_000);
    expect(lags).toBe(0);
    expect(value('waybill.feed.catch_ups')).toBe(2);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 30_000)));
    // A page or two at the place where it waited, and what showed the head.
    expect(queue.eventIds.length).toBeLessThan(30_000 + 300);
    await stop(poller);
  });

  test('reads one page after the other where the server does not mind the limit, and says so once', async () => {
    const { feed, queue, checkpoints, lines, value, open } = behind(scans(1, 6_000));
    const read = feed.read;
    feed.read = (fromEventId, _, signal) => read(fromEventId, 200, signal);
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 6_000);
    expect(value('waybill.feed.catch_ups')).toBeUndefined();
    expect(feed.requests.length).toBeLessThan(6_000 / 200 + 5);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 6_000)));
    expect(lines.filter(({ msg }) => msg.startsWith('the feed ignores Limit=1'))).toHaveLength(1);
    await stop(poller);
  });

  test('sends the pages of several readers together where the queue is the slower one, and counts the calls that it makes', async () => {
    const { queue, checkpoints, value, open } = behind(scans(1, 20_000));
    queue.before = async () => {
      await new Promise((resolve) => setTimeout(resolve, 2 * roundTripMs));
      return [];
    };
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 20_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 20_000)));
    expect(queue.sends).toBeLessThan(200 / 2);
    expect(value('waybill.queue.sends')).toBe(queue.sends);
    expect(value('waybill.queue.sent')).toBe(queue.confirmed.length);
    await stop(poller);
  });

  test('of which it has read nothing catches up too, wherever the ids of the feed begin', async () => {
    const { queue, checkpoints, value, open } = behind(scans(83_269, 99_999));
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 99_999, 5_000);
    expect(value('waybill.feed.catch_ups')).toBe(1);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(83_269, 99_999)));
    await stop(poller);
  });

  test('sends no more at once than it has sockets for, with all its readers', async () => {
    const { queue, checkpoints, open } = behind(scans(1, 40_000), { limit: 1_000, messageMaxBytes: 1_024 });
    let atOnce = 0;
    let most = 0;
    queue.before = async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, 50));
      atOnce -= 1;
      return [];
    };
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 40_000);
    expect(most).toBe(mostCalls);
    await stop(poller);
  });

  test('keeps to the rate that the feed allows', async () => {
    const { feed, value, open } = behind(scans(1, 100_000), { requestsPerSecond: 30 });
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(value('waybill.feed.catch_ups')).toBe(1);
    expect(feed.requests.length).toBeLessThanOrEqual(30 + 600);
    expect(feed.requests.length).toBeGreaterThanOrEqual(599);
    await stop(poller);
  });

  test('reads one page after the other where that uses up the rate', async () => {
    const { feed, value, open } = behind(scans(1, 30_000), { requestsPerSecond: 10 });
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(value('waybill.feed.catch_ups')).toBeUndefined();
    expect(feed.requests.every(({ limit }) => limit === 100)).toBe(true);
    await stop(poller);
  });

  test('reads one page after the other when few pages lie ahead, and asks once whether there are more', async () => {
    const { feed, queue, checkpoints, value, mostAtOnce, open } = behind(scans(1, 1_500));
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 1_500);
    expect(value('waybill.feed.catch_ups')).toBeUndefined();
    expect(feed.requests.filter(({ limit }) => limit === 1)).toHaveLength(1);
    // The question goes beside the reading, which does not wait for it.
    expect(mostAtOnce()).toBe(2);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 1_500));
    await stop(poller);
  });

  test('follows a head that moves meanwhile, and goes back to single pages there', async () => {
    const { feed, queue, checkpoints, open } = behind(scans(1, 10_000));
    const poller = open();
    poller.start();
    for (let grown = 10_000; grown < 14_000; grown += 100) {
      await pass(100);
      feed.placed.push(...scans(grown + 1, grown + 100));
    }
    await untilAt(checkpoints, 14_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 14_000)));
    await pass(5_000);
    const before = feed.requests.length;
    await pass(60_000);
    // A round trip comes on top of each poll interval.
    expect(feed.requests.length - before).toBeLessThanOrEqual(60);
    await stop(poller);
  });

  test('holds the checkpoint at the first page that is not confirmed, and the readers near it', async () => {
    const { feed, queue, checkpoints, open } = behind(scans(1, 50_000));
    const held = Promise.withResolvers<number[]>();
    queue.before = (messages) => (messages.some(({ body }) => body.includes('"eventId":2000,')) ? held.promise : []);
    const poller = open();
    poller.start();
    await pass(30_000);
    expect(checkpoints.item?.lastEventId).toBeLessThan(2_000);
    expect(checkpoints.item?.lastEventId).toBeGreaterThanOrEqual(1_800);
    // Two stripes of sixteen pages for each of eight readers.
    const read = Math.max(...feed.requests.filter(({ limit }) => limit > 1).map(({ fromEventId }) => fromEventId));
    expect(read).toBeLessThan(2_000 + 17 * 1_600);
    const { length } = feed.requests;
    await pass(10_000);
    expect(feed.requests).toHaveLength(length);
    held.resolve([]);
    await untilAt(checkpoints, 50_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 50_000)));
    await stop(poller);
  });

  test('is as late as the position, whatever its readers have seen ahead of that', async () => {
    const epoch = Date.parse('2021-05-11T00:00:00Z');
    const timed = scans(1, 30_000).map(({ at }) => ({
      at,
      element: scan(at, { CreatedDateTimeUtc: new Date(epoch + at * 1_000).toISOString() }),
    }));
    const { queue, checkpoints, value, open } = behind(timed);
    const held = Promise.withResolvers<number[]>();
    queue.before = (messages) => (messages.some(({ body }) => body.includes('"eventId":2000,')) ? held.promise : []);
    vi.setSystemTime(epoch + 40_000_000);
    const poller = open();
    poller.start();
    await pass(10_000);
    const { lastEventId = 0 } = checkpoints.item ?? {};
    expect(lastEventId).toBeGreaterThan(1_000);
    expect(Math.max(...queue.eventIds)).toBeGreaterThan(20_000);
    const lag = value('waybill.feed.lag') ?? 0;
    expect(lag).toBeGreaterThanOrEqual(40_000 - lastEventId);
    expect(lag).toBeLessThan(40_000 - lastEventId + 10);
    // A page counts once the position has passed it.
    expect(value('waybill.feed.pages')).toBe(Math.ceil(lastEventId / 100));
    held.resolve([]);
    await untilAt(checkpoints, 30_000);
    await pass(2_000);
    expect(value('waybill.feed.lag')).toBe(0);
    await stop(poller);
  });

  test('that crashes in mid-stripe goes on from the contiguous prefix: nothing is missing', async () => {
    const { queue, checkpoints, open } = behind(scans(1, 20_000));
    const first = open();
    first.start();
    await pass(2_000);
    const { lastEventId = 0 } = checkpoints.item ?? {};
    const sent = new Set(queue.eventIds);
    expect(lastEventId).toBeGreaterThan(200);
    expect(Math.max(...sent)).toBeGreaterThan(lastEventId + 100);
    for (const id of ids(1, lastEventId)) expect(sent.has(id)).toBe(true);
    // The crash: it sends and writes no more.
    queue.before = () => Promise.withResolvers<number[]>().promise;
    await pass(30_000);
    queue.before = () => [];
    checkpoints.reset(lastEventId);
    const second = open({ random: () => 0.5 });
    second.start();
    await untilAt(checkpoints, 20_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 20_000)));
    await stop(second);
  });

  test('stops in time in mid-stripe, and sends nothing afterwards', async () => {
    const { queue, checkpoints, open } = behind(scans(1, 50_000));
    const poller = open();
    poller.start();
    await pass(2_000);
    const stopped = poller.stop();
    await pass(500);
    await stopped;
    const { sends } = queue;
    await pass(10_000);
    expect(queue.sends).toBe(sends);
    const sent = new Set(queue.eventIds);
    const { lastEventId = 0, holder } = checkpoints.item ?? {};
    expect(holder).toBeUndefined();
    for (const id of ids(1, lastEventId)) expect(sent.has(id)).toBe(true);
  });

  test('pauses all its readers, and asks for the depth of the queue once, while it is full', async () => {
    const { feed, queue, checkpoints, open } = behind(scans(1, 60_000), { maxQueueMessages: 50 });
    const poller = open();
    poller.start();
    await pass(1_500);
    queue.messagesInQueue = 51;
    await pass(15_000);
    const { length } = feed.requests;
    const { questions } = queue;
    await pass(60_000);
    expect(feed.requests).toHaveLength(length);
    expect(queue.questions - questions).toBe(12);
    queue.messagesInQueue = 0;
    await untilAt(checkpoints, 60_000);
    await stop(poller);
  });

  test('whose readers all fail in an outage waits as one, for as long as the feed asks', async () => {
    const { feed, queue, checkpoints, open } = behind(scans(1, 20_000));
    const poller = open();
    poller.start();
    await pass(1_500);
    const answer = feed.before;
    feed.before = () => {
      throw new WaybillError('FEED_UNAVAILABLE', 'busy', { details: { retryAfterMs: 30_000 } });
    };
    await pass(1_000);
    const { length } = feed.requests;
    await pass(28_000);
    expect(feed.requests).toHaveLength(length);
    feed.before = answer;
    await untilAt(checkpoints, 20_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 20_000)));
    await stop(poller);
  });

  test.each<[string, Placed[]]>([
    ['a stretch without usable ids', [...scans(1, 5_000), ...junk(5_001, 5_400), ...scans(5_401, 12_000)]],
    [
      'a corrupt id far above',
      scans(1, 12_000).map((placed) => (placed.at === 7_777 ? { ...placed, element: scan(9_000_000_000) } : placed)),
    ],
    [
      'a corrupt id within belief',
      scans(1, 12_000).map((placed) => (placed.at === 7_777 ? { ...placed, element: scan(8_500) } : placed)),
    ],
    ['a hole of its retention', [...scans(1, 4_000), ...scans(90_000, 96_000)]],
    ['sparse ids', scans(1, 6_000).map(({ at }) => ({ at: at * 37, element: scan(at * 37) }))],
    [
      'ids that become sparse',
      [...scans(1, 5_000), ...ids(1, 3_000).map((n) => ({ at: 5_000 + n * 90, element: scan(5_000 + n * 90) }))],
    ],
    ['ids that are too sparse', ids(1, 3_000).map((n) => ({ at: n * 15_000, element: scan(n * 15_000) }))],
    [
      'elements that are no scan event here and there',
      scans(1, 9_000).map((placed) =>
        placed.at % 97 === 0 ? { at: placed.at, element: { junk: placed.at } } : placed,
      ),
    ],
  ])('passes over %s and misses nothing', async (_, placed) => {
    const { queue, checkpoints, open } = behind(placed, { gapPatienceMs: 600_000 });
    const poller = open();
    poller.start();
    const elements = readElements(placed.map(({ element }) => element));
    // The last of ids too far apart to be believed is sent, and waits for something beyond it.
    const believed = eventIdsOf(elements).filter((id) => id < 9_000_000_000 && id !== 45_000_000);
    await untilAt(checkpoints, Math.max(...believed));
    // What a corrupt id has hidden is a gap, and found there.
    await pass(60_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(eventIdsOf(elements)));
    expect(new Set(queue.unparsed.map((element) => JSON.stringify(element)))).toEqual(
      new Set(
        placed.flatMap(({ element }) => (readElements([element]).rejected.length > 0 ? [JSON.stringify(element)] : [])),
      ),
    );
    await stop(poller);
  });

  test('asks for less where pages are too large, as ever', async () => {
    const { feed, queue, checkpoints, open } = behind(scans(1, 6_000));
    const answer = feed.before;
    feed.before = async (from, limit, signal) => {
      await answer(from, limit, signal);
      if (from > 3_000 && limit > 40)
        throw new WaybillError('FEED_UNREADABLE', 'too large', { details: { tooLarge: true } });
    };
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 6_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 6_000)));
    await stop(poller);
  });

  test('gives back the lease, and everything it has not confirmed, when one of its readers fails for good', async () => {
    const { queue, checkpoints, open } = behind(scans(1, 20_000));
    const poller = open();
    poller.start();
    await pass(1_500);
    checkpoints.item = { lastEventId: 900, token: 2, counter: 40, holder: 'the next' };
    await pass(12_000);
    const { sends } = queue;
    await pass(1_000);
    expect(queue.sends).toBe(sends);
    expect(poller.ready().parts['lease']?.detail).toBe('standing by');
    await stop(poller);
  });
});

describe('a stretch that others have in hand', () => {
  test('is not taken for confirmed where its reader failed: the position must not go over it', async () => {
    const { metrics } = measured();
    const { log } = recordedLog();
    const clock = systemClock;
    const failing = Promise.withResolvers<void>();
    const reader = new PageReader({
      feed: new MemoryFeed(scans(1, 20_000)),
      bucket: new TokenBucket({ perSecond: 1_000, clock }),
      random: seeded(1),
      log,
      metrics,
      limit: 100,
      reportHealth: () => undefined,
    });
    const catchUp = new CatchUp(
      { last: 0, head: 20_000, pageIds: 100, sent: new SentEvents() },
      {
        heapBytes: imageHeapBytes,
        log: recordedLog().log,
        reader,
        clock,
        readers: 1,
        watchesGaps: false,
        whenCapacity: async () => {},
        send: () => failing.promise,
      },
      new AbortController().signal,
    );
    catchUp.start();
    const confirmed = catchUp.untilConfirmed(1_000).then(
      () => 'confirmed',
      (error: unknown) => error,
    );
    await pass(1_000);
    const unforeseen = new Error('unforeseen');
    failing.reject(unforeseen);
    await pass(10);
    expect(await confirmed).toBe(unforeseen);
    await catchUp.stop();
  });
});

describe('gaps of a feed of every other id', () => {
  const everyOther = (events: number) => ids(1, events).map((n) => ({ at: n * 2, element: scan(n * 2) }));

  const scannedAt = Date.parse('2021-05-11T21:11:34.150Z');
  const contents = new Set(readElements([scan(16_000)]).events.map(contentOf));

  async function firstMove(watchesGaps: boolean) {
    const { metrics } = measured();
    const { log } = recordedLog();
    const clock = systemClock;
    const limit = 500;
    const reader = new PageReader({
      feed: new MemoryFeed(everyOther(20_000)),
      bucket: new TokenBucket({ perSecond: 1_000, clock }),
      random: seeded(1),
      log,
      metrics,
      limit,
      reportHealth: () => undefined,
    });
    const end = new AbortController();
    const catchUp = new CatchUp(
      { last: 0, head: 40_000, pageIds: 2 * limit, sent: new SentEvents() },
      {
        heapBytes: imageHeapBytes,
        log: recordedLog().log,
        reader,
        clock,
        readers: 2,
        watchesGaps,
        whenCapacity: async () => {},
        send: async () => {},
      },
      end.signal,
    );
    catchUp.start();
    // The readers wait for the prefix.
    await pass(60_000);
    const step = await catchUp.next(0);
    await catchUp.stop();
    return step;
  }

  test('are all kept, more than the ledger can list', async () => {
    const step = await firstMove(true);
    const gaps = ids(0, 7_999).map((n) => ({ from: 2 * n + 1, to: 2 * n + 1 }));
    expect(step).toEqual({ kind: 'confirmed', last: 16_000, gaps, droppedGaps: 0, pages: 17, scannedAt, contents });
  });

  test('are kept up to 20,000 of a stripe, the newest, and the others counted', () => {
    const stripe = new Stripe({ from: 1, end: 60_000, isLast: false, sent: new SentEvents(), before: undefined });
    const odd = (from: number, to: number) => ids(from, to).map((n) => ({ from: 2 * n + 1, to: 2 * n + 1 }));
    stripe.confirm(24_001, odd(0, 12_000), undefined, new Set());
    stripe.confirm(48_001, odd(12_001, 24_000), undefined, new Set());
    expect(stripe.takeConfirmed(0)).toMatchObject({ last: 48_001, gaps: odd(4_001, 24_000), droppedGaps: 4_001 });
  });

  test('are not kept where nobody watches them', async () => {
    expect(await firstMove(false)).toEqual({
      kind: 'confirmed',
      last: 16_000,
      gaps: [],
      droppedGaps: 0,
      pages: 17,
      scannedAt,
      contents,
    });
  });

  test('are all watched, most of them in the window', async () => {
    const { checkpoints, value, open } = behind(everyOther(20_000), { limit: 500, gapPatienceMs: 86_400_000 });
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 40_000);
    await pass(60_000);
    // From the second event on, the first one being believed.
    expect(value('waybill.feed.open_gaps')).toBe(19_999);
    expect(value('waybill.feed.dropped_gaps')).toBeUndefined();
    expect(checkpoints.item?.openGaps?.length).toBeLessThan(20_000);
    await stop(poller);
  });
});

describe('the search for the head', () => {
  test('that a stop ends leaves no send behind', async () => {
    const { queue, checkpoints, open } = behind(scans(1, 20_000));
    const heldAtTheEnd: boolean[] = [];
    let probes = 0;
    queue.before = async (messages) => {
      const isProbe = messages.every(({ body }) => body.split('"eventId"').length === 2);
      if (!isProbe) return [];
      const fails = probes++ % 2 === 0;
      await new Promise((resolve) => setTimeout(resolve, fails ? 2_000 : 7_000));
      heldAtTheEnd.push(checkpoints.item?.holder !== undefined);
      if (fails) throw new Error('cut');
      return [];
    };
    const poller = open();
    poller.start();
    while (probes < 4) await pass(10);
    await stop(poller);
    expect(heldAtTheEnd.length).toBeGreaterThanOrEqual(4);
    expect(heldAtTheEnd).not.toContain(false);
  });

  async function search(feed: MemoryFeed, last: number, { step = 1_600, precision = 100, width = 8 } = {}) {
    const signal = new AbortController().signal;
    return findHead({ last, step, precision, width }, async (from) =>
      eventIdsOf(readElements(await feed.read(from, 1, signal))),
    );
  }

  test('answers an id of the feed, as near to its head as asked for, with few questions', async () => {
    const sizes = fc.record({
      last: fc.nat({ max: 1_000_000 }),
      ahead: fc.integer({ min: 1, max: 3_000_000 }),
      step: fc.integer({ min: 1, max: 5_000 }),
      precision: fc.integer({ min: 1, max: 500 }),
      width: fc.integer({ min: 2, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ last, ahead, step, precision, width }) => {
        const head = last + ahead;
        const feed = new MemoryFeed();
        const answers = Object.assign(feed, {
          read: async (from: number) => {
            feed.requests.push({ fromEventId: from, limit: 1 });
            return from > head ? [] : [scan(from)];
          },
        });
        const found = await search(answers, last, { step, precision, width });
        if (ahead < step) return void expect([found, feed.requests.length]).toEqual([undefined, 1]);
        expect(found).toBeLessThanOrEqual(head);
        expect(found).toBeGreaterThanOrEqual(head - precision);
        expect(feed.requests.length).toBeLessThanOrEqual(1 + (Math.ceil(Math.log2(ahead)) + 3) * width);
      }),
      { numRuns: 200 },
    );
  });

  test('is not led astray by one corrupt id at the tail', async () => {
    const feed = new MemoryFeed([...scans(1, 5_000), ...scans(7_000_000, 7_000_000)]);
    expect(await search(feed, 0)).toBeLessThanOrEqual(5_000);
    expect(await search(feed, 4_950)).toBeUndefined();
  });
});
