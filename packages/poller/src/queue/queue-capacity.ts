import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { QueueDepth } from '@waybill/shared/queue/message-queue.ts';

/** Milliseconds between two requests for the depth: each is billed, and the count lags by about a minute anyway. */
const askEveryMs = 5_000;

export type CapacityDependencies = {
  readonly queue: QueueDepth;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.poller.paused'>;
  /** `MAX_QUEUE_MESSAGES`; 0 for no limit. */
  readonly maxQueueMessages: number;
};

/** Resolves while the queue has capacity for another page, or when the signal aborts. Waits by the clock of the caller's loop. */
export type WhenCapacity = (clock: Clock, signal: AbortSignal) => Promise<void>;

/**
 * Lets its callers wait while the queue holds more messages than the limit, as far as that was asked in the last seconds.
 * A queue that does not respond does not pause the reading: the next send fails soon enough. Several may wait at once.
 */
export function queueCapacity({ queue, log, metrics, maxQueueMessages }: CapacityDependencies): WhenCapacity {
  let askedAt = Number.NEGATIVE_INFINITY;
  let isFull = false;
  let asking: Promise<void> | undefined;
  const ask = async (clock: Clock, signal: AbortSignal) => {
    if (isFull) await clock.sleep(askEveryMs, signal);
    if (signal.aborted) return;
    const depth = await queue.depth().catch((error: unknown) => {
      log.warn({ err: error }, 'queue depth unknown, reading continues');
      return 0;
    });
    askedAt = clock.monotonic();
    const wasFull = isFull;
    isFull = depth > maxQueueMessages;
    metrics['waybill.poller.paused'].record(isFull ? 1 : 0);
    if (isFull !== wasFull) log.warn({ depth, maxQueueMessages }, isFull ? 'reading paused' : 'reading resumed');
  };
  return async (clock, signal) => {
    if (maxQueueMessages === 0) return;
    while (!signal.aborted) {
      const isKnown = clock.monotonic() - askedAt < askEveryMs;
      if (isKnown && !isFull && !asking) return;
      // Only one waiter asks. If its own signal ends that, the next one asks.
      asking ??= ask(clock, signal).finally(() => {
        asking = undefined;
      });
      await asking;
    }
  };
}
