import { describeError, hasCode, WaybillError } from '../error.ts';
import type { Logger } from './logger.ts';
import { onceEach } from './stop-signals.ts';

/** Something that runs until it is stopped: the poller, the processor. */
export type Service = {
  /** Begins the work. A second start, or one after a stop, does nothing. */
  readonly start: () => void;
  /** Asks for an orderly stop and resolves when it is done. May be called twice, and before or during the start. */
  readonly stop: () => Promise<void>;
  /** Resolves after an orderly stop; rejects when the service cannot go on. */
  readonly ended: Promise<void>;
};

/**
 * A service made of one function, which works until `stopping` aborts, finishes what it holds and returns. An early
 * return or an error ends the service.
 */
export function createService(run: (stopping: AbortSignal) => Promise<void>): Service {
  const stopping = new AbortController();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  // The owner reads `ended` later; until then a rejection must not count as unhandled.
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
 * longer than `stopTimeoutMs` (exit 1). A second SIGINT ends it at once (exit 130). `close` runs last, however the service
 * ended, and is bounded by the same time.
 */
export async function runUntilSignal(
  service: Service,
  options: {
    readonly log: Logger;
    readonly stopTimeoutMs: number;
    /** @param leftMs milliseconds until the stop takes too long */
    readonly close: (leftMs: number) => Promise<void>;
    /** A signal that arrived before: the stop begins at once. */
    readonly earlySignal?: NodeJS.Signals | undefined;
    /**
     * Aborts when nobody reads the log any more. The service then stops in order, and the process ends with 1: nobody has asked
     * for it, and what restarts only what failed (docker's and systemd's `on-failure`) is to restart it.
     */
    readonly unread?: AbortSignal;
    readonly process?: ProcessHandle;
    /** Milliseconds of a clock that only goes forward. */
    readonly now?: () => number;
  },
): Promise<void> {
  const { log } = options;
  const handle: ProcessHandle = options.process ?? process;
  const { promise: timedOut, reject: giveUp } = Promise.withResolvers<never>();
  timedOut.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  let isAsked = false;
  let endsAt = Number.POSITIVE_INFINITY;
  const limitTheStop = () => {
    if (timer) return;
    endsAt = performance.now() + options.stopTimeoutMs;
    timer = setTimeout(
      () => giveUp(new WaybillError('STOP_TIMED_OUT', `the stop took longer than ${options.stopTimeoutMs / 1_000} s`)),
      options.stopTimeoutMs,
    );
  };
  const beginStop = () => {
    limitTheStop();
    void service.stop();
  };
  const stop = onceEach(
    (signal: NodeJS.Signals) => {
      if (signal === 'SIGINT' && isAsked) {
        // A second Ctrl-C: what is in hand comes again, as after a crash.
        log.warn({ signal }, 'ended before the stop was complete');
        return handle.exit(130);
      }
      isAsked = true;
      log.info({ signal }, 'stopping');
      beginStop();
    },
    options.now ?? (() => performance.now()),
  );
  let reported: unknown;
  const succeeds = async (step: () => Promise<void>): Promise<boolean> => {
    try {
      await Promise.race([step(), timedOut]);
      return true;
    } catch (error) {
      // A stop that takes too long fails both steps, but is logged once.
      if (error !== reported)
        log.fatal({ err: error }, hasCode(error, 'STOP_TIMED_OUT') ? 'stop timed out' : 'service failed');
      reported = error;
      return false;
    }
  };
  handle.on('SIGTERM', stop);
  handle.on('SIGINT', stop);
  if (options.earlySignal) stop(options.earlySignal);
  options.unread?.addEventListener('abort', beginStop);
  if (options.unread?.aborted) beginStop();
  const ended = await succeeds(() => {
    service.start();
    return service.ended;
  });
  // A service that ended by itself got no signal, and its close must not hang for ever either.
  limitTheStop();
  const closed = await succeeds(() => options.close(Math.max(0, endsAt - performance.now())));
  clearTimeout(timer);
  handle.off('SIGTERM', stop);
  handle.off('SIGINT', stop);
  options.unread?.removeEventListener('abort', beginStop);
  if (ended && closed) log.info('stopped');
  handle.exit(ended && closed && !options.unread?.aborted ? 0 : 1);
}

/**
 * Ends a process that could not start. Prints what is wrong, without a stack, and exits with 2 for a wrong
 * configuration or Node, with 1 for anything else. Rethrows errors that are not Waybill's own.
 */
export function exitOnFailedStart(error: unknown): never {
  if (!(error instanceof WaybillError)) throw error;
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(error.code === 'CONFIG_INVALID' || error.code === 'NODE_UNSUPPORTED' ? 2 : 1);
}
