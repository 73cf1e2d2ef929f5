import { feedCheckShape } from '@waybill/operations/feed-check/finding.ts';
import { type Clock, systemClock } from '@waybill/shared/clock.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { feedWith, idRange, startScriptedFeed } from '../../../operations/test/scripted-feed.ts';
import { startGuardedFeed, testClientOf } from '../../../shared/test/oauth-server.ts';
import { leaksIn } from '../../../shared/test/planted-secrets.ts';
import { runCommand } from '../../test/cli-rig.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function serving(...[reply]: Parameters<typeof startScriptedFeed>) {
  const feed = await startScriptedFeed(reply);
  stops.push(feed.stop);
  return feed;
}

/** Pauses between requests take no time; time limits do. */
const hurried: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms < 900 ? 0 : ms, signal),
};

const token = 't0ken-5f1c';
const secrets = [token, 'k3y-in-the-query', 'NC1001', 'RUN-100', 'SORTED'];

describe('waybill feed check', () => {
  test('says in 80 columns that a feed can be mirrored, and ends with 0', async () => {
    const feed = await serving(feedWith({ ids: idRange(1, 12_000) }));
    const ran = await runCommand(['feed', 'check', '--scan-api-url', `${feed.url}?key=k3y-in-the-query`], {
      clock: hurried,
      columns: 80,
      env: { SCAN_API_TOKEN: token, NO_COLOR: '1' },
    });
    const lines = ran.stdout.trimEnd().split('\n');
    expect(ran.code).toBe(0);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/scans\/scanevents: \d+ requests in \d+\.\d s/);
    expect(lines).toContain('good     authorised     The API accepts the token.');
    expect(lines.at(-1)).toBe('Waybill can mirror this feed.');
    expect(feed.asked.map(({ headers }) => headers.authorization)).toEqual(feed.asked.map(() => `Bearer ${token}`));
    expect(leaksIn(ran, secrets)).toEqual([]);
  });

  test('says what is in the way of a feed that cannot be mirrored, and ends with 1', async () => {
    const { url } = await serving(feedWith({ isExclusive: true }));
    const ran = await runCommand(['feed', 'check', '--scan-api-url', url], { clock: hurried, columns: 80 });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^.*problem.*from-event-id +FromEventId is exclusive/m);
    expect(ran.stdout).toMatch(
      /\nWaybill cannot mirror this feed: 1 problem\. What an API must do,\s[\s\S]*docs\/scan-api\.md\n$/,
    );
  });

  test('reads url, limit and first id as the poller does, and prints JSON of its shape', async () => {
    const feed = await serving(feedWith());
    const args = ['feed', 'check', '--json', '--limit', '7', '--from', '11'];
    const ran = await runCommand(args, { clock: hurried, env: { SCAN_API_URL: feed.url } });
    expect(ran.code).toBe(0);
    expect(feedCheckShape.parse(JSON.parse(ran.stdout))).toMatchObject({ canBeMirrored: true, url: feed.url });
    expect(feed.asked[0]).toMatchObject({ from: 11, limit: 7 });
  });

  test('refuses a token as a flag, and a wrong or missing address, with 2', async () => {
    const refused = await runCommand(['feed', 'check', '--scan-api-token', token]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    for (const args of [[], ['--scan-api-url', `ftp://NC1001:${token}@host/?k3y-in-the-query`]]) {
      const ran = await runCommand(['feed', 'check', ...args]);
      expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('SCAN_API_URL') });
      expect(leaksIn(ran, secrets)).toEqual([]);
    }
  });

  test('asks with what the poller would, and says which of it is refused', async () => {
    const feed = await startGuardedFeed();
    stops.push(feed.stop);
    const oauth = { ...testClientOf(feed), clientSecret: token };
    const env = { SCAN_API_URL: feed.url, SCAN_API_OAUTH: JSON.stringify(oauth) };
    const ran = await runCommand(['feed', 'check'], { clock: hurried, env });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(
      /problem +authorised +The token endpoint of SCAN_API_OAUTH\s[\s\S]* invalid_client: check clientId/,
    );
    expect(leaksIn(ran, secrets)).toEqual([]);
    expect(feed.shown).toEqual([]);
  });

  test('ends at once with Ctrl-C', async () => {
    const stopping = new AbortController();
    const { url } = await serving(() => {
      stopping.abort();
      return undefined;
    });
    const ran = await runCommand(['feed', 'check', '--scan-api-url', url], { clock: hurried, first: stopping.signal });
    expect(ran).toMatchObject({ code: 130, stdout: '' });
  });
});
