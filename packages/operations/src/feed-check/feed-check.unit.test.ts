import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { type noFaults, realisticFaults } from '@waybill/carrier/scan-api-faults.ts';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { type Clock, systemClock } from '@waybill/shared/clock.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leaksIn } from '../../../shared/test/planted-secrets.ts';
import {
  type FeedTraits,
  feedElement,
  feedWith,
  idRange,
  type ScriptedFeed,
  startScriptedFeed,
} from '../../test/scripted-feed.ts';
import { checkFeed } from './feed-check.ts';
import { type Check, type FeedCheck, feedCheckShape, type Level } from './finding.ts';
import { mostMs, mostRequests } from './questions.ts';
import { requestFindings } from './request-findings.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(splice().map((stop) => stop()));
});
const splice = () => stops.splice(0);

/** A clock on which pauses take no time; only what lasts as long as a whole check is waited for, or is over at once. */
function hurried(isOver = false): Clock & { readonly pausesMs: number[] } {
  const pausesMs: number[] = [];
  const passed = () => pausesMs.reduce((sum, ms) => sum + ms, 0);
  return {
    pausesMs,
    now: () => Date.parse('2026-11-28T22:15:30Z') + passed(),
    monotonic: () => performance.now() + passed(),
    sleep: async (ms, signal) => {
      if (ms >= mostMs) return isOver ? undefined : systemClock.sleep(ms, signal);
      if (!signal.aborted) pausesMs.push(ms);
    },
  };
}

type Setting = {
  readonly token?: string;
  readonly query?: string;
  readonly limit?: number;
  readonly fromEventId?: number;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
};

const open = new AbortController().signal;

/** The check of this address, held to its shape. */
async function checkOf(url: string, setting: Setting = {}): Promise<FeedCheck> {
  const {
    token = '',
    query = '',
    limit = 100,
    fromEventId = 1,
    timeoutMs = 5_000,
    clock = hurried(),
    signal = open,
  } = setting;
  const address = `${url}${query}`;
  const checked = await checkFeed(
    { open: (observer) => scanApi({ url: address, token, timeoutMs, clock: systemClock, observer }), clock },
    { url: address, credentials: token === '' ? [] : ['SCAN_API_TOKEN'], limit, fromEventId, timeoutMs },
    signal,
  );
  return feedCheckShape.parse(checked);
}

async function serving(reply: Parameters<typeof startScriptedFeed>[0]): Promise<ScriptedFeed> {
  const feed = await startScriptedFeed(reply);
  stops.push(feed.stop);
  return feed;
}

async function checkWith(traits: FeedTraits, setting: Setting = {}): Promise<FeedCheck> {
  return checkOf((await serving(feedWith(traits))).url, setting);
}

const said = ({ findings }: FeedCheck) =>
  findings.map(({ check, level, sentence }) => `${check} ${level}: ${sentence}`);

let flawless: FeedCheck;
beforeAll(async () => {
  const feed = await startScriptedFeed(feedWith({ ids: idRange(1, 12_000) }));
  flawless = await checkOf(feed.url, { token: 't0ken' });
  await feed.stop();
});

