import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { HeldFeed } from './feed/held-feed.ts';
import { cleanShares, type FeedShares, simulateFeed } from './feed/simulated-feed.ts';
import { type FaultKind, noFaults, realisticFaults } from './scan-api-faults.ts';
import { type ScanApi, type ScanApiOptions, startScanApi } from './scan-api-server.ts';

const running: ScanApi[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.stop()));
});

type Setting = Partial<ScanApiOptions> & { readonly events?: number; readonly shares?: Partial<FeedShares> };

/** By default 1,000 plain events with the ids 1 to 1,000, and no faults. */
async function serving({ events = 1_000, shares = cleanShares, seed = 1, ...options }: Setting = {}): Promise<ScanApi> {
  const feed = new HeldFeed(simulateFeed({ seed, shares, firstEventId: 1 }), events);
  const api = await startScanApi({ feed, seed, ...options });
  running.push(api);
  return api;
}

const ask = (api: ScanApi, query = '', init: RequestInit = {}) => fetch(`${api.url}?${query}`, init);

async function idsOf(response: Response): Promise<number[]> {
  const { ScanEvents } = (await response.json()) as { ScanEvents: { EventId: number }[] };
  return ScanEvents.map(({ EventId }) => EventId);
}

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('answers events from an id on, ascending, at most as many as asked for', async () => {
  const api = await serving();
  const response = await ask(api, 'FromEventId=42&Limit=3');
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(await idsOf(response)).toEqual([42, 43, 44]);
});

test('answers a hundred from the first event on when asked for nothing in particular', async () => {
  expect(await idsOf(await ask(await serving()))).toEqual(ids(1, 100));
});

test('answers an empty list when there is nothing newer, and what was appended later', async () => {
  const api = await serving();
  expect(await idsOf(await ask(api, 'FromEventId=1001'))).toEqual([]);
  api.feed.append(2);
  expect(await idsOf(await ask(api, 'FromEventId=1001'))).toEqual([1001, 1002]);
  expect(api.counts()).toMatchObject({ requests: 2, pages: 1, emptyPages: 1, elements: 2 });
});

test('caps the limit', async () => {
  expect(await idsOf(await ask(await serving({ maxLimit: 7 }), 'Limit=100'))).toEqual(ids(1, 7));
});

test('wants its bearer token, when it has one', async () => {
  const api = await serving({ token: 'secret' });
  expect((await ask(api)).status).toBe(401);
  expect((await ask(api, '', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  expect((await ask(api, '', { headers: { authorization: 'Bearer secret' } })).status).toBe(200);
});

test.each(['FromEventId=-1', 'FromEventId=1.5', 'FromEventId=x', 'Limit=0', 'Limit=', 'Limit=1e3'])(
  'refuses the query %s',
  async (query) => {
    expect((await ask(await serving(), query)).status).toBe(400);
  },
);

test('refuses other methods and other places', async () => {
  const api = await serving();
  expect((await ask(api, '', { method: 'POST' })).status).toBe(405);
  expect((await fetch(new URL('/else', api.url))).status).toBe(404);
});

test('takes its time before every answer', async () => {
  const api = await serving({ latencyMs: 30 });
  const started = performance.now();
  await ask(api);
  // Timers may fire a millisecond early.
  expect(performance.now() - started).toBeGreaterThanOrEqual(29);
});

const always = (kind: FaultKind) => ({ faults: { [kind]: 1 } });

test.each([
  ['tooManySeconds', 429],
  ['tooManyDate', 429],
  ['tooManyBare', 429],
  ['serverError', 500],
  ['badGateway', 502],
  ['unavailable', 503],
] as const)('%s is a %i', async (kind, status) => {
  const api = await serving(always(kind));
  expect((await ask(api)).status).toBe(status);
  expect(api.counts()).toMatchObject({ pages: 0, faults: { ...noFaults, [kind]: 1 } });
});

test('refuses every request while it is told to, and serves the same pages afterwards', async () => {
  const api = await serving();
  api.refuse('unavailable');
  expect([(await ask(api)).status, (await ask(api)).status]).toEqual([503, 503]);
  api.refuse(undefined);
  expect(await idsOf(await ask(api, 'Limit=2'))).toEqual([1, 2]);
  expect(api.counts()).toMatchObject({ pages: 1, faults: { ...noFaults, unavailable: 2 } });
});

test('Retry-After comes in seconds, as a date in the future, or not at all', async () => {
  const retryAfter = async (kind: FaultKind) => {
    const response = await ask(await serving({ ...always(kind), now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 999) }));
    return response.headers.get('retry-after');
  };
  expect(await retryAfter('tooManySeconds')).toBe('1');
  expect(await retryAfter('tooManyDate')).toBe('Fri, 02 Jan 2026 03:04:07 GMT');
  expect(await retryAfter('tooManyBare')).toBeNull();
});

test('an error page for people comes with status 200, and so does JSON of another shape', async () => {
  const page = await ask(await serving(always('html')));
  expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
    200,
    'text/html; charset=utf-8',
    expect.stringMatching(/^<!doctype html>/),
  ]);
  const envelope = await ask(await serving(always('envelope')));
  expect([envelope.status, await envelope.json()]).toEqual([200, expect.not.objectContaining({ ScanEvents: [] })]);
});

