import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { bodiesOf, drain, newPair, type Pair, put, scan } from '../../test/dead-letter-rig.ts';
import type { KilledRedrive } from '../../test/killed-redrive.ts';

const engines = useEngines(process.env);
const kills = 50;
/** Children at once: most of the time they wait for a long poll. */
const atOnce = 8;
const visibilitySeconds = 6;

const wanted = Array.from({ length: 24 }, (_, index) => scan(index + 1, { type: 'DELIVERY' }));
const others = Array.from({ length: 12 }, (_, index) => scan(index + 101, { type: 'STATUS' }));
const mixed = Array.from({ length: 12 }, (_, index) => [
  wanted[index * 2],
  others[index],
  wanted[index * 2 + 1],
]).flat();

let folder = '';
let program = '';

/** Bundled once: to load the SDK's many files takes a child longer than its redrive. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-kills-'));
  program = join(folder, 'killed-redrive.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../test/killed-redrive.ts', import.meta.url))],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    // What is CommonJS in the bundle requires Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { readonly signal: NodeJS.Signals | null; readonly stdout: string };

async function runChild(pair: Pair, killAt: number): Promise<Ended> {
  // biome-ignore lint/nursery/useAwaitThenable: the SDK's provider returns a promise; the rule loses its type behind `?.`
  const { protocol = 'http:', hostname, port } = (await engines().sqs.config.endpoint?.()) ?? {};
  const endpoint = `${protocol}//${hostname}:${port}`;
  const given: KilledRedrive = { endpoint, sourceUrl: pair.sourceUrl, type: 'DELIVERY', visibilitySeconds, killAt };
  return new Promise((resolve) => {
    // Of a bundle no line counts.
    const env = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], NODE_V8_COVERAGE: '' };
    const child = execFile(process.execPath, [program, JSON.stringify(given)], { env }, (_error, stdout) =>
      resolve({ signal: child.signalCode, stdout }),
    );
  });
}

async function filledPair(): Promise<Pair> {
  const { sqs } = engines();
  const pair = await newPair(sqs);
  await put(
    sqs,
    pair.url,
    mixed.flatMap((body) => (body === undefined ? [] : [{ body }])),
  );
  return pair;
}

test(`a selective redrive that is killed at each of its steps, ${kills} times, loses nothing and hides nothing for longer than it said`, async () => {
  const { sqs } = engines();
  const whole = await runChild(await filledPair(), 0);
  const { steps, outcome } = JSON.parse(whole.stdout);
  expect(outcome).toBe('done');
  expect(steps).toBeGreaterThan(30);

  const runs = Array.from({ length: kills }, (_, index) => 1 + Math.floor((index * steps) / kills)).values();
  const killed: { readonly killAt: number; readonly pair: Pair; readonly sent: readonly string[] }[] = [];
  let lastKill = 0;
  const worker = async () => {
    for (const killAt of runs) {
      const pair = await filledPair();
      const { signal } = await runChild(pair, killAt);
      // A run that meets fewer polls has fewer steps: its end is as good a place.
      if (signal !== 'SIGKILL') expect(killAt).toBeGreaterThan(steps / 2);
      lastKill = performance.now();
      killed.push({ killAt, pair, sent: bodiesOf(await drain(sqs, pair.sourceUrl)) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const visibleAgain = lastKill + visibilitySeconds * 1_000;
  await expect.poll(() => performance.now(), { timeout: 60_000, interval: 200 }).toBeGreaterThan(visibleAgain);

  const unsettled: number[] = [];
  await Promise.all(
    killed.map(async ({ killAt, pair, sent }) => {
      const at = `killed at step ${killAt} of ${steps}`;
      // Nothing but what is selected, and nothing twice.
      expect(sent, at).toEqual([...new Set(sent)]);
      expect(
        sent.filter((body) => !wanted.includes(body)),
        at,
      ).toEqual([]);
      // Everything that is not sent is visible, and what is there, too, was killed between its send and its delete.
      const left = bodiesOf(await drain(sqs, pair.url));
      expect(left, at).toEqual([...new Set(left)]);
      expect([...new Set([...sent, ...left])].toSorted(), at).toEqual([...wanted, ...others].toSorted());
      if (sent.some((body) => left.includes(body))) unsettled.push(killAt);
    }),
  );
  // Some kills did hit between a send and its delete, most did not.
  expect(unsettled.length).toBeGreaterThan(0);
  expect(unsettled.length).toBeLessThan(kills / 2);
}, 150_000);
