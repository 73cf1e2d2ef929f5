/** What an engine's child process tells its parent. */
export type EngineReport = { readonly port: number } | { readonly kept: true } | { readonly failed: string };

/** What the parent tells it: end now, or live on when the parent goes. */
export type EngineOrder = 'stop' | 'keep';

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs an engine in a child process whose life is tied to its parent's: it ends when the IPC channel closes, however
 * the parent died, and on nothing else. Signals are ignored because Ctrl-C and `kill` on a group reach every process
 * at once, while poller and processor still settle what they hold and need the engines for it.
 *
 * @param listen starts the engine on a free port of 127.0.0.1 and answers the port
 */
export async function runEngine(listen: () => Promise<number>): Promise<void> {
  const ignore = () => {};
  const end = () => process.exit(0);
  for (const signal of endingSignals) process.on(signal, ignore);
  process.on('disconnect', end);
  process.on('message', (order) => {
    if (order === 'stop') end();
    if (order === 'keep') {
      process.off('disconnect', end);
      // A kept engine has nobody left to stop it but its user, who uses `kill`.
      process.off('SIGTERM', ignore);
      report({ kept: true });
    }
  });
  // The parent may have died while this process was loading, before anyone listened for it.
  if (!process.connected) end();
  process.on('uncaughtException', (cause) => fail(cause));

  try {
    report({ port: await listen() });
  } catch (cause) {
    fail(cause);
  }
}

function fail(cause: unknown): void {
  const failed = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  if (!process.connected) process.exit(1);
  report({ failed }, () => process.exit(1));
}

function report(what: EngineReport, sent: () => void = () => {}): void {
  process.send?.(what, undefined, {}, sent);
}
