import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { junk, scan, scans } from '../test/memory-feed.ts';
import { recordedLog } from '../test/observed.ts';
import { pass, rig, stop, useVirtualTime } from '../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const unavailable = (details: Record<string, unknown> = {}) =>
  new WaybillError('FEED_UNAVAILABLE', 'the feed is away', { details });

describe('a feed with events', () => {
  test('ends on the queue, each event once, and the checkpoint at its end', async () => {
    const { feed, queue, checkpoints, open } = rig(scans(1, 1_234));
    const poller = open();
    poller.start();
    await pass(5_000);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 1_234));
    expect(checkpoints.item?.lastEventId).toBe(1_234);
    // A full page may end between two contents of its last id.
    expect(feed.requests[1]).toEqual({ fromEventId: 100, limit: 100 });
    await stop(poller);
    expect(checkpoints.item?.holder).toBeUndefined();
  });

  test('is read on from the checkpoint after a restart', async () => {
    const { feed, queue, open } = rig(scans(1, 50));
    const first = open();
    first.start();
    await pass(2_000);
    await stop(first);
    feed.placed.push(...scans(51, 60));
    const second = open();
    second.start();
    await pass(2_000);
    expect(queue.eventIds).toHaveLength(60);
    await stop(second);
  });

  test('waits the poll interval after a page that is not full, and not after a full one', async () => {
    const { feed, open } = rig(scans(1, 250), { pollIntervalMs: 60_000 });
    const poller = open();
    poller.start();
    await pass(1_000);
    expect(feed.requests.map(({ fromEventId }) => fromEventId)).toEqual([1, 100, 199]);
    await stop(poller);
  });

  test('is read without waits where the server caps the limit', async () => {
    const { feed, queue, open } = rig(scans(1, 250), { pollIntervalMs: 60_000 });
    feed.cap = 20;
    const poller = open();
    poller.start();
    await pass(1_000);
    expect(queue.eventIds).toHaveLength(250);
    await stop(poller);
  });

  test('is read without waits where the server lowers its cap in mid-life, and raises it again', async () => {
    const { feed, queue, checkpoints, open } = rig([], { requestsPerSecond: 200 });
    feed.before = () => new Promise((resolve) => setTimeout(resolve, 5));
    const poller = open();
    poller.start();
    let grown = 0;
    const grow = async (seconds: number) => {
      for (let tick = 0; tick < seconds * 10; tick += 1) {
        feed.placed.push(...scans(grown + 1, grown + 20));
        grown += 20;
        await pass(100);
      }
    };
    await grow(5);
    feed.cap = 5;
    await grow(12);
    // Three pages of the new length, each followed by the poll interval: what came meanwhile is caught up with.
    expect(checkpoints.item?.lastEventId).toBeGreaterThan(grown - 400);
    feed.cap = 100;
    await grow(3);
    expect(grown - (checkpoints.item?.lastEventId ?? 0)).toBeLessThan(250);
    await pass(3_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, grown)));
    await stop(poller);
  });

  test('is asked for one page ahead of the one being sent, and no more', async () => {
    const { feed, queue, open } = rig(scans(1, 1_000));
    const sending = Promise.withResolvers<number[]>();
    queue.before = () => sending.promise;
    const poller = open();
    poller.start();
    await pass(1_000);
    expect(feed.requests).toHaveLength(2);
    sending.resolve([]);
    await pass(1_000);
    expect(queue.eventIds).toHaveLength(1_000);
    await stop(poller);
  });

  test('passes a page out of order, with repeats and larger than asked for on, whole', async () => {
    const { queue, checkpoints, open } = rig([], {
      deps: {
        feed: {
          read: async (from) => (from === 1 ? [5, 3, 4, 3, 1, 2, ...ids(6, 300)].map((id) => scan(id)) : []),
        },
      },
    });
    const poller = open();
    poller.start();
    await pass(1_500);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 300)));
    expect(checkpoints.item?.lastEventId).toBe(300);
    await stop(poller);
  });

  test('passes an event below the position on once, and never moves back for it', async () => {
    const { queue, checkpoints, open } = rig([], {
      deps: { feed: { read: async (from) => [scan(7), ...ids(from, 20).map((id) => scan(id))] } },
      firstEventId: 10,
    });
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(queue.eventIds.filter((id) => id === 7)).toHaveLength(1);
    expect(checkpoints.item?.lastEventId).toBe(20);
    await stop(poller);
  });
});