describe('a feed that does all as it should', () => {
  test('can be mirrored, and everything about it is good', async () => {
    const checked = flawless;
    expect(checked).toMatchObject({ canBeMirrored: true, notLookedAt: [], url: expect.stringMatching(/^http:/) });
    expect(checked.findings.filter(({ level }) => level !== 'good')).toEqual([]);
    expect(said(checked)).toEqual([
      'reachable good: The API responds.',
      'authorised good: The API accepts the token.',
      'envelope good: The response is an object with an array ScanEvents.',
      'first-event good: The first event is EventId 1.',
      'elements good: All 200 elements that were read are scan events.',
      'order good: The ids of a page ascend.',
      'steps good: No id is skipped from 1 to 200.',
      'repeats good: No event came twice.',
      "timestamps good: All times end in Z, with 7 digits of a second's fraction.",
      'types good: All types are known (STATUS, PICKUP, DELIVERY).',
      'from-event-id good: FromEventId is inclusive: asked from EventId 51, the API returned it.',
      'limit good: Limit is honoured: 1, 2, 100, 1,000, 10,000 gave as many elements.',
      'beyond-newest good: Beyond its newest event (asked from 1000200) the API returns an empty ScanEvents.',
      'compression good: Pages come compressed (gzip).',
      expect.stringMatching(/^speed good: A page takes \d+ ms \(median of \d\), [\d,]+ ms at most\.$/),
    ]);
    expect(checked.requests).toBeLessThan(10);
  });

  test('is read below the pace of the poller', async () => {
    const { requests, tookMs } = await checkWith({});
    expect(requests).toBeGreaterThan(6);
    // Three at once, then three per second.
    expect(requests).toBeLessThanOrEqual(4 + (3 * tookMs) / 1_000);
  });
});

