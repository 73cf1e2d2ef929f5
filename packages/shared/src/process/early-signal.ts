/**
 * Takes note of a SIGTERM or SIGINT that comes while the other modules are still being loaded, which takes half a second:
 * the first import of a `main.ts`. Without it the process would end by the signal, as if it had crashed. The listeners
 * stay: Node forgets a signal that waits for its turn when the last listener goes.
 */
let received: NodeJS.Signals | undefined;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    received ??= signal;
  });
}

/** The first signal that came, if any. */
export function earlySignal(): NodeJS.Signals | undefined {
  return received;
}
