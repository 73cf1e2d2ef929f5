import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WaybillError } from '@waybill/shared/error.ts';
import { z } from 'zod';

/** How a running `npm start -- --live` is reached: its control server, and its API with the page. */
const liveRunShape = z.object({
  pid: z.int().positive(),
  startedAtUtc: z.string(),
  control: z.object({ url: z.string(), token: z.string() }),
  api: z.object({ url: z.string(), token: z.string() }),
});

export type LiveRun = z.infer<typeof liveRunShape>;

/** What the folder's place and owner depend on. */
export type User = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The system's folder for temporary files. */
  readonly temporary: string;
  /** Undefined on Windows, whose temporary folder is each user's own. */
  readonly uid: number | undefined;
};

/** The user's own folder of this boot where there is one (XDG Base Directory Specification), else one for temporary files. */
export function liveRunsFolder({ env, temporary, uid }: User): string {
  const own = env['XDG_RUNTIME_DIR'];
  return own ? join(own, 'waybill') : join(temporary, uid === undefined ? 'waybill' : `waybill-${uid}`);
}

/**
 * Leaves word of a run, for its own user's eyes only, and returns what takes it away again.
 *
 * @throws `CONFIG_INVALID` where the folder is another user's, or open to others
 */
export async function announceLiveRun(run: LiveRun, user: User): Promise<() => Promise<void>> {
  const folder = liveRunsFolder(user);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await requireOwn(folder, user);
  const file = join(folder, `${run.pid}.json`);
  // One of a process that had this number and was killed.
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify(run), { mode: 0o600, flag: 'wx' });
  return async () => await rm(file, { force: true });
}

/**
 * The runs of this user that respond, the newest first. Word of those that do not is removed: they were killed.
 *
 * @param isLive whether the run responds as itself
 * @throws `CONFIG_INVALID` where the folder is another user's, or open to others
 */
export async function findLiveRuns(user: User, isLive: (run: LiveRun) => Promise<boolean>): Promise<LiveRun[]> {
  const folder = liveRunsFolder(user);
  const names = await readdir(folder).catch(() => []);
  if (names.length > 0) await requireOwn(folder, user);
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const run = await readRun(file);
      if (run && (await isLive(run))) return [run];
      await rm(file, { force: true });
      return [];
    }),
  );
  return found.flat().sort((a, b) => (a.startedAtUtc < b.startedAtUtc ? 1 : -1));
}

async function readRun(file: string): Promise<LiveRun | undefined> {
  try {
    return liveRunShape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Anybody may make a folder of this name among temporary files, and would read the tokens in it. */
async function requireOwn(folder: string, { uid }: User): Promise<void> {
  if (uid === undefined) return;
  const stats = await lstat(folder);
  if (stats.isDirectory() && stats.uid === uid && (stats.mode & 0o077) === 0) return;
  throw new WaybillError(
    'CONFIG_INVALID',
    `${folder} must be a folder of this user that nobody else can open: remove it, or name another by XDG_RUNTIME_DIR`,
  );
}
