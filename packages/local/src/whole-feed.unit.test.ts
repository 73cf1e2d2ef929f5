import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { cleanShares, type FeedElement, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { realisticFaults } from '@waybill/carrier/scan-api-faults.ts';
import { type ScanApi, type ScanApiOptions, startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { oddFeeds } from '../../operations/test/odd-feeds.ts';
import {
  feedWith,
  idRange,
  type Question,
  type Reply,
  startScriptedFeed,
} from '../../operations/test/scripted-feed.ts';
import { expectedParcels } from './outcome/oracle.ts';
import { goesOnBeyond, readWholeFeed, type WholeFeedOptions } from './whole-feed.ts';

const running: ScanApi[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.stop()));
});

async function serving(feed: HeldFeed, options: Partial<ScanApiOptions> = {}): Promise<ScanApi> {
  const api = await startScanApi({ feed, seed: 1, ...options });
  running.push(api);
  return api;
}

const event = (position: number, EventId: unknown = position): FeedElement => ({
  position,
  json: JSON.stringify({ EventId }),
});

const holding = (...elements: FeedElement[]) => new HeldFeed(elements.values(), elements.length);

type Served = Pick<ScanApi, 'url'>;

const feedOf = ({ url }: Served, token = '') => scanApi({ url, token, timeoutMs: 60_000, clock: systemClock });

async function readAll(api: Served, options: WholeFeedOptions & { token?: string } = {}): Promise<unknown[]> {
  const { token, ...others } = options;
  const elements: unknown[] = [];
  for await (const element of readWholeFeed(feedOf(api, token), { retryMs: 1, longestPauseMs: 1, ...others }))
    elements.push(element);
  return elements;
}

async function idsRead(api: Served, options: WholeFeedOptions & { token?: string } = {}): Promise<unknown[]> {
  return (await readAll(api, options)).map((element) => (element as { EventId: unknown }).EventId);
}

test('a feed with every fault is read whole: the parcels are those of what it holds', async () => {
  const feed = new HeldFeed(simulateFeed({ seed: 5, shares: { late: 0, bad: 0.05, wild: 0.001 } }), 20_000);
  const api = await serving(feed, { faults: { ...realisticFaults, tooManyDate: 0.02, cut: 0.05 }, slowMs: 1 });
  const read = await readAll(api, { limit: 25 });
  const held = [...feed.elements()].map(({ element }) => element);
  expect(Object.fromEntries(expectedParcels(read))).toEqual(Object.fromEntries(expectedParcels(held)));
  const unmet = Object.entries(api.counts().faults).filter(([, count]) => count === 0);
  expect(unmet).toEqual([['stalled', 0]]);
});

test('reads to an id and not beyond', async () => {
  const api = await serving(new HeldFeed(simulateFeed({ seed: 1, shares: cleanShares, firstEventId: 1 }), 500));
  expect((await idsRead(api, { from: 11, through: 250, limit: 100 })).length).toBe(240);
});

test('steps over elements without usable ids, however many there are', async () => {
  const nameless = Array.from({ length: 3_000 }, (_, index) => event(index + 2, 'none'));
  const api = await serving(holding(event(1), ...nameless, event(3_100)), { maxLimit: 50 });
  expect(await idsRead(api, { limit: 50 })).toEqual(expect.arrayContaining([1, 3_100]));
});

test('is not led astray by one corrupt id, but follows the feed over a real gap', async () => {
  const feed = holding(event(1), event(2, 900_000_000), event(3), event(4), event(500_000), event(500_001));
  const api = await serving(feed);
  expect(await idsRead(api, { limit: 2 })).toEqual(expect.arrayContaining([1, 900_000_000, 3, 4, 500_000, 500_001]));
});

test('believes the first id, however high, as old events disappear', async () => {
  const api = await serving(holding(event(7_000_000), event(7_000_001)));
  expect(await idsRead(api)).toEqual([7_000_000, 7_000_001]);
});

test('sends its token, and says what came instead when it is refused', async () => {
  const api = await serving(holding(event(1)), { token: 'secret' });
  expect(await idsRead(api, { token: 'secret' })).toEqual([1]);
  await expect(idsRead(api)).rejects.toThrow(/could not be read from EventId 1: .*status 401/);
  expect(api.counts().requests).toBe(4);
});

