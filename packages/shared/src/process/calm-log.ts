import type { Clock } from '../clock.ts';
import type { Logger } from './logger.ts';

/** Milliseconds from one line to the next of the same kind: an operator reads the newest minute, and it must show more than one fault. */
const quietMs = 30_000;

type Level = 'info' | 'warn' | 'error';

/** What repeats, from its first occurrence on. */
type Streak = {
  readonly text: string;
  readonly since: number;
  seenAt: number;
  loggedAt: number;
  times: number;
  /** Occurrences since the last line. */
  unsaid: number;
};

/** A log for what may repeat many times a second. */
export type CalmLog = Readonly<Record<Level, (fields: object, text: string) => void>> & {
  /**
   * What the lines with this text reported has ended: the next one counts as the first again. Logs `words`, with how
   * often and for how long, if it happened more than once. Costs nothing while nothing repeats.
   */
  readonly over: (text: string, words?: string) => void;
};

/**
 * Logs the first of a kind at once, then at most one line in 30 s, with `times` and `seconds` since the first. A kind is
 * a level and a text, with the name and code of the error in `err`: another error is told at once. What it leaves out stands in the
 * log at level `debug`.
 */
export function calmLog({ log, clock }: { readonly log: Logger; readonly clock: Pick<Clock, 'monotonic'> }): CalmLog {
  const streaks = new Map<string, Streak>();
  const line = (level: Level) => (fields: object, text: string) => {
    const now = clock.monotonic();
    const kind = `${level}\n${kindOf(fields, text)}`;
    const streak = streaks.get(kind);
    if (!streak || now - streak.seenAt >= 2 * quietMs) {
      streaks.set(kind, { text, since: now, seenAt: now, loggedAt: now, times: 1, unsaid: 0 });
      log[level](streak && streak.unsaid > 0 ? { ...fields, timesBefore: streak.unsaid } : fields, text);
      return;
    }
    streak.times += 1;
    streak.seenAt = now;
    if (now - streak.loggedAt < quietMs) {
      streak.unsaid += 1;
      log.debug(fields, text);
      return;
    }
    streak.loggedAt = now;
    streak.unsaid = 0;
    log[level]({ ...fields, times: streak.times, seconds: secondsSince(streak, now) }, text);
  };
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    over: (text, words) => {
      if (streaks.size === 0) return;
      const ended = [...streaks].filter(([, streak]) => streak.text === text);
      for (const [kind] of ended) streaks.delete(kind);
      const times = ended.reduce((sum, [, streak]) => sum + streak.times, 0);
      if (times < 2 || words === undefined) return;
      const now = clock.monotonic();
      log.info({ times, seconds: Math.max(...ended.map(([, streak]) => secondsSince(streak, now))) }, words);
    },
  };
}

function secondsSince({ since }: Streak, now: number): number {
  return Math.round((now - since) / 1_000);
}

function kindOf(fields: object, text: string): string {
  const error = 'err' in fields ? fields.err : undefined;
  if (!(error instanceof Error)) return text;
  const code = 'code' in error ? String(error.code) : '';
  return `${text}\n${error.name}\n${code}`;
}
