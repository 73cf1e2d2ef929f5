/** The stop signals that this process has received. */
export type StopSignals = {
  /** Abort with the first signal, the second and the third. */
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  readonly third: AbortSignal;
  /** What a shell expects of a process that the first signal ended: 130 for Ctrl-C. */
  exitCode(): number;
};

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Listens for SIGINT, SIGTERM and SIGHUP: from now on none of them ends the process by itself. */
export function listenForStops(): StopSignals {
  const stages = [new AbortController(), new AbortController(), new AbortController()] as const;
  let first: keyof typeof codes = 'SIGINT';
  const receive = (signal: keyof typeof codes) => {
    const next = stages.find((stage) => !stage.signal.aborted);
    if (next === stages[0]) first = signal;
    next?.abort(new Error(`interrupted by ${signal}`));
  };
  process.on('SIGINT', () => receive('SIGINT'));
  process.on('SIGTERM', () => receive('SIGTERM'));
  process.on('SIGHUP', () => receive('SIGHUP'));
  const [one, two, three] = stages;
  return { first: one.signal, second: two.signal, third: three.signal, exitCode: () => codes[first] };
}
