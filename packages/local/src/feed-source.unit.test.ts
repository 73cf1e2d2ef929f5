import { systemClock } from '@waybill/shared/clock.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startGuardedFeed, type TokenReply, testClientOf } from '../../shared/test/oauth-server.ts';
import { readCommandLine } from './config.ts';
import { type FeedSource, openRealFeed, openSimulatedFeed } from './feed-source.ts';
import { readWholeFeed } from './whole-feed.ts';

const feedAt = (url: string) => scanApi({ url, token: '', timeoutMs: 5_000, clock: systemClock });

const sources: FeedSource[] = [];
afterEach(async () => {
  for (const source of sources.splice(0)) await source.stop();
});

async function opened(events: number, seed: number): Promise<FeedSource> {
  const source = await openSimulatedFeed({ events, seed }, Date.UTC(2026, 10, 29, 8));
  sources.push(source);
  return source;
}

const whole = { signal: new AbortController().signal };

test('a real feed is read for the comparison with what the poller shows it', async () => {
  const feed = await startGuardedFeed();
  onTestFinished(() => feed.stop());
  const options = readCommandLine(
    ['--scan-api-url', feed.url],
    { SCAN_API_OAUTH: JSON.stringify(testClientOf(feed)) },
    1,
  );
  if (options === 'help' || !options.scanApi) throw new Error('A real feed was asked for');
  const { elements } = await openRealFeed(options.scanApi).truth(10, whole.signal);
  expect([elements, new Set(feed.shown)]).toEqual([[], new Set(['Bearer token-1'])]);
});

test('a real feed that does not respond holds up nobody who asks whether it was read to its end', async () => {
  const feed = await startGuardedFeed();
  onTestFinished(() => feed.stop());
  const { promise, resolve } = Promise.withResolvers<TokenReply>();
  feed.reply = () => promise;
  const oauth = JSON.stringify(testClientOf(feed));
  const options = readCommandLine(['--scan-api-url', feed.url], { SCAN_API_OAUTH: oauth }, 1);
  if (options === 'help' || !options.scanApi) throw new Error('A real feed was asked for');
  const source = openRealFeed(options.scanApi);
  sources.push(source);
  const time = vi.spyOn(performance, 'now').mockReturnValue(0);
  expect(source.isAtEnd(5)).toBe(false);
  time.mockReturnValue(6_000);
  expect(source.isAtEnd(5)).toBe(false);
  time.mockRestore();
  await expect.poll(() => feed.asked).toHaveLength(1);
  feed.reply = undefined;
  resolve({ status: 503, body: '' });
  await expect.poll(() => source.isAtEnd(5), { timeout: 10_000 }).toBe(true);
});

describe('the simulated feed of npm start', () => {
  test.each([1, 2, 3])(
    'at its default size shows every kind of fault that the summary counts, as with seed %i',
    async (seed) => {
      const options = readCommandLine([], {}, seed);
      if (options === 'help') throw new Error('No help was asked for');
      const source = await opened(options.events, seed);
      // As the poller asks; faults go by the number of requests.
      for await (const _ of readWholeFeed(feedAt(source.url), { limit: 100, retryMs: 1, ...whole }));
      const position = source.simulated?.feed.lastEventId() ?? 0;
      const { missedIds } = await source.truth(position, whole.signal);
      const counts = source.simulated?.counts();
      if (!counts) throw new Error('The feed is simulated');
      const { tooManySeconds, tooManyDate, tooManyBare, unavailable, disorder } = counts.faults;
      for (const count of [
        tooManySeconds + tooManyDate + tooManyBare,
        unavailable,
        disorder,
        counts.badElements,
        counts.repeats,
        counts.lateIds + missedIds.length,
        source.packs.length,
      ]) {
        expect(count).toBeGreaterThan(0);
      }
      expect(source.isAtEnd(position)).toBe(true);
      expect(source.isAtEnd(position - 1)).toBe(false);
    },
  );

  test('is not shown what the shell has for a real one', async () => {
    const { variables } = await opened(20, 1);
    const access = {
      SCAN_API_TOKEN: '',
      SCAN_API_HEADERS: '',
      SCAN_API_OAUTH: '',
      SCAN_API_CLIENT_CERT: '',
      SCAN_API_CLIENT_KEY: '',
    };
    expect(variables).toMatchObject(access);
  });

  test('holds against its reader only what that had a chance to see, and names the rest', async () => {
    const source = await opened(12_000, 1);
    const before = await source.truth(Number.MAX_SAFE_INTEGER, whole.signal);
    // Nobody has read yet: every late event is still hidden.
    expect(before.missedIds.length).toBeGreaterThan(0);
    expect([...before.elements]).toHaveLength(12_000 - before.missedIds.length);
    expect((await source.truth(0, whole.signal)).missedIds).toEqual([]);
    expect(before.malformedElsewhere).toHaveLength(source.packs.length);
  });
});