/** What makes a finding appear. The feed that does all as it should never has it. */
const cases: readonly (readonly [
  check: Check,
  level: Level,
  sentence: RegExp,
  traits: FeedTraits,
  setting?: Setting,
])[] = [
  [
    'authorised',
    'problem',
    /status 401: it wants a token: set SCAN_API_TOKEN, SCAN_API_OAUTH or SCAN_API_HEADERS\.$/,
    { first: () => ({ status: 401 }) },
  ],
  [
    'authorised',
    'problem',
    /status 401: it does not accept the token of/,
    { first: () => ({ status: 401 }) },
    { token: 'a' },
  ],
  ['authorised', 'problem', /status 403: .* \(or does not serve this network\)\.$/, { first: () => ({ status: 403 }) }],
  ['reachable', 'problem', /returned status 503\.$/, { first: () => ({ status: 503 }) }],
  ['envelope', 'problem', /status 404: check the path of SCAN_API_URL/, { first: () => ({ status: 404 }) }],
  [
    'envelope',
    'problem',
    /redirects to http:\/\/host\/v2; if that is right, set SCAN_API_URL/,
    { first: () => ({ status: 301, headers: { location: 'http://host/v2?key=a' } }) },
  ],
  ['envelope', 'problem', /is not JSON: it goes wrong at character 0 of 6\.$/, { first: () => ({ body: '<html>' }) }],
  [
    'envelope',
    'problem',
    /is not an object with an array "ScanEvents": an array of 0 elements is its "Events"\.$/,
    { first: () => ({ body: '{"Events":[]}' }) },
  ],
  [
    'envelope',
    'problem',
    /has the coding "br", which is not understood/,
    { first: () => ({ headers: { 'content-encoding': 'br' } }) },
  ],
  [
    'envelope',
    'note',
    /^The first page is ScanEvents: null, which/,
    { ids: [], beyond: { body: '{"ScanEvents":null}' } },
  ],
  ['envelope', 'note', /^The first page is status 204, which/, { ids: [], beyond: { status: 204 } }],
  ['first-event', 'note', /^The feed holds no events from EventId 1 on\.$/, { ids: [] }],
  [
    'first-event',
    'note',
    /^The first event is EventId 83269, although 1 was asked for/,
    { ids: idRange(83_269, 83_600) },
  ],
  [
    'elements',
    'note',
    /^Waybill rejects 2 of 200 elements: 2 × INVALID_ID: ParcelId is a string of 4 digits, expected a whole number .* \(such as 5002\), as in EventId 7\./,
    { elementOf: (id) => feedElement(id, id % 100 === 7 ? { ParcelId: '5002' } : {}) },
  ],
  [
    'elements',
    'problem',
    /^Waybill rejects every one of 100 elements for one reason: INVALID_ID: ParcelId is a string of \d digits?, expected/,
    { elementOf: (id) => feedElement(id, { ParcelId: '9'.repeat(1 + (id % 3)) }) },
  ],
  [
    'elements',
    'problem',
    /^Waybill rejects every one of 100 elements for one reason: INVALID_DATE: CreatedDateTimeUtc is a number, .* That is more than one in 10/,
    { elementOf: (id) => feedElement(id, { CreatedDateTimeUtc: 1_620_767_494_150 }) },
  ],
  ['order', 'note', /^The ids of a page do not ascend/, { page: (elements) => elements.toReversed() }],
  [
    'steps',
    'note',
    /^Ids are skipped from 2 to 400: the median step is 2, the largest 2\. .*GAP_PATIENCE_SECONDS/,
    { ids: idRange(1, 300).map((id) => id * 2) },
  ],
  [
    'steps',
    'note',
    /the largest 20,001\. Waybill follows a step of more than 10,000 only/,
    { ids: [...idRange(1, 49), 20_050, ...idRange(20_051, 20_300)] },
  ],
  [
    'repeats',
    'note',
    /^3 events came again with the same content/,
    {
      page: (elements, { from }) =>
        from === 101 ? [...idRange(98, 100).map((id) => feedElement(id)), ...elements] : elements,
    },
  ],
  [
    'repeats',
    'note',
    /^1 id came with different contents, as EventId 5\./,
    {
      page: (elements, { nth }) => (nth === 1 ? [...elements, feedElement(5, { StatusCode: 'CORRECTED' })] : elements),
    },
  ],
  [
    'timestamps',
    'note',
    /: 200 without a zone\. Waybill takes a time without a zone for UTC: ask the carrier whether it is\.$/,
    { elementOf: (id) => feedElement(id, { CreatedDateTimeUtc: '2021-05-11T21:11:34' }) },
  ],
  [
    'timestamps',
    'note',
    /: 199 ending in Z, 1 with an offset\. Waybill rejects a time with an offset\.$/,
    { elementOf: (id) => feedElement(id, id === 9 ? { CreatedDateTimeUtc: '2021-05-11T21:11:34+02:00' } : {}) },
  ],
  [
    'timestamps',
    'note',
    /: 199 ending in Z, 1 as null\.$/,
    { elementOf: (id) => feedElement(id, id === 9 ? { CreatedDateTimeUtc: null } : {}) },
  ],
  [
    'timestamps',
    'note',
    /: 199 ending in Z, 1 in another form\.$/,
    { elementOf: (id) => feedElement(id, id === 9 ? { CreatedDateTimeUtc: 'noon' } : {}) },
  ],
  [
    'types',
    'note',
    /^3 types set no milestone: CUSTOMS_HOLD, XRAY, 1 not shown\./,
    { elementOf: (id) => feedElement(id, { Type: ['STATUS', 'XRAY', 'CUSTOMS_HOLD', 'for NC1001'][id % 4] }) },
  ],
  [
    'from-event-id',
    'problem',
    /^FromEventId is exclusive: asked from EventId 52, the API left it out, and asked from 51, it returned it/,
    { isExclusive: true },
  ],
  [
    'from-event-id',
    'problem',
    /^FromEventId is not honoured/,
    { page: (_, { limit }) => idRange(1, limit).map((id) => feedElement(id)) },
  ],
  [
    'from-event-id',
    'problem',
    /^A small Limit does not return the lowest ids: asked from EventId 51/,
    { page: (elements, { from, limit }) => (limit === 1 && from < 200 ? [feedElement(300)] : elements) },
  ],
  [
    'from-event-id',
    'problem',
    /^FromEventId does not lead to its event: EventId 51 was on the first page/,
    {
      page: (elements, { nth, limit, from }) => (nth > 1 && limit <= 100 && from <= 51 ? [feedElement(120)] : elements),
    },
  ],
  [
    'limit',
    'note',
    /^Limit is not honoured: for 1 the API returned 100 elements\./,
    { page: (_, { from }) => idRange(from, Math.min(300, from + 99)).map((id) => feedElement(id)) },
  ],
  [
    'limit',
    'note',
    /^The API returns 50 elements at most, whatever Limit says\. .*set SCAN_API_LIMIT to 50 /,
    { cap: 50 },
  ],
  [
    'limit',
    'good',
    /^The API returns 150 elements at most, whatever Limit says: SCAN_API_LIMIT \(100\) is within that\.$/,
    { cap: 150 },
  ],
  [
    'limit',
    'note',
    /^The feed holds too few events to tell whether a Limit of 1,000 is honoured: 300 elements came\.$/,
    {},
  ],
  [
    'limit',
    'note',
    /^The API refuses a Limit of 1,000 \(FEED_UNREADABLE \(400\)\), and it takes 100: do not raise SCAN_API_LIMIT \(100\) to that\.$/,
    { refusedFrom: 1_000 },
  ],
  [
    'limit',
    'problem',
    /^The API refuses a Limit of 500 \(FEED_UNREADABLE \(400\)\), and it takes 100: set SCAN_API_LIMIT to 100\.$/,
    { refusedFrom: 101 },
    { limit: 500 },
  ],
  [
    'limit',
    'note',
    /^A page of Limit 10,000 is larger than Waybill reads, and it takes 1,000/,
    { first: ({ limit }) => (limit === 10_000 ? { body: `{"ScanEvents":[${'0,'.repeat(100_001)}0]}` } : undefined) },
  ],
  ['beyond-newest', 'good', /\(asked from 101\) the API returns an empty ScanEvents\.$/, { ids: idRange(1, 100) }],
  ['beyond-newest', 'good', /the API returns ScanEvents: null, which/, { beyond: { body: '{"ScanEvents":null}' } }],
  ['beyond-newest', 'good', /the API returns status 204, which/, { beyond: { status: 204 } }],
  [
    'beyond-newest',
    'problem',
    /\(asked from 1000200\) the API does not return an empty page: FEED_UNREADABLE \(404\)/,
    { beyond: { status: 404 } },
  ],
  ['beyond-newest', 'problem', /does not return an empty page: FEED_UNAVAILABLE \(500\)/, { beyond: { status: 500 } }],
  [
    'beyond-newest',
    'note',
    /the API returns older events\./,
    { page: (elements) => (elements.length === 0 ? [feedElement(300)] : elements) },
  ],
  ['compression', 'note', /^Pages come uncompressed/, { isPlain: true }],
  [
    'retry-after',
    'note',
    /^The API refused 1 request for now .* \(7 s at most\), which Waybill obeys/,
    { first: ({ nth }) => (nth === 3 ? { status: 429, headers: { 'retry-after': '7' } } : undefined) },
  ],
  [
    'retry-after',
    'note',
    /^The API refused 2 requests for now .*, without Retry-After/,
    { first: ({ nth }) => (nth === 3 || nth === 4 ? { status: 503 } : undefined) },
  ],
  [
    'failures',
    'note',
    /^2 of \d+ requests brought no page: 1 × FEED_UNAVAILABLE \(502\), 1 × FEED_UNREADABLE\./,
    { first: ({ nth }) => (nth === 2 ? { status: 502 } : nth === 5 ? { body: '<html>' } : undefined) },
  ],
];

