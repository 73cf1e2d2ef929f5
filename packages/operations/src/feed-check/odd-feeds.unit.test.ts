import { systemClock } from '@waybill/shared/clock.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { expect, test } from 'vitest';
import { leaksIn } from '../../../shared/test/planted-secrets.ts';
import { oddFeeds } from '../../test/odd-feeds.ts';
import { startScriptedFeed } from '../../test/scripted-feed.ts';
import { checkFeed } from './feed-check.ts';
import { mostMs } from './questions.ts';

/** Pauses take no time. */
function hurried() {
  let passed = 0;
  return {
    now: () => Date.now() + passed,
    monotonic: () => performance.now() + passed,
    sleep: async (ms: number, signal: AbortSignal) => {
      if (ms >= mostMs) await systemClock.sleep(ms, signal);
      else passed += ms;
    },
  };
}

test.each(oddFeeds)('an API that $is is told for what it is', async ({ reply, says }) => {
  const feed = await startScriptedFeed(reply);
  const { url } = feed;
  const checked = await checkFeed(
    {
      open: (observer) => scanApi({ url, token: '', timeoutMs: 5_000, clock: systemClock, observer }),
      clock: hurried(),
    },
    { url, credentials: [], limit: 100, fromEventId: 1, timeoutMs: 5_000 },
    new AbortController().signal,
  );
  await feed.stop();
  const said = checked.findings.map(({ level, sentence }) => `${level}: ${sentence}`).join('\n');
  expect(checked.canBeMirrored, said).toBe(says === undefined);
  if (says) expect(said).toMatch(says);
  else expect(said).not.toContain('problem:');
  expect(leaksIn(checked, ['NC1001', 'RUN-100', 'SORTED'])).toEqual([]);
});