describe('an idle feed', () => {
  test('costs one request each poll interval, one more every five minutes, no sends, and no writes beyond the renewals', async () => {
    const { feed, queue, checkpoints, open } = rig(scans(1, 10), { maxQueueMessages: 50_000 });
    const poller = open();
    poller.start();
    await pass(10_000);
    const before = { reads: feed.requests.length, renewals: checkpoints.calls.renew, sends: queue.sends };
    const questions = queue.questions;
    await pass(3_600_000);
    // Every five minutes the last id itself is asked for.
    expect(feed.requests.length - before.reads).toBe(3_600 + 12);
    expect(checkpoints.calls.renew - before.renewals).toBe(720);
    expect(queue.sends).toBe(before.sends);
    expect(queue.questions).toBe(questions);
    await stop(poller);
  });

  test('costs no more when its tail holds what cannot move the position: that is sent once', async () => {
    const tail = [
      { at: 251, element: { EventId: 'no id' } },
      { at: 252, element: scan(9_000_000) },
    ];
    const { feed, queue, checkpoints, open } = rig([...scans(1, 250), ...tail]);
    const poller = open();
    poller.start();
    await pass(10_000);
    const { sends } = queue;
    const reads = feed.requests.length;
    await pass(3_600_000);
    // Besides the questions for the last id: what lies beyond, after a wait that doubles to ten minutes.
    expect(feed.requests.length - reads).toBe(3_600 + 12 + 22);
    expect(queue.sends).toBe(sends);
    expect(queue.unparsed).toEqual([{ EventId: 'no id' }]);
    expect(queue.eventIds.filter((id) => id === 9_000_000)).toHaveLength(1);
    expect(checkpoints.item?.lastEventId).toBe(250);
    await stop(poller);
  });

  test('whose tail changes its content passes it on again', async () => {
    const { feed, queue, open } = rig([...scans(1, 250), { at: 251, element: { junk: 1 } }]);
    const poller = open();
    poller.start();
    await pass(10_000);
    feed.placed = [...scans(1, 250), { at: 251, element: { junk: 2 } }];
    await pass(10_000);
    expect(queue.unparsed).toEqual([{ junk: 1 }, { junk: 2 }]);
    await stop(poller);
  });

  test('with nothing but an unusable element leaves the checkpoint empty, so that its first event is believed', async () => {
    const { feed, checkpoints, open } = rig([{ at: 1, element: null }]);
    const poller = open();
    poller.start();
    await pass(10_000);
    expect(checkpoints.item?.lastEventId).toBeUndefined();
    feed.placed = [...feed.placed, { at: 83_269, element: scan(83_269) }];
    await pass(10_000);
    expect(checkpoints.item?.lastEventId).toBe(83_269);
    await stop(poller);
  });
});

