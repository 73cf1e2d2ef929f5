import { decodeGaps, encodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scan } from '../../test/memory-feed.ts';
import { pass, rig, seeded, stop, useVirtualTime } from '../../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

type SparseFeed = {
  readonly perSecond: number;
  /** From one id to the next. */
  readonly step: number;
  readonly seconds: number;
  /** One event of so many is late. */
  readonly oneLateOf: number;
  readonly latestMs: number;
  /** The server's own cap of `Limit`. */
  readonly cap?: number;
};

/** A feed in virtual time: event n gets its id at n / perSecond seconds, and is shown then or, some of them, later. */
function sparseFeed({ perSecond, step, seconds, oneLateOf, latestMs, cap = 10_000 }: SparseFeed) {
  const start = performance.now();
  const random = seeded(7);
  const count = perSecond * seconds;
  const shownAt = Float64Array.from({ length: count }, (_, index) => {
    // The first event is believed: what lies before it is not missing.
    const isLate = index > 0 && random() < 1 / oneLateOf;
    return start + (index * 1_000) / perSecond + (isLate ? random() * latestMs : 0);
  });
  const late = [...shownAt].filter((at, index) => at > start + (index * 1_000) / perSecond).length;
  let requests = 0;
  const read: ScanFeed['read'] = async (fromEventId, limit) => {
    requests += 1;
    const now = performance.now();
    const elements: unknown[] = [];
    const written = Math.min(count, Math.floor(((now - start) / 1_000) * perSecond) + 1);
    for (let n = Math.max(1, Math.ceil(fromEventId / step)); n <= written; n += 1) {
      if (elements.length === Math.min(limit, cap)) break;
      if ((shownAt[n - 1] ?? 0) <= now) elements.push(scan(n * step));
    }
    return elements;
  };
  const idsNotIn = (sent: ReadonlySet<number>) =>
    Array.from({ length: count }, (_, index) => (index + 1) * step).filter((id) => !sent.has(id));
  return { feed: { read }, count, idsNotIn, late, requests: () => requests };
}

async function run(options: SparseFeed, { limit = 1_000, catchUpReaders = 1 } = {}) {
  const feed = sparseFeed(options);
  const made = rig([], {
    limit,
    catchUpReaders,
    requestsPerSecond: 10,
    gapPatienceMs: 600_000,
    deps: { feed: feed.feed },
  });
  const poller = made.open();
  poller.start();
  const forSeconds = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) await pass(1_000);
  };
  return { ...made, ...feed, poller, forSeconds };
}

describe('a feed with more gaps than the ledger lists', () => {
  test('every other id missing, 50 events per second in pages of 250, up to five minutes late: none is missed, with a tenth of the requests', async () => {
    const seconds = 800;
    const made = await run({ perSecond: 50, step: 2, seconds, oneLateOf: 50, latestMs: 300_000 }, { limit: 250 });
    await made.forSeconds(seconds);
    const polls = made.value('waybill.feed.pages') ?? 0;
    const questions = made.requests() - polls;
    expect(questions / (10 * seconds)).toBeLessThanOrEqual(0.11);
    expect(made.checkpoints.item?.openGaps?.length).toBeLessThan(10_000);
    // Complete through what is ten minutes old, and a little older where a last reading waits for its turn.
    const watermark = made.checkpoints.item?.watermark ?? 0;
    expect(watermark).toBeGreaterThan(50 * 2 * (seconds - 600 - 130));
    expect(watermark).toBeLessThanOrEqual(50 * 2 * (seconds - 600));
    await made.forSeconds(720);
    const sent = new Set(made.queue.eventIds);
    expect(made.idsNotIn(sent)).toEqual([]);
    // An answer near the head shows some events before the reading does.
    expect(made.queue.eventIds.length / made.count).toBeLessThan(1.005);
    expect(made.late).toBeGreaterThan(650);
    expect(made.value('waybill.feed.dropped_gaps')).toBeUndefined();
    expect(made.value('waybill.feed.gap_reach')).toBe(600);
    await stop(made.poller);
  }, 120_000);

  test.each([
    [
      'one of a thousand ids, 50 events per second',
      { perSecond: 50, step: 1_000, seconds: 300, oneLateOf: 20, latestMs: 240_000 },
    ],
    [
      'one of three ids, a server that caps Limit',
      { perSecond: 50, step: 3, seconds: 300, oneLateOf: 20, latestMs: 240_000, cap: 100 },
    ],
  ])(
    '%s: none is missed',
    async (_, options) => {
      const made = await run(options);
      await made.forSeconds(options.seconds + 720);
      expect(made.idsNotIn(new Set(made.queue.eventIds))).toEqual([]);
      // An answer near the head shows some events before the reading does.
      expect(made.queue.eventIds.length / made.count).toBeLessThan(1.005);
      expect(made.checkpoints.item).toMatchObject({
        watermark: made.checkpoints.item?.lastEventId,
        openGaps: undefined,
      });
      await stop(made.poller);
    },
    60_000,
  );

  test('that is taken over is sent once more from its marks on, and none is missed', async () => {
    const seconds = 400;
    const made = await run({ perSecond: 50, step: 2, seconds, oneLateOf: 20, latestMs: 240_000 });
    await made.forSeconds(200);
    await stop(made.poller);
    const before = made.queue.eventIds.length;
    const next = made.open({ random: seeded(3) });
    next.start();
    await made.forSeconds(seconds + 720);
    expect(made.idsNotIn(new Set(made.queue.eventIds))).toEqual([]);
    expect(made.queue.eventIds.length - made.count).toBeLessThanOrEqual(before);
    expect(made.lines.filter(({ msg }) => msg.startsWith('took over a sparse feed'))).toHaveLength(1);
    expect(made.checkpoints.item?.openGaps).toBeUndefined();
    await stop(next);
  }, 60_000);

  test('that the requests do not suffice for says how late an event may be, once, until they suffice again', async () => {
    const seconds = 2_400;
    const made = await run(
      { perSecond: 40, step: 2, seconds, oneLateOf: 1_000, latestMs: 1_000, cap: 20 },
      { limit: 20 },
    );
    await made.forSeconds(seconds);
    expect(made.value('waybill.feed.gap_reach')).toBeLessThan(600);
    expect(made.value('waybill.feed.dropped_gaps')).toBeGreaterThan(1_000);
    const told = () => made.lines.filter(({ msg }) => msg.startsWith('gaps ')).map(({ level, msg }) => [level, msg]);
    const dropped = ['warn', 'gaps dropped before their patience was over, the watermark moves past them'];
    expect(told()).toEqual([dropped]);
    // None is dropped any more: a whole patience later the episode is over.
    await made.forSeconds(700);
    expect(told()).toEqual([dropped, ['info', 'gaps are watched for their whole patience again']]);
    expect(made.value('waybill.feed.gap_reach')).toBe(600);
    await stop(made.poller);
  }, 120_000);
});

test('a release that knows no marks reads them as gaps', () => {
  const text = encodeGaps(
    [
      { from: 11, to: 5_000, seenAt: 0, isMark: true },
      { from: 5_003, to: 5_004, seenAt: 30_000 },
    ],
    61_000,
    1_000,
  );
  expect(text).toBe('1 b.3um.01p 3.2.v');
  expect(decodeGaps(text ?? '', 9_000, 100_000)).toEqual([
    { from: 11, to: 5_000, seenAt: 39_000, askedAt: undefined, isMark: true },
    { from: 5_003, to: 5_004, seenAt: 69_000, askedAt: undefined },
  ]);
  expect(Number.parseInt('01p', 36)).toBe(61);
});
