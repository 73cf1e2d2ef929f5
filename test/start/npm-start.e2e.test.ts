import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { describe, expect, test } from 'vitest';
import { oddFeeds } from '../../packages/operations/test/odd-feeds.ts';
import { startScriptedFeed } from '../../packages/operations/test/scripted-feed.ts';
import { allGone, isRunning, main, Start, signedIn } from './started.ts';

const cli = fileURLToPath(import.meta.resolve('@waybill/cli/main.ts'));

/** What a shell prints that is given the lines about the API. */
function printedCurl(output: string): string {
  const [lines = ''] = /^ {2}export WAYBILL_URL=.*\n {2}export WAYBILL_TOKEN=.*\n {2}curl .*$/m.exec(output) ?? [];
  return execFileSync('/bin/sh', ['-c', lines.replace('curl ', 'curl --silent --max-time 10 ')], { encoding: 'utf8' });
}

/** What the API answers to the lines that `--keep` prints for telling a parcel again. */
function toldAgain(output: string): unknown {
  const [lines = ''] = /^ {2}curl .*\\\n.*\\\n.*\/v1\/notifications\/deliveries"$/m.exec(output) ?? [];
  return JSON.parse(inShell(output, lines.replace('curl ', 'curl --silent --max-time 10 ')));
}

/** What a shell prints of this command once the lines that `--keep` prints were pasted into it, whatever it had before. */
function inShell(output: string, command: string): string {
  const [lines = ''] = /^(?: {2}export .*\n)+ {2}unset .*$/m.exec(output) ?? [];
  const env = { ...process.env, AWS_PROFILE: 'another', AWS_SESSION_TOKEN: 'another', AWS_REGION: 'eu-west-9' };
  return execFileSync('/bin/sh', ['-c', `${lines}\n${command}`], { encoding: 'utf8', env });
}

/** The row of the summary with this label. */
function row(output: string, label: string): string | undefined {
  return output.split('\n').find((line) => line.startsWith(label));
}

