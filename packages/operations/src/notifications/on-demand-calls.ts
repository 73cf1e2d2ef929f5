import type { DeliveryCalls } from '@waybill/notifier/delivery/delivery.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import { backoffMs } from '@waybill/shared/retry.ts';

export type OnDemandCalls = {
  readonly clock: Clock;
  readonly random: Random;
  /** Requests to the endpoint for one notification, at most. */
  readonly attempts: number;
  /** Requests to an endpoint at once. */
  readonly concurrency: number;
  /** Aborts when no more time is left: what is under way is cut off, and nothing more is begun. */
  readonly signal: AbortSignal;
};

/** Before an endpoint is asked again. */
const backoff = { firstMs: 500, maxMs: 4_000 };

/** An endpoint that asks to be left alone for longer is not waited for by somebody who waits for an answer. */
const mostRetryAfterMs = 5_000;

/**
 * Calls of somebody who waits for the outcome: those of an endpoint that is away are tried a few times, with backoff; the tables'
 * own client repeats theirs. Nothing rejects because time is over but with `ENDPOINT_UNAVAILABLE`.
 */
export function onDemandCalls(options: OnDemandCalls): DeliveryCalls {
  const [webhook, report] = [slotsOf(options.concurrency), slotsOf(options.concurrency)];
  return {
    table: (_item, call) => call(),
    webhook: (_item, call) => webhook(() => tried(call, options)),
    report: (_item, call) => report(() => tried(call, options)),
  };
}

async function tried<T>(
  call: (signal: AbortSignal) => Promise<T>,
  { clock, random, attempts, signal }: OnDemandCalls,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) throw outOfTime();
    try {
      return await call(signal);
    } catch (error) {
      if (hasCode(error, 'NOTIFICATION_REFUSED')) throw error;
      if (signal.aborted) throw outOfTime(error);
      if (!hasCode(error, 'ENDPOINT_UNAVAILABLE') || attempt >= attempts) throw error;
      const { retryAfterMs = 0 } = error.details;
      if (typeof retryAfterMs !== 'number' || retryAfterMs > mostRetryAfterMs) throw error;
      await clock.sleep(Math.max(retryAfterMs, backoffMs(attempt - 1, backoff, random)), signal);
      if (signal.aborted) throw error;
    }
  }
}

function outOfTime(cause?: unknown): WaybillError {
  const message = 'the time of the request was over before the endpoint had taken it: send it again, under the same id';
  return new WaybillError('ENDPOINT_UNAVAILABLE', message, { cause });
}

/** Runs so many pieces of work at once, in the order in which they came. */
function slotsOf(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
