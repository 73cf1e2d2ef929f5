import { describeError, hasCode, WaybillError } from '../error.ts';
import type { Logger } from './logger.ts';

/** Something that runs until it is stopped: the poller, the processor. */
export type Service = {
  /** Begins the work. A second start, or one after a stop, does nothing. */
  readonly start: () => void;
  /** Asks for an orderly stop and resolves when it is done. Fine twice, and before or during the start. */
  readonly stop: () => Promise<void>;
  /** Resolves after an orderly stop; rejects when the service cannot go on. */
  readonly ended: Promise<void>;
};

/**
 * A service whose whole life is one function: it works until `stopping` aborts, puts its things in order and returns.
 * Returning early or throwing ends the service.
 */
export function createService(run: (stopping: AbortSignal) => Promise<void>): Service {
  const stopping = new AbortController();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  // Whoever holds the service looks at `ended`; until then a rejection is not unhandled.
  ended.catch(() => undefined);
  let started = false;
  return {
    ended,
    start: () => {
      if (started || stopping.signal.aborted) return;
      started = true;
      run(stopping.signal).then(resolve, reject);
    },
    stop: async () => {
      stopping.abort();
      if (!started) resolve();
      await ended.catch(() => undefined);
    },
  };
}

export type ProcessHandle = Pick<NodeJS.Process, 'once' | 'on' | 'off'> & { exit: (code: number) => void };

/**
 * Runs the service as this process: until SIGTERM or SIGINT (exit 0), until it fails (exit 1), or until a stop takes
 * longer than `stopTimeoutMs` (exit 1). `close` runs last, however the service ended, and is bounded by the same time.
 */
export async function runUntilSignal(
  service: Service,
  options: {
    readonly log: Logger;
    readonly stopTimeoutMs: number;
    readonly close: () => Promise<void>;
    /** A signal that came before: the stop begins at once. */
    readonly earlySignal?: NodeJS.Signals | undefined;
    readonly process?: ProcessHandle;
  },
): Promise<void> {
  const { log } = options;
  const handle: ProcessHandle = options.process ?? process;
  const { promise: timedOut, reject: giveUp } = Promise.withResolvers<never>();
  timedOut.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const limitTheStop = () => {
    timer ??= setTimeout(
      () => giveUp(new WaybillError('STOP_TIMED_OUT', `the stop took longer than ${options.stopTimeoutMs / 1_000} s`)),
      options.stopTimeoutMs,
    );
  };
  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping');
    limitTheStop();
    void service.stop();
  };
  let reported: unknown;
  const succeeds = async (step: () => Promise<void>): Promise<boolean> => {
    try {
      await Promise.race([step(), timedOut]);
      return true;
    } catch (error) {
      // A stop that took too long is the end of both steps, but one line in the log.
      if (error !== reported)
        log.fatal({ err: error }, hasCode(error, 'STOP_TIMED_OUT') ? 'gave up stopping' : 'failed');
      reported = error;
      return false;
    }
  };
  handle.on('SIGTERM', stop);
  handle.on('SIGINT', stop);
  if (options.earlySignal) stop(options.earlySignal);
  const ended = await succeeds(() => {
    service.start();
    return service.ended;
  });
  // A service that ended by itself was sent no signal, and its close must not hang for ever either.
  limitTheStop();
  const closed = await succeeds(options.close);
  clearTimeout(timer);
  handle.off('SIGTERM', stop);
  handle.off('SIGINT', stop);
  if (ended && closed) log.info('stopped');
  handle.exit(ended && closed ? 0 : 1);
}

/**
 * Ends a process that could not start: prints what is wrong, without a stack, and exits with 2 when it is the
 * configuration, so that it is told apart from a failure at work (1). Errors that are not Waybill's own are thrown on.
 */
export function exitOnFailedStart(error: unknown): never {
  if (!(error instanceof WaybillError)) throw error;
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(error.code === 'CONFIG_INVALID' ? 2 : 1);
}
