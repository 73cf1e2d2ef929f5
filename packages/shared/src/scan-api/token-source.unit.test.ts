import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type GuardedFeed, startGuardedFeed, type TokenReply, testClientOf } from '../../test/oauth-server.ts';
import { leaksIn } from '../../test/planted-secrets.ts';
import { type Clock, systemClock } from '../clock.ts';
import { WaybillError } from '../error.ts';
import { noProxies } from '../http/proxies.ts';
import { httpRequester } from './http-request.ts';
import { scanApi } from './scan-api.ts';
import { isOfTokenEndpoint } from './token-answer.ts';
import { type OAuthClient, TokenSource } from './token-source.ts';

let feed: GuardedFeed;
let now = 0;
beforeEach(async () => {
  feed = await startGuardedFeed();
  now = 0;
});
afterEach(() => feed.stop());

/** Time moves by hand; what waits, waits in real time. */
const clock: Clock = { ...systemClock, monotonic: () => now };

function reader(options: { timeoutMs?: number; client?: Partial<OAuthClient> } = {}) {
  const oauth = { ...testClientOf(feed), ...options.client };
  const api = scanApi({ url: feed.url, token: '', oauth, timeoutMs: options.timeoutMs ?? 5_000, clock });
  return (signal = new AbortController().signal) => api.read(1, 100, signal);
}

async function failureOf(reading: Promise<unknown>): Promise<WaybillError> {
  const error = await reading.catch((thrown: unknown) => thrown);
  if (error instanceof WaybillError) return error;
  throw new Error('expected a WaybillError', { cause: error });
}

const seconds = (count: number) => {
  now += count * 1_000;
};

describe('a token', () => {
  test('is asked for with the grant, scope and audience, and shown to the feed', async () => {
    await reader({ client: { scope: 'scans.read', audience: 'https://api.carrier.test' } })();
    expect(feed.asked).toEqual([
      {
        by: 'header',
        form: { grant_type: 'client_credentials', scope: 'scans.read', audience: 'https://api.carrier.test' },
      },
    ]);
    expect(feed.shown).toEqual(['Bearer token-1']);
  });

  test('is fetched once for all who read at the same time', async () => {
    const read = reader();
    await Promise.all(Array.from({ length: 8 }, () => read()));
    expect(feed.asked).toHaveLength(1);
    expect(feed.shown).toEqual(Array.from({ length: 8 }, () => 'Bearer token-1'));
  });

  test('that was waited for is not used when the feed has asked somebody to wait meanwhile', async () => {
    const read = reader();
    await read();
    const page = Promise.withResolvers<Omit<TokenReply, 'body'>>();
    const token = Promise.withResolvers<TokenReply>();
    feed.page = () => page.promise;
    feed.reply = () => token.promise;
    const early = failureOf(read());
    await vi.waitUntil(() => feed.shown.length === 2);
    seconds(3_590);
    const late = failureOf(read());
    await vi.waitUntil(() => feed.asked.length === 2);
    page.resolve({ status: 429, headers: { 'retry-after': '60' } });
    expect((await early).details['retryAfterMs']).toBe(60_000);
    token.resolve({ status: 200, body: '{"access_token":"other","token_type":"Bearer","expires_in":3600}' });
    expect(await late).toMatchObject({ code: 'FEED_UNAVAILABLE', details: { retryAfterMs: 60_000 } });
    expect(feed.shown).toHaveLength(2);
    seconds(60);
    feed.page = undefined;
    await failureOf(read());
    expect(feed.shown[2]).toBe('Bearer other');
  });

  test('is kept until a minute before its end', async () => {
    const read = reader();
    await read();
    seconds(3_539);
    await read();
    expect(feed.asked).toHaveLength(1);
    seconds(2);
    await read();
    expect(feed.shown.at(-1)).toBe('Bearer token-2');
  });

  test('that is about to end is used until it does, while the endpoint gives no other', async () => {
    const read = reader();
    await read();
    feed.reply = () => json({}, 503);
    seconds(3_541);
    await read();
    await read();
    expect(feed.asked).toHaveLength(2);
    expect(feed.shown).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    seconds(60);
    expect((await failureOf(read())).message).toMatch(/^The token endpoint .* returned status 503$/);
  });

  test('that the feed refuses in that time is not used any more', async () => {
    const read = reader();
    await read();
    feed.reply = () => json({}, 503);
    feed.revoke();
    seconds(3_541);
    await failureOf(read());
    await failureOf(read());
    expect(feed.shown).toHaveLength(2);
  });

  test.each([
    [90, 44, 46],
    ['120', 59, 61],
    [1, 0, 1],
  ])('that ends in %j s is kept for half of that', async (expiresIn, kept, over) => {
    feed.expiresIn = expiresIn;
    const read = reader();
    await read();
    seconds(kept);
    await read();
    expect(feed.asked).toHaveLength(1);
    seconds(over - kept);
    await read();
    expect(feed.asked).toHaveLength(2);
  });

  test.each([undefined, null, 0, -1, 'soon'])(
    'whose end is given as %j is kept until the feed refuses it',
    async (expiresIn) => {
      feed.expiresIn = expiresIn;
      const read = reader();
      await read();
      seconds(1_000_000);
      await read();
      expect(feed.asked).toHaveLength(1);
    },
  );

  test('that the feed refuses is fetched anew once, for all who read, and they do not notice', async () => {
    const read = reader();
    await read();
    feed.revoke();
    await Promise.all([read(), read(), read()]);
    expect(feed.asked).toHaveLength(2);
  });

  test('that was replaced is not the proven one again by an answer that comes late', async () => {
    const request = httpRequester({ timeoutMs: 5_000, proxies: noProxies });
    const source = new TokenSource({ client: testClientOf(feed), proxies: noProxies, request, clock });
    const { signal } = new AbortController();
    const first = await source.current(signal);
    source.accepted(first);
    expect(source.refused(first)).toBe(true);
    const second = await source.current(signal);
    source.accepted(second);
    source.accepted(first);
    expect(source.refused(second)).toBe(true);
  });

  test('that the feed has never accepted is fetched anew once a minute only, and the refusal is told', async () => {
    feed.isClosed = true;
    const read = reader();
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await failureOf(read())).toMatchObject({
        code: 'FEED_UNREADABLE',
        message: 'The Scan Event API returned status 401: check SCAN_API_OAUTH',
      });
    }
    expect(feed.asked).toHaveLength(1);
    seconds(61);
    await failureOf(read());
    expect(feed.asked).toHaveLength(2);
  });
});

