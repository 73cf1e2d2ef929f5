import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { announceLiveRun, findLiveRuns, type LiveRun, liveRunsFolder, type User } from './live-runs.ts';

const runOf = (pid: number): LiveRun => ({
  pid,
  startedAtUtc: `2026-11-29T08:00:0${pid}Z`,
  control: { url: 'http://127.0.0.1:1', token: 'of the control server' },
  api: { url: 'http://127.0.0.1:2', token: 'of the API' },
});

async function user(): Promise<User> {
  const temporary = await mkdtemp(join(tmpdir(), 'waybill-live-runs-'));
  onTestFinished(() => rm(temporary, { recursive: true }));
  return { env: {}, temporary, uid: process.getuid?.() };
}

const anyway = async () => true;

test('a run is found by its user until it is taken away, the newest first, in a file for nobody else', async () => {
  const me = await user();
  const leave = await announceLiveRun(runOf(1), me);
  await announceLiveRun(runOf(2), me);
  expect(await findLiveRuns(me, anyway)).toEqual([runOf(2), runOf(1)]);
  const folder = liveRunsFolder(me);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, '1.json'))).mode & 0o777).toBe(0o600);
  await leave();
  await leave();
  expect(await findLiveRuns(me, anyway)).toEqual([runOf(2)]);
});

test('what a killed run left is told from a live one, and removed; so is what is no word of a run', async () => {
  const me = await user();
  for (const pid of [1, 2]) await announceLiveRun(runOf(pid), me);
  await writeFile(join(liveRunsFolder(me), '3.json'), '{}');
  expect(await findLiveRuns(me, async ({ pid }) => pid === 1)).toEqual([runOf(1)]);
  expect(await readdir(liveRunsFolder(me))).toEqual(['1.json']);
});

test('a process that has the number of a killed one takes its place', async () => {
  const me = await user();
  await announceLiveRun(runOf(1), me);
  const later = { ...runOf(1), startedAtUtc: '2026-11-29T09:00:00Z' };
  await announceLiveRun(later, me);
  expect(await findLiveRuns(me, anyway)).toEqual([later]);
});

test('there is none where nobody has left word', async () => {
  expect(await findLiveRuns(await user(), anyway)).toEqual([]);
});

test('lies in the folder of the user that the system has, where it has one', () => {
  const of = { temporary: '/tmp', uid: 7 };
  expect(liveRunsFolder({ ...of, env: { XDG_RUNTIME_DIR: '/run/user/7' } })).toBe(join('/run/user/7', 'waybill'));
  expect(liveRunsFolder({ ...of, env: {} })).toBe(join('/tmp', 'waybill-7'));
});

test.runIf(process.getuid)('a folder that others can open, or that is another user’s, is refused', async () => {
  const me = await user();
  const folder = liveRunsFolder(me);
  await mkdir(folder);
  await chmod(folder, 0o755);
  await expect(announceLiveRun(runOf(1), me)).rejects.toThrow('nobody else can open');
  await chmod(folder, 0o700);
  await announceLiveRun(runOf(1), me);
  const other = { ...me, uid: (me.uid ?? 0) + 1, env: { XDG_RUNTIME_DIR: me.temporary } };
  await mkdir(liveRunsFolder(other), { mode: 0o700 });
  await expect(announceLiveRun(runOf(1), other)).rejects.toThrow('of this user');
});