describe('a jump of more than 10,000 ids', () => {
  test('is sent at once and crossed, and reported, when something beyond it shows', async () => {
    const { feed, queue, checkpoints, lines, value, open } = rig([...scans(1, 250), ...scans(50_000, 50_000)]);
    const poller = open();
    poller.start();
    await pass(10_000);
    expect(queue.eventIds).toContain(50_000);
    expect(checkpoints.item?.lastEventId).toBe(250);
    feed.placed.push(...scans(50_007, 50_007));
    await pass(2_000);
    expect(checkpoints.item?.lastEventId).toBe(50_007);
    expect(value('waybill.feed.holes')).toBe(1);
    expect(value('waybill.feed.retention_holes')).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', from: 251, to: 49_999 }));
    await stop(poller);
  });

  test('does not hide what comes before it', async () => {
    const { feed, queue, checkpoints, open } = rig([...scans(1, 250), ...scans(8_000_000, 8_000_000)]);
    const poller = open();
    poller.start();
    await pass(10_000);
    feed.placed = [...scans(1, 700), ...scans(8_000_000, 8_000_000)];
    await pass(10_000);
    expect(new Set(queue.eventIds)).toEqual(new Set([...ids(1, 700), 8_000_000]));
    expect(checkpoints.item?.lastEventId).toBe(700);
    await stop(poller);
  });

  test('does not stop a reader that asks for one event at a time', async () => {
    const { checkpoints, open } = rig([...scans(1, 3), ...scans(60_000, 60_010)], { limit: 1 });
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(checkpoints.item?.lastEventId).toBe(60_010);
    await stop(poller);
  });
});

describe('a stretch without usable ids', () => {
  test.each([
    ['longer than a page', junk(101, 450), 100],
    ['that begins the feed', junk(1, 450), 100],
    ['read one element at a time', junk(101, 120), 1],
  ])('%s is crossed: nothing is skipped, all of it that was seen is sent', async (_, stretch, limit) => {
    const first = stretch[0]?.at ?? 0;
    const beyond = (stretch.at(-1)?.at ?? 0) + 1;
    const { queue, checkpoints, open } = rig([...scans(1, first - 1), ...stretch, ...scans(beyond, beyond + 300)], {
      limit,
    });
    const poller = open();
    poller.start();
    await pass(120_000);
    expect(new Set(queue.eventIds)).toEqual(new Set([...ids(1, first - 1), ...ids(beyond, beyond + 300)]));
    expect(checkpoints.item?.lastEventId).toBe(beyond + 300);
    expect(queue.unparsed.length).toBeGreaterThan(Math.min(stretch.length, limit) - 1);
    await stop(poller);
  });

  test('is crossed where the server caps the limit, and the hole reported', async () => {
    const { feed, queue, checkpoints, lines, value, open } = rig([
      ...scans(1, 100),
      ...junk(101, 3_000),
      ...scans(3_001, 3_050),
    ]);
    feed.cap = 50;
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(checkpoints.item?.lastEventId).toBe(3_050);
    expect(new Set(queue.eventIds)).toEqual(new Set([...ids(1, 100), ...ids(3_001, 3_050)]));
    expect(value('waybill.feed.holes')).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'hole in the feed crossed', from: 101, to: 3_000 }));
    await stop(poller);
  });

  test('with nothing beyond it stops the position loudly, without asking hot, until something comes', async () => {
    const { feed, queue, lines, value, open } = rig([...scans(1, 100), ...junk(101, 400)]);
    const poller = open();
    poller.start();
    await pass(20_000);
    expect(poller.ready()).toMatchObject({ ok: false, parts: { progress: { ok: false } } });
    expect(lines.filter(({ level }) => level === 'error')).not.toHaveLength(0);
    expect(queue.unparsed).toHaveLength(300);
    const before = feed.requests.length;
    const pages = value('waybill.feed.pages');
    await pass(400_000);
    expect(feed.requests.length - before).toBeLessThan(400 + 150);
    // The metric of the alarm about a poller without progress.
    expect(value('waybill.feed.pages')).toBe(pages);
    feed.placed.push(...scans(401, 420));
    await pass(400_000);
    expect(queue.eventIds).toHaveLength(120);
    expect(poller.ready().ok).toBe(true);
    expect(value('waybill.feed.pages')).toBeGreaterThan((pages ?? 0) + 100);
    await stop(poller);
  });

  test('that comes whatever is asked for is no progress, loudly', async () => {
    const page = ids(1, 100).map((number) => ({ junk: number }));
    const { queue, lines, open } = rig([], { deps: { feed: { read: async () => page } } });
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(poller.ready().parts['progress']).toMatchObject({ ok: false });
    expect(lines.some(({ level }) => level === 'error')).toBe(true);
    expect(queue.unparsed).toHaveLength(100);
    await stop(poller);
  });
});

