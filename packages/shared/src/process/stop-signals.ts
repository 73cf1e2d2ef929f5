/** How often, and how, this process was told to end. */
export type StopSignals = {
  /** Abort with the first signal, the second, and the third. */
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  readonly third: AbortSignal;
  /** What a shell expects of a process that a signal ended: 130 for Ctrl-C. */
  exitCode(): number;
};

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** From now on these signals end nothing by themselves. */
export function listenForStops(): StopSignals {
  const stages = [new AbortController(), new AbortController(), new AbortController()] as const;
  let told: keyof typeof codes = 'SIGINT';
  const hear = (signal: keyof typeof codes) => {
    const next = stages.find((stage) => !stage.signal.aborted);
    if (next === stages[0]) told = signal;
    next?.abort(new Error(`interrupted by ${signal}`));
  };
  process.on('SIGINT', () => hear('SIGINT'));
  process.on('SIGTERM', () => hear('SIGTERM'));
  process.on('SIGHUP', () => hear('SIGHUP'));
  const [first, second, third] = stages;
  return { first: first.signal, second: second.signal, third: third.signal, exitCode: () => codes[told] };
}