describe.concurrent('npm start', () => {
  test('runs on Node 24, drains the feed, finds it stored, and does the same again from the seed', async () => {
    const args = ['--events', '600', '--seed', '2'];
    const first = new Start('npm', ['start', '--', ...args]);
    const again = new Start(process.execPath, [main, ...args]);
    expect([await first.code(), await again.code()], first.output + again.output).toEqual([0, 0]);
    for (const { output } of [first, again]) {
      expect(output).toMatch(/^Node v24\./m);
      // A person's id, as the simulated carrier writes it.
      expect(output).not.toMatch(/\b(NC|PH|CP|NW)1\d{3}\b/);
      expect(output).toContain('npm start -- --events 600 --seed 2');
      expect(output).toMatch(/^[ \d]{3} s {2}read \d+\/600 {2}stored \d+ .* told \d+/m);
      expect(output).toMatch(/^ok {6}all \d+ parcels match the \d+ events of the feed$/m);
      expect(output).toMatch(
        /^ok {6}all [1-9]\d* malformed elements( \(\d+ different\))? are in the failures table and\s+in the DLQ$/m,
      );
      expect(output).toMatch(/^ok {6}no well-formed event is in the DLQ$/m);
      expect(output).toMatch(
        /^ok {6}each of the [1-9]\d* first deliveries was told,\n {8}\d+ more than once under the same id$/m,
      );
      expect(output).toMatch(/^told {9}\d+ notifications, .*in \d+ requests/m);
      expect(output).not.toContain('whsec_');
      expect(output).toMatch(/^ok {6}the API took \d+ events? again, and shows their parcel as the feed does$/m);
      expect(output).toMatch(/^split off {4}6 times by the processor/m);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the control character that must not be there.
      expect(output).not.toMatch(/\u001b/);
      // The script that npm shows before it runs it is npm's line, not ours.
      const lines = output.split('\n').filter((line) => !line.startsWith('> '));
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
    for (const label of ['parcels', 'there were']) {
      expect(row(again.output, label)).toBe(row(first.output, label));
    }
    const position = /read to EventId \d+/;
    expect(position.exec(again.output)?.[0]).toBe(position.exec(first.output)?.[0]);
  });

  test('ends after Ctrl-C without claiming success, and leaves nothing behind', async (context) => {
    const start = Start.direct(context, ['--events', '100000']);
    const children = await start.sixChildren();
    await start.says('it is at work', /stored [1-9]/);
    start.interrupt();
    await start.says('it was interrupted', /^interrupted: poller, processor and notifier settle what they hold$/m);
    start.interrupt();
    expect(await start.code()).toBe(130);
    await allGone(children);
    expect(start.output).toContain('Interrupted: nothing was compared.');
    expect(start.output).not.toMatch(/^ok /m);
  });

  test('through npm, one Ctrl-C is one though npm passes it on, and npm adds nothing', async (context) => {
    // With bash as on macOS: it becomes the process, which then gets the signal from the terminal and from npm.
    const start = new Start('npm', ['start', '--script-shell', '/bin/bash', '--', '--events', '100000']);
    context.onTestFinished(() => {
      if (start.process.exitCode === null) start.interrupt();
    });
    await start.says('it is at work', /stored [1-9]/);
    start.interrupt();
    expect(await start.code(), start.output).toBe(130);
    expect(start.output).toMatch(/^interrupted: poller, processor and notifier settle what they hold$/m);
    expect(start.output).toMatch(/^Interrupted: nothing was compared\.$/m);
    expect(start.output).not.toContain('npm error');
  });

  test('ends in order and unseen when its reader has gone', async () => {
    const line = `${process.execPath} ${main} --events 100000 | head -n 2; echo "ended with \${PIPESTATUS[0]}"`;
    const start = new Start('/bin/bash', ['-c', line]);
    expect(await start.code()).toBe(0);
    expect(start.output).toMatch(/^Node v24.*\n.*\nended with 141\n$/);
  });

  test('with --live feeds until Ctrl-C, which is its good end', async (context) => {
    const start = Start.direct(context, ['--live', '--events', '200']);
    const children = await start.sixChildren();
    await start.says('more was read than was there at first', /read (2[1-9]\d|[3-9]\d\d)\//);
    await start.says('the API can be asked', /^ {2}curl /m);
    const status: unknown = JSON.parse(printedCurl(start.output));
    expect(status).toHaveProperty('sentence');
    start.interrupt();
    expect(await start.code(), start.output).toBe(0);
    await allGone(children);
    expect(start.output).toMatch(/^ok {6}all \d+ parcels/m);
  });

  test('leaves nothing behind when it is killed', async (context) => {
    const start = Start.direct(context, ['--events', '100000']);
    const children = await start.sixChildren();
    await start.says('it is at work', /stored [1-9]/);
    start.process.kill('SIGKILL');
    await start.ended;
    await allGone(children);
  });

  test('says which process died, and ends with 1', async (context) => {
    const start = Start.direct(context, ['--events', '100000']);
    const children = await start.sixChildren();
    await start.says('it is at work', /stored [1-9]/);
    const commands = execFileSync('/bin/ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    const processor = children.find((pid) =>
      commands.some((line) => Number.parseInt(line, 10) === pid && line.includes('processor/src/main.ts')),
    );
    process.kill(processor ?? 0, 'SIGKILL');
    expect(await start.code()).toBe(1);
    await allGone(children);
    expect(start.output).toContain('The processor ended by SIGKILL');
  });

  test('with --keep leaves queues, tables, API and notifier up, and says how to reach and to end them', async (context) => {
    const start = Start.direct(context, ['--events', '50', '--keep']);
    expect(await start.code(), start.output).toBe(0);
    const env: Record<string, string> = JSON.parse(
      inShell(start.output, `${process.execPath} -p 'JSON.stringify(process.env)'`),
    );
    // What the AWS CLI reads: it takes an empty profile for the name of one, and version 1 knows AWS_REGION not.
    expect(env).toMatchObject({ AWS_DEFAULT_REGION: 'us-east-1', AWS_REGION: 'us-east-1' });
    for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN'])
      expect(env).not.toHaveProperty(name);
    expect(start.output).toContain('\nTo ask how they are: npx waybill status\n');
    const [, listed = ''] = /^To end them: kill ([\d ]+)$/m.exec(start.output) ?? [];
    const pids = listed.split(' ').map(Number);
    context.onTestFinished(async () => {
      for (const pid of pids) process.kill(pid, 'SIGTERM');
      await allGone(pids);
    });
    expect(pids.map(isRunning)).toEqual([true, true, true, true, true, true]);
    expect(JSON.parse(printedCurl(start.output))).toHaveProperty('sentence');
    expect(await signedIn(start.output).then((screen) => screen('/'))).toMatch(/^200 [\s\S]*Complete through EventId/);
    expect(toldAgain(start.output)).toMatchObject({ notified: [expect.any(Number)], failed: [] });
    const clients = openClients(env);
    const { QueueUrls } = await clients.sqs.send(new ListQueuesCommand());
    clients.close();
    expect(QueueUrls).toEqual(expect.arrayContaining([env['SCAN_QUEUE_URL'], env['ANNOUNCEMENT_QUEUE_URLS']]));
    const send = `${process.execPath} ${cli} notifications send --parcel 5002 --dry-run`;
    expect(inShell(start.output, send)).toContain('Notifies 1 parcel');
    const feed = await fetch(`${env['SCAN_API_URL']}?FromEventId=1&Limit=10`);
    expect(feed.status).not.toBe(404);
  });

  test('with --scan-api-url mirrors that API, and ends with 1 when a parcel is not what the API says', async (context) => {
    const feed = new HeldFeed(simulateFeed({ seed: 3, activeParcels: 20, shares: { late: 0 } }), 150);
    const api = await startScanApi({ feed, seed: 3, token: 'secret' });
    // Serves something else to the comparison, which asks for more than the poller's 100 events: as if updates were
    // lost.
    const carrier = createServer(async ({ url = '', headers }, response) => {
      const answer = await fetch(new URL(url, api.url), { headers: { authorization: headers.authorization ?? '' } });
      const text = await answer.text();
      response.writeHead(answer.status, { 'Content-Type': 'application/json' });
      const isBetrayal = url.includes('betrayed') && !url.includes('Limit=100&') && !url.endsWith('Limit=100');
      response.end(isBetrayal ? text.replaceAll('"Type":"DELIVERY"', '"Type":"RETURNED"') : text);
    });
    await once(carrier.listen(0, '127.0.0.1'), 'listening');
    context.onTestFinished(async () => {
      carrier.close();
      carrier.closeAllConnections();
      await api.stop();
    });
    const address = carrier.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const url = `http://127.0.0.1:${port}${new URL(api.url).pathname}`;
    const env = { SCAN_API_TOKEN: 'secret', POLL_INTERVAL_MS: '200' };
    const mirrored = Start.direct(context, ['--scan-api-url', url], env);
    const betrayed = Start.direct(context, ['--scan-api-url', `${url}?betrayed=1`], env);
    expect(await mirrored.code(), mirrored.output).toBe(0);
    expect(mirrored.output).toMatch(/^ok {6}all \d+ parcels match the \d+ events from EventId 1 through \d+$/m);
    expect(await betrayed.code()).toBe(1);
    expect(betrayed.output).toMatch(/^FAILED {2}\d+ of \d+ parcels differ/m);
    expect(betrayed.output).toMatch(/parcel \d+, type: stored "DELIVERY", expected "RETURNED"/);
  });

  test('with --scan-api-url says why an API cannot be mirrored, as waybill feed check does, and starts nothing', async (context) => {
    const api = await startScanApi({
      feed: new HeldFeed(simulateFeed({ seed: 3 }), 1),
      seed: 3,
      token: 'secret',
    });
    context.onTestFinished(() => api.stop());
    const refused = Start.direct(context, ['--scan-api-url', api.url], { SCAN_API_TOKEN: 'wrong' });
    const odd = await Promise.all(
      ['ignores FromEventId', 'has dates of another form'].map(async (is) => {
        const found = oddFeeds.find((each) => each.is === is);
        const feed = await startScriptedFeed(found?.reply ?? (() => ({ status: 500 })));
        context.onTestFinished(feed.stop);
        const start = Start.direct(context, ['--scan-api-url', feed.url]);
        const check = new Start(process.execPath, [cli, 'feed', 'check', '--scan-api-url', feed.url]);
        return { says: found?.says ?? /never/, outputs: [start, check] };
      }),
    );
    expect(await refused.code(), refused.output).toBe(1);
    expect(refused.output.replaceAll(/\s+/g, ' ')).toContain('does not accept the token of SCAN_API_TOKEN');
    for (const { says, outputs } of odd) {
      for (const run of outputs) {
        expect(await run.code(), run.output).toBe(1);
        expect(run.output.replaceAll(/\s+/g, ' ')).toMatch(says);
        expect(run.output).toContain('docs/scan-api.md');
        expect(run.output).not.toMatch(/^ok |drained/m);
      }
    }
  });

  test('with --scan-api-url says of an empty feed that nothing was compared, and ends with 1', async (context) => {
    const feed = await startScriptedFeed(() => ({ status: 204 }));
    context.onTestFinished(feed.stop);
    const start = Start.direct(context, ['--scan-api-url', feed.url], { POLL_INTERVAL_MS: '200' });
    expect(await start.code(), start.output).toBe(1);
    expect(start.output).toMatch(/^EMPTY {3}the feed shows no event from EventId 1 on: nothing was compared$/m);
    expect(start.output).not.toMatch(/^ok /m);
  });

  test('explains every wrong flag at once, and ends with 2', async (context) => {
    const start = Start.direct(context, ['--events', '0', '--sed', '1', '--live=yes']);
    expect(await start.code()).toBe(2);
    expect(start.output).toContain('--events expected a whole number 1–5,000,000, got "0"');
    expect(start.output).toContain('got "--sed"');
    expect(start.output).toContain('--live expected no value, got "yes"');
  });
});
