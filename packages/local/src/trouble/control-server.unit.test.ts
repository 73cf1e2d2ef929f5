import { expect, onTestFinished, test } from 'vitest';
import { startControl } from './control-server.ts';
import { isLive, openRun } from './run-client.ts';

const state = { trouble: null, spoiled: 3, owed: 1, announcements: 0 };
const api = { url: 'http://127.0.0.1:1', token: 'of the API' };

async function started() {
  const calls: string[] = [];
  const maker = {
    begin: async (name: string, ms: number) => void calls.push(`${name} for ${ms} ms`),
    end: async () => void calls.push('over'),
  };
  const control = await startControl({ token: 'secret', maker, state: async () => state });
  onTestFinished(() => control.stop());
  return { control, calls, run: openRun({ control: { url: control.url, token: 'secret' }, api }) };
}

test('begins and ends a trouble for who has the token of the run, and tells how the run is', async () => {
  const { calls, run } = await started();
  await run.begin('carrier-503', 2.5);
  await run.end();
  expect(calls).toEqual(['carrier-503 for 2500 ms', 'over']);
  expect(await run.state()).toEqual(state);
});

test('does nothing for anybody else', async () => {
  const { control, calls } = await started();
  const stranger = openRun({ control: { url: control.url, token: 'guessed' }, api });
  await expect(stranger.begin('carrier-503', 1)).rejects.toThrow('PUT /trouble returned 401');
  await expect(stranger.end()).rejects.toThrow('401');
  expect(calls).toEqual([]);
});

test.each([
  ['PUT', '/trouble', '{"name":"earthquake","seconds":1}', 400],
  ['PUT', '/trouble', '{"name":"carrier-503","seconds":1e9}', 400],
  ['PUT', '/trouble', '{', 400],
  ['PUT', '/trouble', ' '.repeat(100_000), 400],
  ['POST', '/trouble', '{}', 404],
] as const)('refuses %s %s with %.20s', async (method, path, body, status) => {
  const { control, calls } = await started();
  const headers = { authorization: 'Bearer secret' };
  const response = await fetch(control.url + path, { method, headers, body });
  expect([response.status, calls]).toEqual([status, []]);
});

test('says that the run has ended, where there is nobody to respond', async () => {
  const { control, run } = await started();
  await control.stop();
  await expect(run.state()).rejects.toThrow('has ended');
});

test('ends the trouble with itself, and is not live any more', async () => {
  const { control, calls } = await started();
  const run = { pid: 1, startedAtUtc: '', control: { url: control.url, token: 'secret' }, api };
  expect(await isLive(run)).toBe(true);
  expect(await isLive({ ...run, control: { url: control.url, token: 'of another run' } })).toBe(false);
  await control.stop();
  expect(calls).toEqual(['over']);
  expect(await isLive(run)).toBe(false);
});