test('connections are cut in the middle of an answer and before it', async () => {
  const api = await serving(always('cut'));
  const begun = await ask(api);
  expect(begun.status).toBe(200);
  await expect(begun.text()).rejects.toThrow();
  await expect(ask(api)).rejects.toThrow();
  expect(api.counts()).toMatchObject({ pages: 0, faults: { cut: 2 } });
});

test('a stalled answer begins and does not end until its reader gives up', async () => {
  const api = await serving(always('stalled'));
  const patience = new AbortController();
  const response = await ask(api, '', { signal: patience.signal });
  const reader = response.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  const rest = reader?.read();
  patience.abort();
  await expect(rest).rejects.toThrow();
});

test('a slow answer is a whole one', async () => {
  const api = await serving({ ...always('slow'), slowMs: 5 });
  expect(await idsOf(await ask(api, 'Limit=3'))).toEqual([1, 2, 3]);
  expect(api.counts().faults.slow).toBe(1);
});

test('a page may repeat elements from before, be out of order, or be larger than asked for', async () => {
  const query = 'FromEventId=50&Limit=10';
  const repeated = await idsOf(await ask(await serving(always('repeated')), query));
  expect(repeated.slice(-10)).toEqual(ids(50, 59));
  expect(repeated.at(-11)).toBe(49);

  const disorder = await idsOf(await ask(await serving(always('disorder')), query));
  expect(disorder).not.toEqual(ids(50, 59));
  expect(disorder.toSorted((a, b) => a - b)).toEqual(ids(50, 59));

  const oversized = await idsOf(await ask(await serving(always('oversized')), query));
  expect(oversized.length).toBeGreaterThan(10);
  expect(oversized).toEqual(ids(50, 49 + oversized.length));
});

test('a fault that could not show stays due and is not counted', async () => {
  const api = await serving({ faults: { repeated: 1, disorder: 1, oversized: 1 } });
  await ask(api, 'FromEventId=5000');
  expect(api.counts().faults).toEqual(noFaults);
});

test('each fault comes once in a fixed number of requests, so that even a short run has it', () => {
  return fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const api = await serving({ seed, faults: { unavailable: 0.1, repeated: 0.05 } });
      for (let request = 0; request < 40; request++) await (await ask(api, 'FromEventId=50')).text();
      expect(api.counts().faults).toMatchObject({
        unavailable: 4,
        repeated: expect.toSatisfy((n) => n >= 1 && n <= 2),
      });
    }),
    { numRuns: 5 },
  );
});

test('the same seed and the same requests get the same answers', async () => {
  const run = async () => {
    const api = await serving({ seed: 11, shares: {}, faults: { ...realisticFaults, slow: 0 }, now: () => 0 });
    const digest = createHash('sha256');
    for (let from = 1; from < 1_000; from += 3) {
      const outcome = await ask(api, `FromEventId=${from}&Limit=5`)
        .then(async (response) => `${response.status} ${response.headers.get('retry-after')} ${await response.text()}`)
        .catch(() => 'cut');
      digest.update(outcome);
    }
    return [digest.digest('hex'), api.counts()];
  };
  expect(await run()).toEqual(await run());
});

test('counts what was really served', async () => {
  const api = await serving({ events: 3_000, shares: { bad: 0.05, late: 0.01 } });
  for (let round = 0; round < 10; round++) {
    for (let from = 1; from < 3_500; from += 100) await (await ask(api, `FromEventId=${from}&Limit=200`)).text();
  }
  const held = [...api.feed.elements()];
  const { badElements, lateIds, elements, repeats } = api.counts();
  expect(badElements).toBe(held.filter(({ bad }) => bad).length);
  expect(lateIds).toBe(api.feed.lateIds().filter(({ state }) => state === 'served').length);
  expect(lateIds).toBeGreaterThan(10);
  expect(elements - repeats).toBe(held.filter(({ late }) => late === undefined || late === 'served').length);
});

test('stops at once, even in the middle of answers, and more than once', async () => {
  const api = await serving({ latencyMs: 60_000 });
  const asked = ask(api);
  await expect.poll(() => api.counts().requests).toBe(1);
  await Promise.all([api.stop(), api.stop()]);
  await api.stop();
  await expect(asked).rejects.toThrow();
});
