import { WaybillError } from '@waybill/shared/error.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { junk, MemoryFeed, type Placed, scan, scans } from '../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../test/poller-rig.ts';
import { findHead } from './find-head.ts';
import { eventIdsOf, readElements } from './page.ts';

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

  test('sends each event of a dense feed once, but for those seen in finding the head, with few requests more than pages', async () => {
    const { feed, queue, checkpoints, mostAtOnce, value, open } = behind(scans(1, 20_000));
    const poller = open();
    poller.start();
    await untilAt(checkpoints, 20_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 20_000)));
    expect(queue.eventIds.length).toBeLessThan(20_000 + 8 * 6);
    expect(value('waybill.feed.catch_ups')).toBe(1);
    expect(mostAtOnce()).toBeGreaterThanOrEqual(8);
    expect(mostAtOnce()).toBeLessThanOrEqual(9);
    expect(feed.requests.length).toBeLessThan(200 + 8 * 6);
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
    expect(mostAtOnce()).toBe(1);
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

  test('pauses all its readers, and asks the queue for room once, while that is full', async () => {
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

  test('whose readers all meet an outage waits as one, and as long as it is told to', async () => {
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
    // The last of ids too far apart to be believed is passed on, and waits for something beyond it.
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

describe('the search for the head', () => {
  async function search(feed: MemoryFeed, last: number, { step = 1_600, precision = 100, width = 8 } = {}) {
    const signal = new AbortController().signal;
    const pages = findHead({ last, step, precision, width }, async (from) =>
      readElements(await feed.read(from, 1, signal)),
    );
    let next = await pages.next();
    while (!next.done) next = await pages.next();
    return next.value;
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