describe('thousands of elements without a usable id at the end of a feed', () => {
  test('are passed on once each, 30,000 of them, however often a search reads them', async () => {
    const { feed, queue, open } = rig([...scans(1, 100), ...junk(101, 30_100)]);
    const poller = open();
    poller.start();
    // One search reads each of them several times.
    await pass(9_000);
    expect(feed.requests.filter(({ limit }) => limit === 10_000).length).toBeGreaterThan(5);
    expect(queue.unparsed).toHaveLength(30_000);
    await stop(poller);
  });

  test('are searched only while the queue has room', async () => {
    const { feed, queue, open } = rig([...scans(1, 100), ...junk(101, 3_100)], { maxQueueMessages: 100 });
    // A second each: the depth of the queue is asked for every five.
    feed.before = () => new Promise((resolve) => setTimeout(resolve, 1_000));
    queue.before = () => {
      queue.messagesInQueue = queue.confirmed.length;
      return [];
    };
    const poller = open();
    poller.start();
    await pass(20_000);
    const asked = feed.requests.length;
    expect(asked).toBeLessThan(10);
    await pass(60_000);
    expect(feed.requests.length).toBe(asked);
    await stop(poller);
  });
});

describe('a feed that fails', () => {
  test('is asked again with a growing wait, and readiness goes after three failures in a row', async () => {
    const { feed, queue, value, open } = rig(scans(1, 10));
    const poller = open();
    feed.before = () => {
      throw unavailable();
    };
    poller.start();
    await pass(120_000);
    expect(feed.requests.length).toBeGreaterThan(5);
    // Less than one a second, though it looks for a readable one elsewhere, too.
    expect(feed.requests.length).toBeLessThan(60);
    expect(poller.ready().parts['feed']).toMatchObject({ ok: false });
    expect(value('waybill.feed.requests{FEED_UNAVAILABLE}')).toBe(feed.requests.length);
    feed.before = () => undefined;
    await pass(40_000);
    expect(poller.ready().ok).toBe(true);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 10));
    await stop(poller);
  });

  test('is left alone for as long as its Retry-After says', async () => {
    const { feed, open } = rig(scans(1, 10));
    feed.before = () => {
      throw unavailable({ retryAfterMs: 90_000 });
    };
    const poller = open();
    poller.start();
    await pass(89_000);
    expect(feed.requests).toHaveLength(1);
    await pass(10_000);
    expect(feed.requests).toHaveLength(2);
    await stop(poller);
  });

  test('never gets more requests than its rate allows, failures included', async () => {
    const { feed, open } = rig(scans(1, 20_000), { requestsPerSecond: 2 });
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(feed.requests.length).toBeLessThanOrEqual(2 + 120);
    expect(feed.requests.length).toBeGreaterThanOrEqual(119);
    await stop(poller);
  });

  test('whose pages are too large is asked for smaller ones', async () => {
    const { feed, queue, open } = rig(scans(1, 300));
    feed.before = (_, limit) => {
      if (limit > 20) throw new WaybillError('FEED_UNREADABLE', 'too large', { details: { tooLarge: true } });
    };
    const poller = open();
    poller.start();
    await pass(30_000);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 300));
    expect(poller.ready().ok).toBe(true);
    await stop(poller);
  });

  test('whose single elements are too large makes no progress, loudly, and is not asked hot', async () => {
    const { feed, open } = rig(scans(1, 300));
    feed.before = () => {
      throw new WaybillError('FEED_UNREADABLE', 'too large', { details: { tooLarge: true } });
    };
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(feed.requests.at(-1)?.limit).toBe(1);
    // Less than one a second, though it looks for a readable one elsewhere, too.
    expect(feed.requests.length).toBeLessThan(60);
    expect(poller.ready().parts['feed']?.ok).toBe(false);
    await stop(poller);
  });
});

