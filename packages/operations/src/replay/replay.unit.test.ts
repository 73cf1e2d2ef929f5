import { WaybillError } from '@waybill/shared/error.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pollerVariables } from '../../../poller/src/config.ts';
import { junk, MemoryFeed, type Placed, scan, scans } from '../../../poller/test/memory-feed.ts';
import { MemoryQueue } from '../../../poller/test/memory-queue.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { planShape } from '../record/operation-shape.ts';
import { planReplay, replayRequestsPerSecond } from './plan-replay.ts';
import { runReplay } from './replay.ts';
import type { ReplaySettings } from './replay-plan.ts';

const defaults: ReplaySettings = {
  limit: 10,
  requestsPerSecond: 5,
  messageMaxBytes: 61_440,
  maxQueueMessages: 0,
  isAnnounced: false,
};

type Options = Partial<ReplaySettings> & { readonly position?: number; readonly isGoingOn?: boolean };

function rig(placed: Placed[], { position = 1_000_000, isGoingOn = false, ...settings }: Options = {}) {
  const feed = new MemoryFeed(placed);
  const queue = new MemoryQueue();
  const clock = instantClock();
  const cancel = new AbortController();
  const progress: string[] = [];
  const checkpoints = { read: async () => ({ lastEventId: position, token: 1, counter: 1, holder: 'poller' }) };
  const deps = { feed, queue, clock, random: () => 0.5 };
  const plan = (from: number, to: number) =>
    planReplay(
      { feed, queue, checkpoints },
      { range: { from, to }, settings: { ...defaults, ...settings } },
      cancel.signal,
    );
  const replay = async (from: number, to: number) => {
    const planned = await plan(from, to);
    return runReplay(
      deps,
      { ...planned, isGoingOn },
      { signal: cancel.signal, onProgress: ({ what }) => void progress.push(what) },
    );
  };
  return { feed, queue, clock, cancel, progress, plan, replay };
}

/** An event of one parcel with all others like it. */
const large = (id: number, length: number) => scan(id, { ParcelId: 1, StatusCode: 'x'.repeat(length) });
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const inOrder = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const unique = (numbers: readonly number[]) => inOrder([...new Set(numbers)]);
const down = (status = 503) => new WaybillError('FEED_UNAVAILABLE', 'down', { details: { status } });
const unreadable = () => new WaybillError('FEED_UNREADABLE', 'not JSON', { details: { status: 200 } });

