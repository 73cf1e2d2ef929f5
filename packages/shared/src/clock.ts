/** Time as a dependency: the simulator gives every process a clock of its own. All values in milliseconds. */
export type Clock = {
  /** Wall-clock time since the Unix epoch; for what is recorded, never for measuring. */
  readonly now: () => number;
  /** Time that never jumps; for measuring, meaningless outside this process. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or early and without error once `signal` aborts: callers check the signal. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

type Sleepers = { readonly wakes: Set<() => void>; readonly wakeAll: () => void };

const sleepersUnder = new WeakMap<AbortSignal, Sleepers>();

/**
 * Calls `wake` when the signal aborts; returns a function that cancels this. All sleepers of a signal share one
 * listener: a signal walks all its listeners when one is added or removed, and with the thousands of writes that an
 * outage holds, this stopped the process for seconds.
 */
function wakeOnAbort(signal: AbortSignal, wake: () => void): () => void {
  const { wakes, wakeAll } = sleepersUnder.get(signal) ?? firstSleeperUnder(signal);
  wakes.add(wake);
  return () => {
    if (!wakes.delete(wake) || wakes.size > 0) return;
    signal.removeEventListener('abort', wakeAll);
    sleepersUnder.delete(signal);
  };
}

function firstSleeperUnder(signal: AbortSignal): Sleepers {
  const wakes = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of [...wakes]) wake();
  };
  const sleepers = { wakes, wakeAll };
  sleepersUnder.set(signal, sleepers);
  signal.addEventListener('abort', wakeAll);
  return sleepers;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        forget();
        resolve();
      };
      const timer = setTimeout(done, ms);
      const forget = wakeOnAbort(signal, done);
    }),
};

/** Longest time that a watched clock sleeps without a tick, milliseconds. */
const longestSilentSleepMs = 20_000;

/**
 * A clock that calls `tick` whenever it measures or sleeps, and while it sleeps. A loop with such a clock of its own is
 * alive for as long as it uses it: a loop whose call hangs no longer does, and one that waits for an hour does.
 */
export function watchedClock(clock: Clock, tick: () => void): Clock {
  return {
    now: clock.now,
    monotonic: () => {
      tick();
      return clock.monotonic();
    },
    sleep: async (ms, signal) => {
      tick();
      let leftMs = ms;
      for (; leftMs > longestSilentSleepMs && !signal.aborted; leftMs -= longestSilentSleepMs) {
        await clock.sleep(longestSilentSleepMs, signal);
        tick();
      }
      await clock.sleep(leftMs, signal);
      tick();
    },
  };
}

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;
