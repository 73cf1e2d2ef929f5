import type { Clock } from '@waybill/shared/clock.ts';
import { describeError } from '@waybill/shared/error.ts';
import { type Act, acts, type Sight, type Sighting } from './acts.ts';
import type { RunClient } from './run-client.ts';
import { backlogOf, unwell } from './wellness.ts';

export type BadDayDependencies = {
  readonly run: RunClient;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Told of what happens, as it happens. */
  readonly teller: Teller;
  /** How many times faster than in three minutes. */
  readonly pace: number;
};

/** What is told of a day while it is played. */
export type Teller = {
  /** The run is not well yet, before the first act. */
  waits(why: string): void;
  begins(act: Act): void;
  /** The page names the trouble. */
  sees(sighting: Sighting, seconds: number): void;
  ends(act: Act): void;
  /** The backlog of an act is worked off. */
  recovers(seconds: number): void;
  /** All is well, at the end. */
  isWell(sentence: string): void;
  /** An act's trouble was not named, or is not over, in time. */
  fails(what: string): void;
};

/** How an act came out. */
export type ActOutcome = {
  readonly act: Act;
  readonly isNamed: boolean;
  /** What was not worked off after it, in time. */
  readonly backlog: readonly string[];
};

export type BadDay = {
  /** Of the acts that were played: the last one is that whose backlog was not worked off. */
  readonly outcomes: readonly ActOutcome[];
  /** What was not well before the first act, or in time after the last one. */
  readonly unwell: readonly string[];
};

/** Milliseconds for which a trouble stays on, at the usual pace, for people to look at it. */
const heldMs = 28_000;
/** Milliseconds within which the page must name a trouble, and all be well after it: it speaks of the last minute, and a breaker waits. */
const namedLimitMs = 60_000;
const wellLimitMs = 150_000;
const lookEveryMs = 500;
/** Seconds after which the run ends a trouble by itself: whoever plays it was killed. */
const abandonedSeconds = (heldMs + namedLimitMs) / 1_000 + 10;

/**
 * Plays the acts one after the other, each when the backlog of the one before is worked off, and waits until all is well.
 * Rejects with the signal's reason, the trouble undone.
 */
export async function playBadDay(deps: BadDayDependencies, signal: AbortSignal): Promise<BadDay> {
  const { teller, run } = deps;
  const first = await backlog(deps);
  if (first.length > 0) teller.waits(first.join(', '));
  const before = await untilNone(backlog, deps, signal);
  if (before.length > 0) {
    teller.fails(`The run is not well by itself: ${before.join(', ')}.`);
    return { outcomes: [], unwell: before };
  }
  const outcomes: ActOutcome[] = [];
  for (const act of acts) {
    const outcome = await play(act, deps, signal);
    outcomes.push(outcome);
    if (outcome.backlog.length > 0) return { outcomes, unwell: outcome.backlog };
  }
  const still = await untilNone((of) => looked(of, unwell), deps, signal);
  if (still.length === 0) teller.isWell((await patiently(() => run.status(), deps, signal)).sentence);
  else teller.fails(`Not all is well ${wellLimitMs / 1_000} s later: ${still.join(', ')}.`);
  return { outcomes, unwell: still };
}

async function play(act: Act, deps: BadDayDependencies, signal: AbortSignal): Promise<ActOutcome> {
  const { run, clock, teller, pace } = deps;
  const before = await patiently(() => sightOf(run), deps, signal);
  const from = clock.monotonic();
  const secondsSince = (since: number) => (clock.monotonic() - since) / 1_000;
  teller.begins(act);
  let isNamed = false;
  try {
    await run.begin(act.name, abandonedSeconds);
    isNamed = await within(namedLimitMs, deps, signal, async () => {
      const sighting = await sightOf(run)
        .then((now) => act.sighting(now, before, run))
        .catch((error: unknown) => notYet(run, error));
      if (sighting) teller.sees(sighting, secondsSince(from));
      return sighting !== undefined;
    });
    if (!isNamed) teller.fails(`The page did not name it within ${namedLimitMs / 1_000} s.`);
    await clock.sleep(Math.max(0, heldMs / pace - (clock.monotonic() - from)), signal);
    signal.throwIfAborted();
  } finally {
    await run.end();
  }
  teller.ends(act);
  const endedAt = clock.monotonic();
  const left = await untilNone(backlog, deps, signal);
  if (left.length === 0) teller.recovers(secondsSince(endedAt));
  else teller.fails(`The backlog is not worked off ${wellLimitMs / 1_000} s later: ${left.join(', ')}.`);
  return { act, isNamed, backlog: left };
}

async function sightOf(run: RunClient): Promise<Sight> {
  const [status, groups] = await Promise.all([run.status(), run.failureGroups()]);
  return { status, groups };
}

async function backlog(deps: BadDayDependencies): Promise<string[]> {
  return await looked(deps, backlogOf);
}

/** What is not as it should be now. In the middle of a trouble the API may be slow: that is not as it should be, too. */
async function looked({ run }: BadDayDependencies, judge: typeof unwell): Promise<string[]> {
  const state = await run.state();
  return await run.status().then(
    (status) => judge({ status, state }),
    (error: unknown) => [describeError(error)],
  );
}

/** An API that does not respond in time in the middle of a trouble is asked again, as long as its run is there. */
async function notYet(run: RunClient, error: unknown): Promise<undefined> {
  await run.state().catch(() => {
    throw error;
  });
}

/** Asks again while the API is too busy to respond; rejects once its run is gone, or after a while. */
async function patiently<T>(question: () => Promise<T>, deps: BadDayDependencies, signal: AbortSignal): Promise<T> {
  let found: { readonly answer: T } | undefined;
  await within(namedLimitMs, deps, signal, async () => {
    found = await question().then(
      (answer) => ({ answer }),
      (error: unknown) => notYet(deps.run, error),
    );
    return found !== undefined;
  });
  return found ? found.answer : await question();
}

/** What is still not as it should be when it is waited for no longer; empty as soon as all is. */
async function untilNone(
  question: (deps: BadDayDependencies) => Promise<string[]>,
  deps: BadDayDependencies,
  signal: AbortSignal,
): Promise<readonly string[]> {
  let still: readonly string[] = [];
  await within(wellLimitMs, deps, signal, async () => {
    still = await question(deps);
    return still.length === 0;
  });
  return still;
}

/** Looks again and again until it is so; false when it is not in time. */
async function within(
  limitMs: number,
  { clock }: BadDayDependencies,
  signal: AbortSignal,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  const from = clock.monotonic();
  for (;;) {
    signal.throwIfAborted();
    if (await isSo()) return true;
    if (clock.monotonic() - from > limitMs) return false;
    await clock.sleep(lookEveryMs, signal);
  }
}
