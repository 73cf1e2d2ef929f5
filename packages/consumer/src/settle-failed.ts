import type { MessageConsumer } from '@waybill/shared/queue/message-queue.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { FailureLog } from './failures/failure-log.ts';
import type { Guard } from './guard/guard.ts';
import type { ElementFailure, Reading, Settlement } from './handler.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';
import { type ResendDependencies, resend, splitMessage } from './resend.ts';

export type SettleFailedDependencies = ResendDependencies & {
  readonly metrics: Pick<ConsumerMetrics, 'failures' | 'splits'>;
  readonly queue: Pick<MessageConsumer, 'changeVisibilityBatch'>;
  readonly failures: Pick<FailureLog, 'record'>;
  readonly guard: Pick<Guard<never>, 'execute'>;
  readonly inHand: MessagesInHand;
  /** Receives of one message before the redrive policy moves it; Infinity without one. */
  readonly maxReceiveCount: number;
  /** Aborts when a stop can wait for the work no longer. */
  readonly workDeadline: AbortSignal;
};

/** Seconds, at most, before a message that may heal is visible again (design, "Settling"). */
const longestReturnSeconds = 120;

/**
 * Settles a message of which something failed. Records the failures first. Then sends the failed elements as messages of
 * their own, when it held several, and leaves it to the caller to delete it; else returns it to the queue. Rejects when
 * the engines do not let it; then the message is still in hand.
 */
export async function settleFailed(
  failures: readonly ElementFailure[],
  held: HeldMessage,
  { single }: Pick<Reading<unknown>, 'single'>,
  deps: SettleFailedDependencies,
): Promise<Exclude<Settlement, 'deleted'>> {
  // Before the split or the release that it explains.
  await Promise.all(failures.map((failure) => recordFailure(failure, held, deps)));
  if (!deps.inHand.holds(held)) return 'lost';
  const split = failures.flatMap(({ splitBody, failureId }) => splitMessage(splitBody, failureId) ?? []);
  if (single || split.length < failures.length) {
    await leave(held, failures, deps);
    return 'left';
  }
  await resend(split, held, deps, deps.workDeadline);
  deps.metrics.splits.add(split.length);
  return 'split';
}

export async function recordFailure(
  failure: ElementFailure,
  held: HeldMessage,
  { guard, failures, metrics, log, workDeadline }: SettleFailedDependencies,
): Promise<void> {
  const { failureId, reason, detail } = failure;
  await guard.execute(failureId, () => failures.record(failure), workDeadline);
  metrics.failures.add(1, { reason });
  const { messageId, receiveCount } = held.message;
  log.warn({ failureId, reason, detail, messageId, receiveCount }, 'failure recorded');
}

/** Returns the message to the queue until the redrive policy moves it: at once when time cannot cure it. */
export async function leave(
  held: HeldMessage,
  failures: readonly ElementFailure[],
  { queue, log, inHand, maxReceiveCount }: SettleFailedDependencies,
): Promise<void> {
  const { receiptHandle, receiveCount, messageId } = held.message;
  // Where no redrive policy ever moves it, returning it at once would loop.
  const wait = failures.some((failure) => failure.mayHeal) || !Number.isFinite(maxReceiveCount);
  const seconds = wait ? Math.min(30 * receiveCount, longestReturnSeconds) : 0;
  await inHand.release(held);
  try {
    await queue.changeVisibilityBatch([{ receiptHandle, seconds }]);
  } catch (error) {
    log.warn({ err: error, messageId }, 'message not released, it returns when its visibility timeout ends');
  }
}
