import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { QueueDepth } from '@waybill/shared/queue/message-queue.ts';

/** Milliseconds between two questions to the queue: each is a billed request, and the count lags by about a minute anyway. */
const askEveryMs = 5_000;

export type RoomDependencies = {
  readonly queue: QueueDepth;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.poller.paused'>;
  /** `MAX_QUEUE_MESSAGES`; 0 for no limit. */
  readonly maxQueueMessages: number;
};

/** Resolves while the queue has room, or when the signal aborts. `tick` is called with every turn of the wait, for `/livez`. */
export type QueueRoom = (signal: AbortSignal, tick: () => void) => Promise<void>;

/**
 * Answers a wait for room in the queue: it resolves while the queue holds no more than the limit, as far as that was
 * asked in the last seconds, or when its signal aborts. A queue that does not answer does not pause reading: sending
 * finds out soon enough. Several may wait at once.
 */
export function queueRoom({ queue, clock, log, metrics, maxQueueMessages }: RoomDependencies): QueueRoom {
  let askedAt = Number.NEGATIVE_INFINITY;
  let isFull = false;
  let asking: Promise<void> | undefined;
  const ask = async (signal: AbortSignal) => {
    if (isFull) await clock.sleep(askEveryMs, signal);
    if (signal.aborted) return;
    const depth = await queue.depth().catch((error: unknown) => {
      log.warn({ err: error }, 'queue depth unknown');
      return 0;
    });
    askedAt = clock.monotonic();
    const wasFull = isFull;
    isFull = depth > maxQueueMessages;
    metrics['waybill.poller.paused'].record(isFull ? 1 : 0);
    if (isFull !== wasFull) log.warn({ depth, maxQueueMessages }, isFull ? 'reading paused' : 'reading resumed');
  };
  return async (signal, tick) => {
    if (maxQueueMessages === 0) return;
    // Of several who wait one asks; one whose own signal ended the asking leaves it to the others.
    while (!signal.aborted && (asking || isFull || clock.monotonic() - askedAt >= askEveryMs)) {
      tick();
      asking ??= ask(signal).finally(() => {
        asking = undefined;
      });
      await asking;
    }
  };
}