describe('the queue', () => {
  test('is sent failed entries alone again, and the checkpoint waits for every one of them', async () => {
    const { queue, checkpoints, open } = rig(scans(1, 100), { messageMaxBytes: 1_024 });
    const sizes: number[] = [];
    queue.before = (messages) => {
      sizes.push(messages.length);
      return sizes.length < 20 ? [0] : [];
    };
    const poller = open();
    poller.start();
    await pass(200);
    expect(checkpoints.moves).toEqual([]);
    await pass(120_000);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 100));
    expect(checkpoints.item?.lastEventId).toBe(100);
    await stop(poller);
  });

  test('that is down holds the page, shows in readiness, and gets it when it is back', async () => {
    const { feed, queue, checkpoints, lines, open } = rig(scans(1, 1_000));
    queue.before = () => {
      throw new Error('SQS is away');
    };
    const poller = open();
    poller.start();
    await pass(300_000);
    expect(poller.ready().parts['queue']).toMatchObject({ ok: false });
    const logged = lines.filter(({ msg }) => msg === 'SQS did not confirm sends, will be retried');
    expect(logged.length).toBeGreaterThan(2);
    expect(logged.length).toBeLessThanOrEqual(30);
    expect(poller.live().ok).toBe(true);
    expect(feed.requests).toHaveLength(2);
    expect(checkpoints.moves).toEqual([]);
    queue.before = () => [];
    await pass(20_000);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 1_000));
    expect(poller.ready().ok).toBe(true);
    await stop(poller);
  });

  test('that holds more than MAX_QUEUE_MESSAGES pauses reading, which is said once', async () => {
    const { feed, queue, value, lines, open } = rig(scans(1, 10_000), { maxQueueMessages: 50 });
    queue.messagesInQueue = 51;
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(feed.requests).toHaveLength(0);
    expect(value('waybill.poller.paused')).toBe(1);
    expect(lines.filter(({ msg }) => msg === 'reading paused')).toHaveLength(1);
    queue.messagesInQueue = 50;
    await pass(10_000);
    expect(queue.eventIds).toHaveLength(10_000);
    expect(value('waybill.poller.paused')).toBe(0);
    await stop(poller);
  });

  test('whose depth cannot be asked does not stop the reading', async () => {
    const { queue, open } = rig(scans(1, 1_000), { maxQueueMessages: 50 });
    const deaf = { sendBatch: queue.sendBatch, depth: () => Promise.reject(new Error('AccessDenied')) };
    const poller = open({ queue: deaf });
    poller.start();
    await pass(10_000);
    expect(queue.eventIds).toHaveLength(1_000);
    await stop(poller);
  });
});

