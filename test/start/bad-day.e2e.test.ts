import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type TestContext, test } from 'vitest';
import { until } from '../processes/until.ts';
import { Start, signedIn } from './started.ts';

const demo = fileURLToPath(import.meta.resolve('@waybill/local/trouble/main.ts'));

/** Milliseconds: the page speaks of the last ten seconds to a minute, and a breaker waits. */
const patience = 150_000;

/** A user's folder of one's own, so that no other run of this machine is found. */
async function userOf(context: TestContext): Promise<{ XDG_RUNTIME_DIR: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bad-day-'));
  context.onTestFinished(() => rm(folder, { recursive: true }));
  return { XDG_RUNTIME_DIR: folder };
}

/** What a screen of the page says, in the order in which the troubles are made. */
const screens = [
  { path: '/', says: /The carrier has answered 503/ },
  { path: '/failures', says: /INVALID_DATE/ },
  { path: '/', says: /DynamoDB has (throttled|not taken)/ },
  { path: '/', says: /The webhook has answered 401/ },
] as const;

test('a bad day on a live run: the page names each trouble and what to do, and all is well in the end', {
  timeout: 2 * patience,
}, async (context) => {
  const env = await userOf(context);
  const start = Start.direct(context, ['--live', '--events', '300'], env);
  await start.says('a bad day can be played', /npm run demo:trouble$/m);
  const screen = await signedIn(start.output);

  const interrupted = Start.direct(context, ['--pace', '20'], env, demo);
  await start.says('trouble was made', /^Trouble on demand: The carrier/m);
  interrupted.interrupt();
  expect(await interrupted.code(), interrupted.output).toBe(130);
  await start.says('what was interrupted is undone', /^Trouble over: The carrier/m);

  const day = Start.direct(context, ['--pace', '20'], env, demo);
  for (const [index, { path, says }] of screens.entries()) {
    const begun = new RegExp(`^${index + 1}  `, 'm');
    await until(`act ${index + 1} begins:\n${day.output}`, () => begun.test(day.output), patience);
    await until(`${path} says ${says}`, async () => says.test(await screen(path)), patience);
  }
  expect(await day.code(), day.output + start.output).toBe(0);
  expect(day.output).toMatch(/^ok {6}the page named each of the 4 troubles, and said what to do$/m);
  expect(day.output.split('\n').filter((line) => line.length > 80)).toEqual([]);
  // Who looks again after a while may see what was read before; the next look, at the latest, is new.
  const saysTrouble = /has answered (503|401)|DynamoDB has (throttled|not taken)/;
  await until('the page says that all is well', async () => !saysTrouble.test(await screen('/')), patience);

  start.interrupt();
  expect(await start.code(), start.output).toBe(0);
  expect(start.output).toMatch(/^ok {6}all [\d,]+ parcels match/m);
  expect(start.output).toMatch(/^ok {6}each of the [1-9][\d,]* first deliveries was told/m);
  expect(start.output).not.toMatch(/^FAILED/m);
  expect(await readdir(join(env.XDG_RUNTIME_DIR, 'waybill'))).toEqual([]);
});

test('a bad day where nothing is running says what to start, and ends with 1', async (context) => {
  const day = Start.direct(context, [], await userOf(context), demo);
  expect(await day.code()).toBe(1);
  expect(day.output).toContain('npm start -- --live\n');
});