describe('a replay', () => {
  test('sends what the feed has of the range, both ends included, and nothing below or above it', async () => {
    const { queue, replay } = rig(scans(1, 100));
    const result = await replay(15, 62);
    expect(result).toEqual({
      outcome: 'done',
      counts: { events: 48, rejected: 0, messages: 6, pages: 6 },
      problems: [],
      next: undefined,
    });
    expect(inOrder(queue.eventIds)).toEqual(ids(15, 62));
  });

  test('brings all of any feed within the range, whatever ids it skips, late, bad and repeated elements, caps and limits', async () => {
    const element = fc.record({
      skip: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.integer({ min: 1, max: 30_000 })),
      kind: fc.constantFrom('event', 'event', 'event', 'event', 'twice', 'no type', 'junk'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(element, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 2, max: 12 }),
        fc.nat(),
        fc.nat(),
        async (elements, limit, cap, first, second) => {
          let id = 0;
          const placed = elements.flatMap(({ skip, kind }): Placed[] => {
            id += skip;
            if (kind === 'junk') return [{ at: id, element: { junk: id } }];
            if (kind === 'no type') return [{ at: id, element: { ...scan(id), Type: '' } }];
            const one = { at: id, element: scan(id) };
            return kind === 'twice' ? [one, { at: id, element: scan(id, { StatusCode: 'again' }) }] : [one];
          });
          // The feed goes on: without that, a jump at its end cannot be told from a corrupt id.
          const more = [...placed, ...scans(id + 1, id + 20)];
          const { feed, queue, replay } = rig(more, { limit, position: id + 20 });
          feed.cap = cap;
          const [from = 1, to = 1] = [1 + (first % id), 1 + (second % id)].sort((a, b) => a - b);
          const { outcome, problems } = await replay(from, to);
          const events = placed.filter(({ at, element: e }) => at >= from && at <= to && isScan(e));
          const sent = queue.confirmed.map(({ body }) => body).join('\n');
          expect(unique(queue.eventIds)).toEqual(unique(events.map(({ at }) => at)));
          for (const { element: e, at } of events) if (e === 'again') expect(sent).toContain(`"eventId":${at}`);
          expect(outcome === 'done' || problems.length > 0).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('sends both contents of an id between which a page ends, and all of one that fills pages', async () => {
    const twice = [4, 5, 5, 5, 5, 5, 6].map((id, index) => ({ at: id, element: scan(id, { StatusCode: `${index}` }) }));
    const { queue, replay } = rig([...scans(1, 3), ...twice, ...scans(7, 20)], { limit: 3, isGoingOn: true });
    expect(await replay(2, 8)).toMatchObject({ outcome: 'done' });
    expect(queue.eventIds.filter((id) => id === 5)).toHaveLength(5);
    expect(unique(queue.eventIds)).toEqual(ids(2, 8));
  });

  test('sends elements that are no events as they are, those without an id too, and none from beyond the range', async () => {
    const bad = { at: 5, element: { ...scan(5), Type: '' } };
    const { queue, replay } = rig([
      ...scans(1, 4),
      bad,
      ...junk(6, 6),
      ...scans(7, 9),
      ...junk(10, 10),
      ...scans(11, 15),
    ]);
    expect(await replay(3, 8)).toMatchObject({ outcome: 'done', counts: { events: 4, rejected: 2 } });
    expect(queue.unparsed).toEqual([bad.element, { junk: 6 }]);
    expect(inOrder(queue.eventIds)).toEqual([3, 4, 7, 8]);
  });

  test('goes over a page of elements without any usable id, and says so', async () => {
    const { feed, queue, replay } = rig([...scans(1, 5), ...junk(6, 60), ...scans(61, 90)]);
    feed.cap = 10;
    const { outcome, problems } = await replay(1, 80);
    expect(outcome).toBe('partly');
    expect(problems).toEqual(['EventIds 6 to 51: the feed shows no usable id there, what it shows was sent as it is']);
    expect(unique(queue.eventIds)).toEqual([...ids(1, 5), ...ids(61, 80)]);
    expect(queue.unparsed.length).toBeGreaterThanOrEqual(10);
  });

  test.each([
    ['in the range', 500, 200],
    ['above it', 9_000_000, 200],
    ['in a wide range', 40_000, 50_000],
  ])('neither ends nor skips anything for one corrupt id, %s', async (_name, corrupt, to) => {
    const { queue, replay } = rig([...scans(1, 23), { at: 24, element: scan(corrupt) }, ...scans(25, 400)]);
    expect(await replay(1, to)).toMatchObject({ outcome: to > 400 ? 'partly' : 'done' });
    expect(unique(queue.eventIds).filter((id) => id <= 400)).toEqual(
      ids(1, Math.min(to, 400)).filter((id) => id !== 24),
    );
  });

  test('goes over ids that the feed does not have, however many', async () => {
    const { queue, replay } = rig([...scans(1, 5), ...scans(700_000, 700_004), ...scans(900_000, 900_030)]);
    expect(await replay(1, 900_010)).toMatchObject({ outcome: 'done' });
    expect(inOrder(queue.eventIds)).toEqual([...ids(1, 5), ...ids(700_000, 700_004), ...ids(900_000, 900_010)]);
  });

  test('goes on after an empty page in the middle of a feed that gives as many ids as Limit says, not events', async () => {
    const { feed, queue, replay } = rig([...scans(1, 12), ...scans(95, 99), ...scans(300, 320)], { position: 310 });
    const { placed } = feed;
    feed.read = async (from, limit) =>
      placed.filter(({ at }) => at >= from && at < from + limit).map(({ element }) => element);
    expect(await replay(1, 305)).toMatchObject({ outcome: 'done' });
    expect(unique(queue.eventIds)).toEqual([...ids(1, 12), ...ids(95, 99), ...ids(300, 305)]);
  });

  test('ends with the feed, and says so where the poller has read farther', async () => {
    expect(await rig(scans(1, 30), { position: 30 }).replay(1, 50)).toMatchObject({ outcome: 'done', next: undefined });
    const { replay } = rig(scans(1, 30), { position: 40 });
    expect(await replay(1, 50)).toMatchObject({
      outcome: 'partly',
      next: 31,
      problems: ['the feed shows nothing from EventId 31 on, and the poller has read up to 40'],
    });
  });

  test('marks every message as not to be announced, unless it is to be', async () => {
    const quiet = rig([...scans(1, 20), ...junk(21, 21)]);
    await quiet.replay(1, 30);
    expect(quiet.queue.confirmed.length).toBeGreaterThan(2);
    for (const { attributes } of quiet.queue.confirmed) expect(attributes).toEqual({ announce: 'never' });
    const loud = rig(scans(1, 20), { isAnnounced: true });
    await loud.replay(1, 30);
    for (const message of loud.queue.confirmed) expect(message).not.toHaveProperty('attributes');
  });

  test('marks packs as large as SQS takes them, too', async () => {
    const full = Array.from({ length: 270 }, (_, index) => index + 1).map((at) => ({ at, element: large(at, 1_000) }));
    let largest = 0;
    for (let length = 0; length < 1_000; length += 15) {
      const placed = [...full.slice(0, 223), { at: 224, element: large(224, length) }, ...full.slice(224)];
      const { queue, replay } = rig(placed, { limit: 300, messageMaxBytes: 262_144 });
      await replay(1, 270);
      for (const message of queue.confirmed) {
        expect(message.attributes).toEqual({ announce: 'never' });
        largest = Math.max(largest, sizeOf(message));
      }
    }
    expect(largest).toBeLessThanOrEqual(262_144);
    expect(largest).toBeGreaterThan(262_100);
  });

  test('reads no page before the one before is confirmed entry by entry', async () => {
    const { feed, queue, replay } = rig(scans(1, 100), { messageMaxBytes: 1_024 });
    let refused = 0;
    queue.before = (messages) => (refused++ % 2 === 0 ? messages.map((_, index) => index).slice(1) : []);
    feed.before = (from) => void expect(unique(queue.eventIds)).toEqual(expect.arrayContaining(ids(1, from - 1)));
    expect(await replay(1, 100)).toMatchObject({ outcome: 'done' });
    expect(inOrder(queue.eventIds)).toEqual(ids(1, 100));
  });
});

describe('the pace of a replay', () => {
  test('is half of what the poller may ask by default', () => {
    expect(replayRequestsPerSecond).toBe(pollerVariables.SCAN_API_REQUESTS_PER_SECOND.parse(undefined) / 2);
  });

  test('is kept, and no request begins before a time that the feed asks for', async () => {
    const { feed, clock, replay } = rig(scans(1, 500), { requestsPerSecond: 2 });
    const asked: number[] = [];
    feed.before = () => {
      asked.push(clock.monotonic());
      if (asked.length === 20)
        throw new WaybillError('FEED_UNAVAILABLE', 'slowly', { details: { status: 429, retryAfterMs: 60_000 } });
    };
    expect(await replay(1, 400)).toMatchObject({ outcome: 'done' });
    // The first request is the plan's.
    for (const [index, at] of asked.entries())
      if (index >= 4) expect(at - (asked[index - 3] ?? 0)).toBeGreaterThanOrEqual(999);
    expect((asked[20] ?? 0) - (asked[19] ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  test('pauses while the queue holds too much', async () => {
    const { queue, clock, progress, replay } = rig(scans(1, 50), { maxQueueMessages: 100 });
    queue.messagesInQueue = 101;
    const { sleep } = clock;
    Object.assign(clock, {
      sleep: async (ms: number, signal: AbortSignal) => {
        if (clock.monotonic() > 60_000) queue.messagesInQueue = 100;
        else expect(queue.confirmed).toEqual([]);
        await sleep(ms, signal);
      },
    });
    expect(await replay(1, 50)).toMatchObject({ outcome: 'done' });
    expect(progress[0]).toBe('paused: the queue holds 101 messages, next EventId 1');
  });
});

describe('a feed that cannot be read', () => {
  test.each([
    ['one row', [37]],
    ['two rows side by side', [37, 38]],
    ['rows with good ones between', [37, 39, 52]],
    ['the first of the range', [1]],
  ])('in %s is narrowed down to it, and what is passed over is named', async (_name, rows) => {
    const { feed, queue, replay } = rig(scans(1, 200), { limit: 16 });
    feed.before = (from, limit) => {
      if (rows.some((row) => row >= from && row < from + limit)) throw unreadable();
    };
    const { outcome, problems, next } = await replay(1, 150);
    expect({ outcome, next }).toEqual({ outcome: 'partly', next: undefined });
    expect(unique(queue.eventIds)).toEqual(ids(1, 150).filter((id) => !rows.includes(id)));
    expect(problems).toEqual(
      rows.length === 2
        ? ['EventIds 37 to 38 cannot be read (FEED_UNREADABLE): passed over']
        : rows.map((row) => `EventId ${row} cannot be read (FEED_UNREADABLE): passed over`),
    );
  });

  test('with a Limit over its own is read with a smaller one', async () => {
    const { feed, queue, replay } = rig(scans(1, 300), { limit: 100 });
    feed.before = (_from, limit) => {
      if (limit > 30) throw new WaybillError('FEED_UNREADABLE', 'refused', { details: { status: 400 } });
    };
    expect(await replay(1, 200)).toMatchObject({ outcome: 'done', problems: [] });
    expect(unique(queue.eventIds)).toEqual(ids(1, 200));
  });

  test.each([
    ['anywhere', 1],
    ['from there on', 30],
  ])('%s for a while is asked again; for minutes, the replay ends and says where to go on', async (_name, lowest) => {
    const { feed, queue, clock, replay } = rig(scans(1, 100));
    let downMs = Number.POSITIVE_INFINITY;
    let since: number | undefined;
    feed.before = (from, limit) => {
      if (from + limit > 30) since ??= clock.monotonic();
      const isDown = since !== undefined && clock.monotonic() - since < downMs;
      if (isDown && from + limit > lowest) throw down();
    };
    const result = await replay(1, 80);
    expect(result).toMatchObject({
      outcome: 'partly',
      problems: [expect.stringContaining('the feed failed for 5 minutes')],
    });
    expect(unique(queue.eventIds)).toEqual(expect.arrayContaining(ids(1, (result.next ?? 0) - 1)));
    expect(clock.monotonic() - (since ?? 0)).toBeLessThan(900_000);
    since = undefined;
    downMs = 120_000;
    expect(await replay(result.next ?? 0, 80)).toMatchObject({ outcome: 'done' });
    expect(unique(queue.eventIds)).toEqual(ids(1, 80));
  });

  test('because it refuses the token is an error at once', async () => {
    const { feed, clock, replay } = rig(scans(1, 100));
    feed.before = () => {
      throw new WaybillError('FEED_UNREADABLE', 'no access', { details: { status: 401 } });
    };
    await expect(replay(1, 80)).rejects.toThrow('no access');
    expect(clock.monotonic()).toBeLessThan(5_000);
  });
});

describe('a replay that cannot go on', () => {
  test('ends after the page in hand when it is cancelled, and its position is that of the next page', async () => {
    const { queue, cancel, replay } = rig(scans(1, 100), { messageMaxBytes: 1_024 });
    queue.before = () => {
      if (queue.sends === 4) cancel.abort();
      return [];
    };
    const { outcome, next } = await replay(1, 80);
    expect(outcome).toBe('cancelled');
    // The last two ids are read again: the last one may be corrupt, or have more contents.
    const last = Math.max(...queue.eventIds);
    expect(unique(queue.eventIds)).toEqual(ids(1, last));
    expect({ last: last < 80, next }).toEqual({ last: true, next: last - 1 });
  });

  test('says where to go on when the queue takes nothing for minutes', async () => {
    const { queue, replay } = rig(scans(1, 100));
    queue.before = () => {
      if (queue.sends > 3) throw new Error('AccessDenied');
      return [];
    };
    const { outcome, next, problems } = await replay(1, 80);
    expect(outcome).toBe('partly');
    expect(unique(queue.eventIds)).toEqual(expect.arrayContaining(ids(1, (next ?? 0) - 1)));
    expect(problems).toEqual(['the queue did not take what was read: Error: AccessDenied']);
  });

  test('is refused when it meets more than was planned, unless it is told to go on', async () => {
    const many = ids(1, 10).flatMap((at) => ids(1, 3).map((n) => ({ at, element: scan(at, { StatusCode: `${n}` }) })));
    expect(await rig(many).replay(1, 10)).toMatchObject({ outcome: 'refused' });
    expect(await rig(many, { isGoingOn: true }).replay(1, 10)).toMatchObject({ outcome: 'done' });
  });
});

describe('the plan of a replay', () => {
  test('says how many at most, how long and what it costs, and what the feed shows first', async () => {
    const { plan } = rig(scans(1_005, 3_000), { limit: 1_000 });
    const planned = await plan(1_001, 101_000);
    expect(planned.estimate).toMatchObject({ pages: 100, seconds: 20 });
    expect(planShape.parse(planned.plan)).toMatchObject({
      count: 100_000,
      cost: { sqsRequests: 630, writeUnits: 100_000 },
      oldestUtc: '2021-05-11T21:11:34.1506147Z',
      warnings: ['the first EventId that the feed has of this range is 1005'],
    });
    expect(planned.plan.samples).toHaveLength(10);
  });

  test('warns of what the poller will read, too, of an empty feed and of a full queue', async () => {
    const { plan, queue } = rig([], { position: 150, maxQueueMessages: 10 });
    queue.messagesInQueue = 11;
    expect((await plan(100, 200)).plan.warnings).toEqual([
      "50 of these EventIds lie beyond the poller's position 150: it will read them, too",
      'the feed shows nothing from EventId 100 on',
      'the queue holds 11 messages: the replay waits until it holds 10 or fewer',
    ]);
  });

  test('says that the feed did not answer, and is refused for a range that is none', async () => {
    const { plan, feed } = rig(scans(1, 10));
    feed.before = () => {
      throw down();
    };
    expect((await plan(1, 10)).plan.notLookedAt).toContain('the feed: it did not answer (FEED_UNAVAILABLE: down)');
    await expect(plan(10, 9)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(plan(0, 9)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

function isScan(element: unknown): boolean {
  return typeof element === 'object' && element !== null && 'Type' in element && element.Type === 'STATUS';
}
