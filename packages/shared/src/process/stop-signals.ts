/** The stop signals that this process has received. */
export type StopSignals = {
  /** Abort with the first signal, the second and the third. */
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  readonly third: AbortSignal;
  /** What a shell expects of a process that the first signal ended: 130 for Ctrl-C. */
  exitCode(): number;
  /** Counts one that Node does not deliver: SIGPIPE, when nobody reads standard output any more. */
  receive(signal: StopSignal): void;
};

const codes = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;
type StopSignal = keyof typeof codes;

/**
 * Milliseconds within which the same signal counts as one. The terminal sends Ctrl-C to npm and to the process; npm then sends it
 * to the process once more, where its shell is one that the process has replaced (bash, so on macOS).
 */
export const sameSignalMs = 250;

/** Listens for SIGINT, SIGTERM and SIGHUP: from now on none of them ends the process by itself. */
export function listenForStops(now: () => number = () => performance.now()): StopSignals {
  const stages = [new AbortController(), new AbortController(), new AbortController()] as const;
  let first: StopSignal = 'SIGINT';
  const receive = (signal: StopSignal) => {
    const next = stages.find((stage) => !stage.signal.aborted);
    if (next === stages[0]) first = signal;
    next?.abort(new Error(`interrupted by ${signal}`));
  };
  const once = onceEach(receive, now);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => once(signal));
  const [one, two, three] = stages;
  return { first: one.signal, second: two.signal, third: three.signal, exitCode: () => codes[first], receive };
}

/** Leaves out what is the same signal again ({@link sameSignalMs}). */
export function onceEach<Signal extends string>(receive: (signal: Signal) => void, now: () => number) {
  const at = new Map<Signal, number>();
  return (signal: Signal): void => {
    const before = at.get(signal);
    if (before !== undefined && now() - before <= sameSignalMs) return;
    // Of the one that counted: who presses Ctrl-C again and again, faster than that, is heard.
    at.set(signal, now());
    receive(signal);
  };
}