describe('the client', () => {
  test.each(['header', 'form'])(
    'names itself in the %s where the endpoint takes only that, and remembers it',
    async (style) => {
      feed.takes = [style];
      const read = reader();
      await read();
      feed.revoke();
      await read();
      const expected = style === 'header' ? ['header', 'header'] : ['header', 'form', 'form'];
      expect(feed.asked.map(({ by }) => by)).toEqual(expected);
    },
  );

  test('that is refused is told so, in the standard’s word alone, and is not shown again for half a minute', async () => {
    feed.takes = [];
    const read = reader();
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await failureOf(read())).toMatchObject({
        code: 'FEED_UNAVAILABLE',
        message: `The token endpoint of SCAN_API_OAUTH (${feed.tokenUrl}) returned status 401, invalid_client: check clientId and clientSecret`,
      });
    }
    expect(feed.asked.map(({ by }) => by)).toEqual(['header', 'form']);
    feed.takes = ['form'];
    seconds(31);
    await read();
  });
});

const json = (body: object, status = 200): TokenReply => ({ status, body: JSON.stringify(body) });
const repeating = 's3cr3t with+blank% way:bill';

describe('what an endpoint returns that is no token is an outage, told without what it may repeat', () => {
  test.each<[string, TokenReply, RegExp]>([
    [
      'a scope refused',
      json({ error: 'invalid_scope', error_description: repeating }, 400),
      /status 400, invalid_scope: check scope$/,
    ],
    ['a word of its own', json({ error: repeating }, 400), /status 400: check clientId and clientSecret$/],
    ['a page', { status: 200, body: `<html>${repeating}` }, /no JSON object with an access_token/],
    ['no token', json({ token: repeating }), /no JSON object with an access_token/],
    ['a token that no header can carry', json({ access_token: repeating }), /no JSON object with an access_token/],
    ['another kind of token', json({ access_token: 'x', token_type: 'DPoP' }), /a token that is not a bearer token$/],
    ['more than anybody reads', { status: 200, body: 'x'.repeat(70_000) }, /more than 65536 bytes$/],
    [
      'a redirect',
      { status: 302, body: repeating, headers: { location: 'https://x.test/?s3cr3t' } },
      /redirects are not followed/,
    ],
    ['no such path', { status: 404, body: repeating }, /status 404: check the path of tokenUrl$/],
    ['an outage', json({ error: 'invalid_client' }, 503), /status 503$/],
  ])('%s', async (_, reply, expected) => {
    feed.reply = () => reply;
    const error = await failureOf(reader()());
    expect(error).toMatchObject({ code: 'FEED_UNAVAILABLE', message: expect.stringMatching(expected) });
    // Of the feed it says nothing.
    expect(error.details['status']).toBeUndefined();
    expect(isOfTokenEndpoint(error)).toBe(true);
    expect(leaksIn(error, ['s3cr3t', 'way:bill'])).toEqual([]);
  });

  test('nobody who listens', async () => {
    const error = await failureOf(reader({ client: { tokenUrl: 'http://127.0.0.1:1/token?key=s3cr3t' } })());
    expect(error.message).toMatch(
      /\(http:\/\/127\.0\.0\.1:1\/token\) was asked in vain: Nobody listens .* check .* SCAN_API_OAUTH/,
    );
    expect(leaksIn(error, ['s3cr3t'])).toEqual([]);
  });

  test('a token without type, which is a bearer token', async () => {
    feed.reply = () => json({ access_token: 'token-1' });
    await failureOf(reader()());
    expect(feed.shown).toEqual(['Bearer token-1']);
  });
});

describe('an endpoint that asks to wait', () => {
  test('is not asked before that, and what is left of it is told to all', async () => {
    feed.reply = () => ({ ...json({}, 429), headers: { 'retry-after': '20' } });
    const read = reader();
    expect((await failureOf(read())).details['retryAfterMs']).toBe(20_000);
    seconds(5);
    expect((await failureOf(read())).details['retryAfterMs']).toBe(15_000);
    expect(feed.asked).toHaveLength(1);
    feed.reply = undefined;
    seconds(15);
    await read();
    expect(feed.asked).toHaveLength(2);
  });
});

describe('a slow endpoint', () => {
  test('costs those who wait no more than their time limit, and its answer counts for the next', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    feed.reply = async () => {
      await promise;
      return json({ access_token: 'late' });
    };
    const read = reader({ timeoutMs: 100 });
    expect((await failureOf(read())).message).toMatch(/^The token endpoint .* did not respond in time$/);
    const next = failureOf(read());
    resolve();
    await next;
    expect(feed.asked).toHaveLength(1);
    expect(feed.shown).toEqual(['Bearer late']);
  });

  test('lets a stop through at once', async () => {
    feed.reply = () => new Promise(() => undefined);
    const stop = new AbortController();
    const reading = failureOf(reader()(stop.signal));
    stop.abort();
    expect((await reading).code).toBe('FEED_UNAVAILABLE');
  });
});
