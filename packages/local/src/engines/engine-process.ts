import type { Throttling } from './throttling.ts';

/** A message from an engine's process to its parent. */
export type EngineReport =
  | { readonly port: number }
  | { readonly kept: true }
  | { readonly throttles: boolean }
  | { readonly failed: string };

/** A message from the parent: end now, outlive the parent, or throttle a table (undefined: none) from now on. */
export type EngineOrder = 'stop' | 'keep' | { readonly throttle: Throttling | undefined };

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs an engine in a child process that ends with its parent: when the IPC channel closes, however the parent died.
 * Signals are ignored, because Ctrl-C and `kill` on a group reach every process at once, while poller and processor
 * still need the engines to settle what they hold.
 *
 * @param listen starts the engine on a free port of 127.0.0.1 and returns the port
 * @param throttle of an engine that can
 */
export async function runEngine(
  listen: () => Promise<number>,
  throttle?: (throttling: Throttling | undefined) => void,
): Promise<void> {
  const ignore = () => {};
  const end = () => process.exit(0);
  for (const signal of endingSignals) process.on(signal, ignore);
  process.on('disconnect', end);
  // Only the parent has this channel.
  process.on('message', (order: EngineOrder) => {
    if (order === 'stop') end();
    if (order === 'keep') {
      process.off('disconnect', end);
      // Only its user can stop a kept engine, with `kill`.
      process.off('SIGTERM', ignore);
      report({ kept: true });
    }
    if (typeof order === 'object' && throttle) {
      throttle(order.throttle);
      report({ throttles: order.throttle !== undefined });
    }
  });
  // The parent may have died while this process was loading, before the listener above.
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