describe('a finding appears where it should, and nowhere else', () => {
  const rows = cases.map(([check, level, sentence, traits, setting = {}]) => ({
    check,
    level,
    sentence,
    traits,
    setting,
  }));
  test.each(rows)('$check $level: $sentence', async ({ check, level, sentence, traits, setting }) => {
    const found = ({ findings }: FeedCheck) =>
      findings.filter((each) => each.check === check && each.level === level && sentence.test(each.sentence));
    const checked = await checkWith(traits, setting);
    expect(found(checked), said(checked).join('\n')).toHaveLength(1);
    const hasProblem = checked.findings.some((each) => each.level === 'problem');
    if (level === 'problem') expect(checked.canBeMirrored).toBe(false);
    // Of a feed without events, nothing is known.
    else expect(checked.canBeMirrored).toBe(!hasProblem && traits.ids?.length !== 0);
    expect(found(flawless)).toEqual([]);
  });
});

test('a request that is near its time limit is noted, and one that is not is not', () => {
  const log = {
    requests: 3,
    failures: new Map(),
    notNow: { answers: 0, withRetryAfter: 0, longestMs: 0 },
    codings: [],
  };
  const levelOf = (slowest: number) => requestFindings({ ...log, durationsMs: [10, slowest, 20] }, 10_000);
  expect(levelOf(6_000)).toEqual([
    {
      check: 'speed',
      level: 'note',
      sentence: 'A page takes 20 ms (median of 3), 6,000 ms at most: that is near SCAN_API_TIMEOUT_MS (10,000).',
    },
  ]);
  expect(levelOf(400)).toEqual([
    { check: 'speed', level: 'good', sentence: 'A page takes 20 ms (median of 3), 400 ms at most.' },
  ]);
});

