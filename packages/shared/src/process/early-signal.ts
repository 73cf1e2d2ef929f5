/**
 * The first import of a `main.ts`: remembers a SIGTERM or SIGINT that arrives while the other modules are loading,
 * which takes half a second. Without it the signal would end the process as if it had crashed. The listeners stay,
 * because Node drops a pending signal when its last listener goes.
 */
let received: NodeJS.Signals | undefined;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    received ??= signal;
  });
}

/** The first signal that arrived, if any. */
export function earlySignal(): NodeJS.Signals | undefined {
  return received;
}