describe('a loop that hangs is silent', () => {
  const never = new Promise<never>(() => undefined);
  /** A loop that does nothing for so long is not live (design.md, Environment). */
  const longMs = 90_000;

  test.each([
    ['and the feed is idle', 10],
    ['and the feed has more', 1_000],
  ])('where a send hangs %s', async (_, events) => {
    const { queue, open } = rig(scans(1, events));
    queue.before = () => never;
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(poller.live().ok).toBe(true);
    await pass(longMs);
    expect(poller.live().parts).toMatchObject({ pages: { ok: false }, lease: { ok: true } });
  });

  test('where the reading of a page hangs', async () => {
    const { feed, open } = rig(scans(1, 10));
    const poller = open();
    poller.start();
    await pass(5_000);
    feed.before = () => never;
    await pass(longMs);
    expect(poller.live().parts).toMatchObject({ pages: { ok: false }, lease: { ok: true } });
  });

  test('where the sends of several readers hang', async () => {
    const { feed, queue, value, open } = rig(scans(1, 50_000), { catchUpReaders: 8 });
    feed.before = () => new Promise((resolve) => setTimeout(resolve, 100));
    const poller = open();
    poller.start();
    await pass(2_000);
    expect(value('waybill.feed.catch_ups')).toBe(1);
    queue.before = () => never;
    await pass(longMs);
    expect(poller.live().parts).toMatchObject({ pages: { ok: false } });
  });

  test('where the request for the depth of the queue never returns', async () => {
    const { queue, open } = rig(scans(1, 10), { maxQueueMessages: 50 });
    const poller = open({ queue: { sendBatch: queue.sendBatch, depth: () => never } });
    poller.start();
    await pass(longMs);
    expect(poller.live().parts).toMatchObject({ pages: { ok: false } });
  });

  test('where a renewal of the lease hangs, though its age is asked for with every send', async () => {
    const { feed, queue, checkpoints, open } = rig(scans(1, 10));
    const poller = open();
    poller.start();
    await pass(2_000);
    checkpoints.before = () => never;
    for (let second = 0; second < longMs / 1_000; second += 1) {
      feed.placed.push(...scans(11 + second, 11 + second));
      await pass(1_000);
    }
    expect(queue.sends).toBeGreaterThan(5);
    expect(poller.live().parts).toMatchObject({ lease: { ok: false } });
  });

  test('where standing by hangs', async () => {
    const { checkpoints, open } = rig();
    const poller = open();
    checkpoints.before = () => never;
    poller.start();
    await pass(longMs);
    expect(poller.live().parts).toMatchObject({ lease: { ok: false } });
  });

  test('and not one that sends a page whose messages take longer than the loop may be silent', async () => {
    const { queue, checkpoints, open } = rig(junk(1, 10_000), { limit: 10_000 });
    queue.before = () => new Promise((resolve) => setTimeout(() => resolve([]), 3_000));
    const poller = open();
    poller.start();
    for (let minutes = 0; minutes < 12; minutes += 1) {
      await pass(60_000);
      expect(poller.live().ok).toBe(true);
    }
    expect(checkpoints.item?.lastEventId).toBeUndefined();
    expect(queue.confirmed.length).toBeGreaterThan(5_000);
    await stop(poller);
  });

  test('and not one whose sends SQS refuses for hours', async () => {
    const { queue, open } = rig(scans(1, 10));
    queue.before = () => {
      throw new Error('SQS is away');
    };
    const poller = open();
    poller.start();
    await pass(3 * 3_600_000);
    expect(poller.live().ok).toBe(true);
    await stop(poller);
  });
});

describe('two pollers', () => {
  test('one works and one stands by, and takes over at once when the lease is released', async () => {
    const { feed, queue, checkpoints, open } = rig(scans(1, 100));
    const first = open();
    const second = open({ random: () => 0.5 });
    first.start();
    await pass(10);
    second.start();
    await pass(120_000);
    expect(checkpoints.item?.token).toBe(1);
    expect(second.ready()).toMatchObject({ ok: true, parts: { lease: { detail: 'standing by' } } });
    await stop(first);
    await pass(6_000);
    expect(checkpoints.item?.token).toBe(2);
    feed.placed.push(...scans(101, 150));
    await pass(10_000);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 150));
    await stop(second);
  });

  test('a holder that was frozen past its lease sends nothing when it thaws', async () => {
    const { feed, queue, checkpoints, open } = rig(scans(1, 100));
    let frozenMs = 0;
    const frozen = open({ clock: { ...systemClock, monotonic: () => performance.now() + frozenMs } });
    frozen.start();
    await pass(1_500);
    frozenMs = 20_000;
    checkpoints.item = { lastEventId: 100, token: 2, counter: 40, holder: 'the next' };
    feed.placed.push(...scans(101, 200));
    await pass(1_000);
    expect(queue.eventIds).toHaveLength(100);
    expect(frozen.ready().parts['lease']?.detail).toBe('standing by');
    await stop(frozen);
  });

  test('a holder that loses the lease while SQS is away stands by as ready as any other', async () => {
    const { queue, checkpoints, open } = rig(scans(1, 100));
    queue.before = () => {
      throw new Error('SQS is away');
    };
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(poller.ready()).toMatchObject({ ok: false, parts: { queue: { ok: false } } });
    checkpoints.item = { lastEventId: undefined, token: 2, counter: 40, holder: 'the next' };
    await pass(12_000);
    expect(poller.ready()).toMatchObject({ ok: true, parts: { lease: { detail: 'standing by' } } });
    await stop(poller);
  });

  test('a holder that loses the lease while the queue is full no longer says that it pauses', async () => {
    const { queue, checkpoints, value, open } = rig(scans(1, 100), { maxQueueMessages: 50 });
    queue.messagesInQueue = 51;
    const poller = open();
    poller.start();
    await pass(10_000);
    expect(value('waybill.poller.paused')).toBe(1);
    checkpoints.item = { lastEventId: undefined, token: 2, counter: 40, holder: 'the next' };
    await pass(12_000);
    expect(value('waybill.poller.paused')).toBe(0);
    await stop(poller);
  });

  test('an operator’s reset makes the holder stop and read anew from there', async () => {
    const { queue, checkpoints, lines, open } = rig(scans(1, 300));
    const poller = open();
    poller.start();
    await pass(10_000);
    checkpoints.reset(250);
    await pass(40_000);
    expect(lines.some(({ msg }) => msg === 'lease lost, standing by')).toBe(true);
    expect(queue.eventIds).toHaveLength(350);
    expect(checkpoints.item).toMatchObject({ lastEventId: 300, token: 3 });
    await stop(poller);
  });
});