test('a refusal of an id that does not fit into 32 bits says nothing of the end of the feed', async () => {
  const checked = await checkWith({
    ids: [1, 2, 3, 1_000_500, 200_000_000],
    first: ({ from }) => (from > 2 ** 31 ? { status: 400 } : undefined),
  });
  expect(checked.findings.filter(({ check }) => check === 'beyond-newest')).toEqual([]);
  expect(checked.notLookedAt).toContain('What the API returns beyond its newest event.');
});

describe('an API that is not there', () => {
  test.each([
    ['refuses', 'http://127.0.0.1:1/scans', /^Nobody listens at 127\.0\.0\.1:1: .* \(ECONNREFUSED\)\.$/],
    ['has no name', 'http://no-such-host.invalid/scans', /^The host name no-such-host\.invalid .* was not found/],
  ])('%s', async (_, url, sentence) => {
    const checked = await checkOf(url);
    expect(checked).toMatchObject({ canBeMirrored: false });
    expect(checked.findings[0]).toMatchObject({
      check: 'reachable',
      level: 'problem',
      sentence: expect.stringMatching(sentence),
    });
  });

  test('speaks no TLS', async () => {
    const { url } = await serving(feedWith());
    const checked = await checkOf(url.replace('http:', 'https:'));
    expect(checked.findings[0]).toMatchObject({
      check: 'reachable',
      level: 'problem',
      sentence: expect.stringMatching(/TLS|request to the Scan Event API/),
    });
  });

  test('does not respond in time', async () => {
    const { url } = await serving(() => undefined);
    const checked = await checkOf(url, { timeoutMs: 50 });
    expect(checked.findings[0]).toMatchObject({
      level: 'problem',
      sentence: 'The Scan Event API did not respond within 50 ms.',
    });
  });
});

