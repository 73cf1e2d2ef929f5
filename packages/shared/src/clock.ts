/** Time as a dependency: the simulator gives every process a clock of its own. All values in milliseconds. */
export type Clock = {
  /** Wall-clock time since the Unix epoch; for what is recorded, never for measuring. */
  readonly now: () => number;
  /** Time that never jumps; for measuring, meaningless outside this process. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or early and without error once `signal` aborts: callers look at the signal. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    }),
};

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;
