import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { cleanShares, type FeedElement, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { realisticFaults } from '@waybill/carrier/scan-api-faults.ts';
import { type ScanApi, type ScanApiOptions, startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { afterEach, expect, test } from 'vitest';
import { expectedParcels } from './outcome/oracle.ts';
import { readWholeFeed, type WholeFeedOptions } from './whole-feed.ts';

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

async function readAll(api: ScanApi, options: WholeFeedOptions = {}): Promise<unknown[]> {
  const elements: unknown[] = [];
  for await (const element of readWholeFeed(api.url, { retryMs: 1, ...options })) elements.push(element);
  return elements;
}

async function idsRead(api: ScanApi, options: WholeFeedOptions = {}): Promise<unknown[]> {
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

test('asks as it is told to, and says what came instead when it is refused', async () => {
  const get = async (url: URL, signal: AbortSignal) => {
    const response = await fetch(url, { headers: { authorization: 'Bearer secret' }, signal });
    return { status: response.status, text: await response.text() };
  };
  const api = await serving(holding(event(1)), { token: 'secret' });
  expect(await idsRead(api, { get })).toEqual([1]);
  await expect(idsRead(api)).rejects.toThrow(/could not be read; .* status 401, \d+ characters$/);
  expect(api.counts().requests).toBe(3);
});

test('gives a page up after ten tries', async () => {
  const api = await serving(holding(event(1)), { faults: { html: 1 } });
  await expect(idsRead(api)).rejects.toThrow(/status 200, \d+ characters$/);
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