describe('a check ends', () => {
  test('within its time, whatever the server does', async () => {
    const { url } = await serving(() => undefined);
    const checked = await checkOf(url, { clock: hurried(true), timeoutMs: 60_000 });
    expect(checked).toMatchObject({ canBeMirrored: false, notLookedAt: [expect.stringMatching(/^Anything: /)] });
  });

  test('when the operator ends it, with what was found', async () => {
    const stopping = new AbortController();
    const reply = feedWith();
    const { url } = await serving((question) => {
      if (question.nth < 4) return reply(question);
      stopping.abort();
      return undefined;
    });
    const checked = await checkOf(url, { signal: stopping.signal, timeoutMs: 60_000 });
    expect(checked.requests).toBe(4);
    expect(said(checked)).toContain('order good: The ids of a page ascend.');
    expect(checked.notLookedAt.length).toBeGreaterThan(1);
  });

  test('without a further request where the server asks for more time than there is, and says what it said', async () => {
    const feed = await serving(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    const checked = await checkOf(feed.url);
    expect(feed.asked).toHaveLength(1);
    expect(checked.findings[0]?.sentence).toBe('The Scan Event API returned status 429.');
  });

  test('after as many requests as it may make', async () => {
    const reply = feedWith({ ids: idRange(1, 300) });
    const feed = await serving((question) => (question.nth % 3 === 0 ? reply(question) : { status: 500 }));
    const checked = await checkOf(feed.url);
    expect(feed.asked).toHaveLength(mostRequests);
    expect(checked.requests).toBe(mostRequests);
    expect(checked.notLookedAt.length).toBeGreaterThan(0);
  });
});

/** More of them by hand: `FEED_CHECK_SEEDS=200`. */
const seeds = Array.from({ length: Number(process.env['FEED_CHECK_SEEDS'] ?? 2) }, (_, index) => index + 1);

describe('the simulated carrier', () => {
  const simulated = async (faults: Partial<typeof noFaults>, seed: number) => {
    const feed = new HeldFeed(simulateFeed({ seed, firstEventId: 83_269 }), 12_000);
    const api = await startScanApi({ feed, seed, faults, slowMs: 20, token: 't0ken' });
    stops.push(api.stop);
    return checkOf(api.url, { token: 't0ken', limit: 1_000 });
  };

  test('can be mirrored, oddities and all', async () => {
    const checked = await simulated({}, 1);
    expect(said(checked).filter((line) => line.includes('problem'))).toEqual([]);
    expect(checked.canBeMirrored).toBe(true);
    expect(said(checked).join('\n')).toContain('The API returns 1,000 elements at most');
  });

  test.each(seeds)('can be mirrored with its realistic faults, seed %i', async (seed) => {
    const checked = await simulated(realisticFaults, seed);
    expect(checked.canBeMirrored, said(checked).join('\n')).toBe(true);
  });
});

describe('nothing that is secret or of a person is said', () => {
  const secrets = ['t0ken-5f1c', 'k3y-in-the-query', 'NC1001', 'RUN-100', 'LEFT AT DOOR', '103-DEVICE'];
  const everything = `Bearer t0ken-5f1c k3y-in-the-query NC1001 RUN-100 LEFT AT DOOR 103-DEVICE`;
  const withSecrets = (id: number) =>
    feedElement(id, {
      StatusCode: id % 10 === 3 ? { text: everything } : everything,
      Type: id % 10 === 4 ? everything : 'STATUS',
      CreatedDateTimeUtc: id % 10 === 5 ? everything : '2021-05-11T21:11:34Z',
      ParcelId: id % 10 === 6 ? everything : 5_002,
      Device: id % 10 === 7 ? everything : { [everything]: everything },
      User: id % 10 === 8 ? everything : { RunId: id % 10 === 9 ? 7 : everything, [everything]: 1 },
    });

  test.each<[string, FeedTraits]>([
    ['in pages', { elementOf: withSecrets }],
    ['in elements that are text', { elementOf: () => everything }],
    [
      'in a refusal',
      {
        first: () => ({ status: 400, body: everything, headers: { location: everything, 'retry-after': everything } }),
      },
    ],
    [
      'in a redirect',
      {
        first: () => ({
          status: 302,
          headers: { location: `http://NC1001:t0ken-5f1c@host/?${encodeURIComponent(everything)}` },
        }),
      },
    ],
    ['in a page that is no JSON', { first: () => ({ body: `{"ScanEvents":[${everything}` }) }],
    ['in a coding', { first: () => ({ headers: { 'content-encoding': everything } }) }],
    ['beyond the newest event', { beyond: { status: 404, body: everything } }],
  ])('%s', async (_, traits) => {
    const checked = await checkWith(traits, { token: 't0ken-5f1c', query: '?key=k3y-in-the-query' });
    expect(checked.findings.length).toBeGreaterThan(0);
    expect(leaksIn(checked, secrets)).toEqual([]);
  });
});