describe('a stop', () => {
  test('abandons a read in flight and releases the lease', async () => {
    const { feed, checkpoints, open } = rig(scans(1, 100));
    feed.before = (_, __, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const poller = open();
    poller.start();
    await pass(1_000);
    const stopped = poller.stop();
    await pass(1);
    await stopped;
    expect(checkpoints.item?.holder).toBeUndefined();
  });

  test('finishes the page in hand, writes its checkpoint, and begins no other', async () => {
    const { queue, checkpoints, open } = rig(scans(1, 1_000));
    const sending = Promise.withResolvers<number[]>();
    queue.before = () => sending.promise;
    const poller = open();
    poller.start();
    await pass(1_000);
    const stopped = poller.stop();
    await pass(1_000);
    sending.resolve([]);
    await pass(1_000);
    await stopped;
    expect(queue.eventIds).toEqual(expect.arrayContaining(ids(1, 100)));
    expect(queue.eventIds).toHaveLength(100);
    expect(checkpoints.item).toMatchObject({ lastEventId: 100, holder: undefined });
  });

  test('finishes a page of more calls than are under way at once, too', async () => {
    const { queue, checkpoints, open } = rig(scans(1, 10_000), { limit: 10_000 });
    queue.before = async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return [];
    };
    const poller = open();
    poller.start();
    while (queue.sends === 0) await pass(1);
    await stop(poller);
    expect(queue.sends).toBeGreaterThan(4);
    expect(checkpoints.item).toMatchObject({ lastEventId: 10_000, holder: undefined });
  });

  test('does not wait for a queue or a table that is down', async () => {
    const { queue, checkpoints, open } = rig(scans(1, 1_000));
    queue.before = () => {
      throw new Error('SQS is away');
    };
    const poller = open();
    poller.start();
    await pass(5_000);
    checkpoints.before = () => {
      throw new Error('DynamoDB is away');
    };
    await pass(12_000);
    const stopped = poller.stop();
    await pass(3_000);
    await stopped;
    expect(checkpoints.moves).toEqual([]);
  });

  test('is fine before the start, twice, and while standing by', async () => {
    const { open } = rig();
    const never = open();
    await never.stop();
    await never.ended;
    const { checkpoints, open: openOther } = rig();
    checkpoints.before = () => {
      throw new Error('DynamoDB is away');
    };
    const waiting = openOther();
    waiting.start();
    await pass(10_000);
    const stops = [waiting.stop(), waiting.stop()];
    await pass(1);
    await Promise.all(stops);
  });
});

