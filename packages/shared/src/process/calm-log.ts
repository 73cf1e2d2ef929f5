import type { Logger, LoggerOptions } from 'pino';
import type { Clock } from '../clock.ts';

/** Milliseconds from one line to the next of the same kind: an operator reads the newest minute, and it must show more than one fault. */
const quietMs = 30_000;
/** Milliseconds without another one after which a kind has ended. */
const endedMs = 2 * quietMs;

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

type Ended = { readonly text: string; readonly times: number; readonly seconds: number; readonly unsaid: number };

/** Counts lines by kind, and says which of them are written. */
class Repetitions {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #streaks = new Map<string, Streak>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** What to add to the line, with which it is written; undefined for one that is left out. */
  note(kind: string, text: string): { readonly times?: number; readonly seconds?: number } | undefined {
    const now = this.#clock.monotonic();
    const streak = this.#streaks.get(kind);
    if (!streak) {
      this.#streaks.set(kind, { text, since: now, seenAt: now, loggedAt: now, times: 1, unsaid: 0 });
      return {};
    }
    streak.times += 1;
    streak.seenAt = now;
    if (now - streak.loggedAt < quietMs) {
      streak.unsaid += 1;
      return undefined;
    }
    streak.loggedAt = now;
    streak.unsaid = 0;
    return { times: streak.times, seconds: secondsSince(streak, now) };
  }

  /** Ends the kinds with this text; without one, those that did not happen for a minute. */
  end(text?: string): readonly Ended[] {
    if (this.#streaks.size === 0) return [];
    const now = this.#clock.monotonic();
    const ended: Ended[] = [];
    for (const [kind, streak] of this.#streaks) {
      if (text === undefined ? now - streak.seenAt < endedMs : streak.text !== text) continue;
      this.#streaks.delete(kind);
      const seconds = Math.round(((text === undefined ? streak.seenAt : now) - streak.since) / 1_000);
      ended.push({ text: streak.text, times: streak.times, seconds, unsaid: streak.unsaid });
    }
    return ended;
  }
}

type Level = 'info' | 'warn' | 'error';

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
 * a level and a text, with the name and code of the error in `err`: another error is told at once. So is another `line`
 * of a library, numbers apart. What it leaves out stands in the log at level `debug`.
 */
export function calmLog({ log, clock }: { readonly log: Logger; readonly clock: Pick<Clock, 'monotonic'> }): CalmLog {
  const repetitions = new Repetitions(clock);
  const line = (level: Level) => (fields: object, text: string) => {
    sayEnded(log, repetitions.end());
    const count = repetitions.note(`${level}\n${kindOf(fields, text)}`, text);
    if (count) log[level]({ ...fields, ...count }, text);
    else log.debug(fields, text);
  };
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    over: (text, words) => {
      const ended = repetitions.end(text);
      const times = ended.reduce((sum, each) => sum + each.times, 0);
      if (times < 2 || words === undefined) return;
      log.info({ times, seconds: Math.max(...ended.map(({ seconds }) => seconds)) }, words);
    },
  };
}

/** Pino's numbers of the levels between which lines are calmed. */
const [info, warn, error] = [30, 40, 50];

/**
 * Calms a whole log in the same way: every text at `info`, and at `warn` and `error` the lines that carry an error, a
 * `reason` or what was `rejected`. Each of the others tells of something of its own, such as a hole in the feed. What ends is said by the line
 * that comes next.
 */
export function calmLines(clock: Pick<Clock, 'monotonic'>): NonNullable<LoggerOptions['hooks']> {
  const repetitions = new Repetitions(clock);
  return {
    logMethod(args, method, level) {
      const fields: unknown = args[0];
      const text: unknown = args[1];
      const isCalmed =
        typeof fields === 'object' && fields !== null && typeof text === 'string' && repeats(level, fields);
      if (!isCalmed) return method.apply(this, args);
      sayEnded(this, repetitions.end());
      const count = repetitions.note(`${level}\n${kindOf(fields, text)}`, text);
      if (!count) return this.debug(fields, text);
      return method.apply(this, [{ ...fields, ...count }, text]);
    },
  };
}

/** For those of which the last line does not give the whole number. */
function sayEnded(log: Logger, ended: readonly Ended[]): void {
  for (const { text: what, times, seconds, unsaid } of ended) {
    if (unsaid > 0) log.info({ what, times, seconds }, 'did not happen again for a minute');
  }
}

/**
 * Not a line that was calmed already, and not the one of a request that was answered, which has its `route`. What is
 * rejected of a bad feed comes with every page.
 */
function repeats(level: number, fields: object): boolean {
  if ('times' in fields || 'route' in fields || level < info || level > error) return false;
  return level < warn || 'err' in fields || 'reason' in fields || 'rejected' in fields;
}

function secondsSince({ since }: Streak, now: number): number {
  return Math.round((now - since) / 1_000);
}

function kindOf(fields: object, text: string): string {
  const { err, reason, settlement, line }: { err?: unknown; reason?: unknown; settlement?: unknown; line?: unknown } =
    fields;
  if (typeof line === 'string') return `${text}\n${line.replace(/[\da-f]*\d[\da-f]*/gi, '#')}`;
  const kind = `${text}\n${typeof reason === 'string' ? reason : ''}\n${typeof settlement === 'string' ? settlement : ''}`;
  if (!(err instanceof Error)) return kind;
  return `${kind}\n${err.name}\n${'code' in err ? String(err.code) : ''}`;
}