test('gives a page up after ten tries', async () => {
  const api = await serving(holding(event(1)), { faults: { html: 1 } });
  await expect(idsRead(api)).rejects.toThrow(/could not be read from EventId 1: .*is not JSON/);
  expect(api.counts().requests).toBe(10);
});

test('stops reading when the signal aborts', async () => {
  const api = await serving(holding(event(1)), { latencyMs: 60_000 });
  const patience = new AbortController();
  const read = idsRead(api, { signal: patience.signal });
  await expect.poll(() => api.counts().requests).toBe(1);
  patience.abort(new Error('enough'));
  await expect(read).rejects.toThrow('enough');
});

describe('what is read may be less than there is', () => {
  const doubtsOf = async (reply: (question: Question) => Reply, options: WholeFeedOptions = {}) => {
    const feed = await startScriptedFeed(reply);
    const doubts: string[] = [];
    const ids = await idsRead(feed, { onDoubt: (doubt) => doubts.push(doubt), ...options });
    await feed.stop();
    return { ids: new Set(ids).size, doubts };
  };

  test('where FromEventId is ignored', async () => {
    const reply = odd('ignores FromEventId');
    expect(await doubtsOf(reply)).toEqual({
      ids: 200,
      doubts: ['Asked from EventId 5200, the API returned its first page again: it may hold more than it shows.'],
    });
  });

  test('where FromEventId is exclusive, or is an offset', async () => {
    const left = /^Asked from EventId \d+, which it had returned before, the API left it out/;
    for (const is of ['is exclusive', 'takes FromEventId for an offset']) {
      const { doubts } = await doubtsOf(odd(is), { limit: 200 });
      expect(doubts[0]).toMatch(left);
    }
  });

  test('where ids begin again, or events are gone, below what was read before', async () => {
    expect((await doubtsOf(feedWith({ ids: idRange(1, 30) }), { through: 900 })).doubts).toEqual([
      'The feed ends at EventId 30 now, and was read to 900 before: events have gone, or ids began again.',
    ]);
  });

  test('and not where all is as it should be, in whatever order and size pages come', async () => {
    for (const is of ['ignores Limit', 'caps Limit at 25', 'descends within a page']) {
      expect(await doubtsOf(odd(is))).toEqual({ ids: 1_000, doubts: [] });
    }
  });

  test('nor where pages repeat what came before', async () => {
    const held = new HeldFeed(simulateFeed({ seed: 7, activeParcels: 20, shares: { late: 0 } }), 400);
    const api = await serving(held, { faults: { repeated: 0.5, disorder: 0.5, oversized: 0.3 } });
    const doubts: string[] = [];
    await readAll(api, { limit: 10, onDoubt: (doubt) => doubts.push(doubt) });
    expect(doubts).toEqual([]);
  });
});

test('a feed goes on only where it shows an event that reading could come to', async () => {
  const answers = async (ids: readonly number[], beyond: number) => {
    const feed = await startScriptedFeed(feedWith({ ids }));
    const goesOn = await goesOnBeyond(feedOf(feed), beyond);
    await feed.stop();
    return goesOn;
  };
  expect(await answers(idRange(1, 30), 29)).toBe(true);
  expect(await answers(idRange(1, 30), 30)).toBe(false);
  // One corrupt id is not the feed going on.
  expect(await answers([...idRange(1, 30), 5_000_000], 30)).toBe(false);
  expect(await answers([...idRange(1, 30), 5_000_000, 5_000_001], 30)).toBe(true);
});

function odd(is: string): (question: Question) => Reply {
  const found = oddFeeds.find((each) => each.is === is);
  if (!found) throw new Error(`no odd feed ${is}`);
  return found.reply;
}

test('an API that returns elements without ids wherever it is asked is read to an end', async () => {
  const asked: number[] = [];
  const feed = {
    read: async (fromEventId: number) => {
      asked.push(fromEventId);
      if (asked.length > 1_000) throw new Error('asked for ever');
      return [{}, {}];
    },
  };
  let elements = 0;
  for await (const _ of readWholeFeed(feed, { limit: 2, retryMs: 0 })) elements += 1;
  expect(asked.at(-1)).toBe(2 ** 52);
  expect(elements).toBe(2 * asked.length);
});