test('an error that nobody foresaw ends the service and releases the lease, though the feed is idle', async () => {
  const { checkpoints, open } = rig(scans(1, 10));
  const { log } = recordedLog();
  log.info = (_fields: unknown, message?: string) => {
    if (message === 'page queued') throw new Error('unforeseen');
  };
  const poller = open({ log });
  const ended = poller.ended.catch((error: unknown) => error);
  poller.start();
  await pass(30_000);
  expect(checkpoints.item).toMatchObject({ token: 1, holder: undefined });
  expect(await ended).toEqual(new Error('unforeseen'));
});

describe('the start', () => {
  test('ends the service over a table with the wrong key', async () => {
    const { open } = rig(scans(1, 10), {
      deps: { checkTables: () => Promise.reject(new WaybillError('TABLE_MISMATCH', 'a parcels table')) },
    });
    const poller = open();
    poller.start();
    await expect(poller.ended).rejects.toThrow('a parcels table');
  });

  test('waits for an engine that is down: live, not ready, and then at work', async () => {
    let isDown = true;
    const answer = async () => {
      if (isDown) throw new Error('DynamoDB is away');
    };
    const { queue, open } = rig(scans(1, 10), { deps: { checkTables: answer, probes: { dynamodb: answer } } });
    const poller = open();
    poller.start();
    await pass(60_000);
    expect(poller.live().ok).toBe(true);
    expect(poller.ready().ok).toBe(false);
    isDown = false;
    await pass(15_000);
    expect(poller.ready().ok).toBe(true);
    expect(queue.eventIds.toSorted((a, b) => a - b)).toEqual(ids(1, 10));
    await stop(poller);
  });
});

describe('a checkpoints table that answers reads and refuses writes', () => {
  const refuse = (operation: string) => {
    if (operation !== 'read') throw new Error('AccessDenied');
  };

  test('makes a poller unready that never could take the lease, and one that holds it; both come back', async () => {
    const { checkpoints, open } = rig(scans(1, 10));
    const poller = open({ probes: { dynamodb: checkpoints.open().read } });
    checkpoints.before = refuse;
    poller.start();
    await pass(15_000);
    expect(poller.ready()).toMatchObject({ ok: false, parts: { dynamodb: { ok: true }, checkpoint: { ok: false } } });
    checkpoints.before = () => undefined;
    await pass(6_000);
    expect(poller.ready().ok).toBe(true);
    checkpoints.before = refuse;
    await pass(15_000);
    expect(poller.ready()).toMatchObject({ ok: false, parts: { checkpoint: { ok: false } } });
    checkpoints.before = () => undefined;
    await pass(6_000);
    expect(poller.ready().ok).toBe(true);
    await stop(poller);
  });

  test('is not held against a poller that has stood by since', async () => {
    const { checkpoints, open } = rig(scans(1, 10));
    const poller = open();
    checkpoints.before = refuse;
    poller.start();
    await pass(15_000);
    checkpoints.item = { lastEventId: undefined, token: 2, counter: 1, holder: 'another' };
    for (let seconds = 0; seconds < 30; seconds += 3) {
      await pass(3_000);
      checkpoints.item = { ...checkpoints.item, counter: checkpoints.item.counter + 1 };
    }
    expect(poller.ready()).toMatchObject({ ok: true, parts: { lease: { detail: 'standing by' } } });
    await stop(poller);
  });
});

describe('elements that are no scan event', () => {
  test('travel alone, as they were received, and are named in the log by code, path and id', async () => {
    const broken = { ...scan(2), Type: 7 };
    const { queue, lines, value, open } = rig([...scans(1, 1), { at: 2, element: broken }, ...scans(3, 3)]);
    const poller = open();
    poller.start();
    await pass(3_000);
    expect(queue.unparsed).toEqual([broken]);
    expect(queue.eventIds.toSorted()).toEqual([1, 3]);
    expect(value('waybill.feed.rejections{INVALID_TYPE}')).toBe(1);
    expect(lines).toContainEqual(
      expect.objectContaining({ elements: [{ code: 'INVALID_TYPE', path: 'Type', eventId: 2 }] }),
    );
    expect(JSON.stringify(lines)).not.toContain('NC1001');
    await stop(poller);
  });
});
