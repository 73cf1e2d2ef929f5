import { systemClock } from '@waybill/shared/clock.ts';
import { expect, test } from 'vitest';
import { oddFeeds } from '../../operations/test/odd-feeds.ts';
import { startScriptedFeed } from '../../operations/test/scripted-feed.ts';
import { leaksIn } from '../../shared/test/planted-secrets.ts';
import { readCommandLine } from './config.ts';
import { lookAtFeed } from './look-at-feed.ts';

/** Pauses take no time; only what lasts as long as a whole look is waited for. */
const hurried = {
  ...systemClock,
  sleep: (ms: number, signal: AbortSignal) => (ms < 30_000 ? Promise.resolve() : systemClock.sleep(ms, signal)),
};

test.each(oddFeeds)('npm start says of an API that $is what waybill feed check says', async ({ reply, says }) => {
  const feed = await startScriptedFeed(reply);
  const options = readCommandLine(['--scan-api-url', `${feed.url}?key=k3y`], {}, 1);
  if (options === 'help' || !options.scanApi) throw new Error('a real feed was asked for');
  const { canStart, lines } = await lookAtFeed(options.scanApi, hurried, new AbortController().signal);
  await feed.stop();
  const text = lines.join(' ').replaceAll(/ +/g, ' ');
  if (says) expect(text).toMatch(says);
  // A feed that is empty may fill: npm start reads it, and says at the end that it compared nothing.
  expect(canStart).toBe(says === undefined || text.includes('holds no events'));
  expect(text.includes('Nothing was started.')).toBe(!canStart);
  expect(text.includes('docs/scan-api.md')).toBe(!canStart);
  // A command stays whole.
  const widths = lines.filter((line) => !line.startsWith('  npx')).map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThan(80);
  expect(leaksIn(text, ['NC1001', 'RUN-100', 'SORTED', 'k3y'])).toEqual([]);
});
