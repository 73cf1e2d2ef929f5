import type { Clock } from '@waybill/shared/clock.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';

/**
 * Milliseconds between two looks. Each is a billed request of every process: 43,800 a month, 2 cents. A look a minute is
 * what CloudWatch has of a queue, too.
 */
const lookEveryMs = 60_000;

export type DeadLetterWatchDependencies = {
  /** Counts the dead letters and publishes their number. */
  readonly countDeadLetters: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * Looks at the dead-letter queue every minute, until `signal` aborts: then it ends at once. Never rejects: of a role that may
 * not look, or a queue that is gone, there is no number, or the last one, and one line in the log.
 */
export async function watchDeadLetters(
  { countDeadLetters, clock, log }: DeadLetterWatchDependencies,
  signal: AbortSignal,
): Promise<void> {
  let isTold = false;
  while (!signal.aborted) {
    const counting = countDeadLetters().then(
      () => {
        isTold = false;
      },
      (error: unknown) => {
        if (!isTold && !signal.aborted)
          log.warn(
            { err: error },
            'dead letters cannot be counted: their number stays that of the last count, if there was one',
          );
        isTold = true;
      },
    );
    const done = new AbortController();
    // A stop does not wait for an engine that does not answer.
    await Promise.race([
      counting.finally(() => done.abort()),
      clock.sleep(lookEveryMs, AbortSignal.any([signal, done.signal])),
    ]);
    await clock.sleep(lookEveryMs, signal);
  }
}
