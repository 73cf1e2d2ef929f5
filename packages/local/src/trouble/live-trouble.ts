import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describeError } from '@waybill/shared/error.ts';
import type { QueueContent } from '../pipeline/queue-content.ts';
import { startControl } from './control-server.ts';
import { announceLiveRun, type LiveRun } from './live-runs.ts';
import { TroubleMaker, type TroubleSources } from './trouble-maker.ts';

export type LiveTroubleOptions = TroubleSources & {
  readonly release: TroubleSources['release'] & {
    readonly counts: { readonly spoiled: number; readonly owed: number };
  };
  readonly api: LiveRun['api'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly announcements: () => Promise<QueueContent>;
};

/** A run on which a bad day can be played, until it is stopped. */
export type LiveTrouble = {
  /** Undoes what trouble there is, and is not found any more. May be called twice. */
  stop(): Promise<void>;
};

const tokenBytes = 24;

/** Lets `npm run demo:trouble` of the same user find this run and make trouble in it. Says why where that is not possible. */
export async function openTrouble(options: LiveTroubleOptions): Promise<LiveTrouble> {
  const { api, release, announcements, say, env } = options;
  const token = randomBytes(tokenBytes).toString('base64url');
  const maker = new TroubleMaker(options);
  const state = async () => {
    const { visible, inFlight } = await announcements();
    return { trouble: maker.current ?? null, ...release.counts, announcements: visible + inFlight };
  };
  const control = await startControl({ token, maker, state });
  const run = {
    pid: process.pid,
    startedAtUtc: new Date().toISOString(),
    control: { url: control.url, token },
    api: { url: api.url, token: api.token },
  };
  const user = { env, temporary: tmpdir(), uid: process.getuid?.() };
  const unannounce = await announceLiveRun(run, user).catch((error: unknown) => {
    say(`npm run demo:trouble will not find this run: ${describeError(error)}`);
    return undefined;
  });
  if (unannounce) say('A bad day on it, from another terminal: npm run demo:trouble\n');
  return {
    stop: async () => {
      await unannounce?.();
      await control.stop();
    },
  };
}
