import { bodyFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { MessageConsumer } from '@waybill/shared/queue/message-queue.ts';
import { traceIdOf } from '@waybill/shared/telemetry/traces/trace-context.ts';
import { type BatchSettlingDependencies, failInBatch } from './batch-settling.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { Failure, FailureLog } from './failures/failure-log.ts';
import type { ElementFailure, Reading, Settlement } from './handler.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';
import type { OverdueReturns } from './overdue-returns.ts';
import { type ResendDependencies, resend, splitMessage } from './resend.ts';

export type SettleFailedDependencies = ResendDependencies &
  BatchSettlingDependencies & {
    readonly metrics: Pick<ConsumerMetrics, 'failures' | 'splits'>;
    readonly queue: Pick<MessageConsumer, 'changeVisibilityBatch'>;
    readonly failures: Pick<FailureLog, 'record' | 'resolve'>;
    readonly inHand: MessagesInHand;
    /** Receives of one message before the redrive policy moves it; Infinity without one. */
    readonly maxReceiveCount: number;
    readonly overdue: OverdueReturns;
  };

/** Seconds, at most, before a message that may heal is visible again (design, "Settling"). */
const longestReturnSeconds = 120;

/**
 * Most elements of one message that are recorded and split off: an ordinary pack holds at most some 420 events. With more,
 * one message could hold up the records of all others for minutes (decision 0082).
 */
export const mostSplitOff = 300;

const notMoved =
  'a message that failed was received more often than the redrive policy allows: check that the dead-letter queue exists';

/** Records of one message that wait for the failure log at once, of the eight that it writes: other messages get their turns. */
const recordsAtOnce = 2;

/**
 * Settles a message of which something failed. Records the failures first, equal ones once. Then sends the failed elements
 * as messages of their own, when it held several, and leaves it to the caller to delete it; else, or when too many failed,
 * returns it to the queue. Rejects when the engines do not let it; then the message is still in hand.
 *
 * @param resolves the failure record that the message names
 * @param hasRest some of it is not done yet, and will be sent on
 */
export async function settleFailed(
  failures: readonly ElementFailure[],
  held: HeldMessage,
  { single, resolves, hasRest }: Pick<Reading<unknown>, 'single' | 'resolves'> & { readonly hasRest: boolean },
  deps: SettleFailedDependencies,
): Promise<Exclude<Settlement, 'deleted' | 'sent on'>> {
  const distinct = withoutRepeats(failures);
  const isWhole = distinct.length > mostSplitOff;
  // Before the split or the release that it explains.
  const recorded = isWhole ? [ofTheWhole(distinct, held, resolves)] : distinct;
  await recordAll(recorded, held, deps);
  const failureIds = recorded.map(({ failureId }) => failureId);
  await failInBatch(held, { failureIds, isWhole: !hasRest }, deps);
  if (!deps.inHand.holds(held)) return 'lost';
  const split = isWhole
    ? []
    : distinct.flatMap((one) => splitMessage(one.splitBody, one.failureId, held.message) ?? []);
  if (single || split.length < distinct.length) {
    await leave(held, distinct, deps);
    return 'left';
  }
  await resend(split, held, deps, deps.workDeadline);
  deps.metrics.splits.add(split.length);
  return 'split';
}

/** The first of all that are equal: of one id, with one content. */
function withoutRepeats(failures: readonly ElementFailure[]): readonly ElementFailure[] {
  const byContent = new Map<string, ElementFailure>();
  for (const failure of failures) {
    const content = `${failure.failureId} ${failure.body}`;
    if (!byContent.has(content)) byContent.set(content, failure);
  }
  return [...byContent.values()];
}

/** The one failure that stands for all of a message. Its reason is that of the first. */
function ofTheWhole(
  distinct: readonly ElementFailure[],
  { message: { body } }: HeldMessage,
  resolves: string | undefined,
): Failure {
  const [first] = distinct;
  return {
    failureId: resolves ?? bodyFailureId(body),
    reason: first?.reason ?? '',
    detail: `${distinct.length} of its elements failed, the message is left whole; the first of them: ${first?.detail}`,
    body,
    parcelId: undefined,
  };
}

async function recordAll(
  failures: readonly Failure[],
  held: HeldMessage,
  deps: SettleFailedDependencies,
): Promise<void> {
  const waiting = failures.values();
  const recordEach = async () => {
    for (const failure of waiting) await recordFailure(failure, held, deps);
  };
  await Promise.all(Array.from({ length: recordsAtOnce }, recordEach));
}

export async function recordFailure(
  failure: Failure,
  held: HeldMessage,
  { guard, failures, metrics, log, workDeadline }: SettleFailedDependencies,
): Promise<void> {
  const { failureId, reason, detail } = failure;
  const { messageId, receiveCount, attributes } = held.message;
  const traceId = traceIdOf(attributes);
  const trace = traceId === undefined ? undefined : { traceId };
  await guard.execute(failureId, () => failures.record({ ...failure, ...trace }), workDeadline);
  metrics.failures.add(1, { reason });
  held.span?.mark(reason);
  log.warn({ failureId, reason, detail, messageId, receiveCount, ...trace }, 'failure recorded');
}

/** Returns the message to the queue until the redrive policy moves it: at once when time cannot cure it. */
export async function leave(
  held: HeldMessage,
  failures: readonly ElementFailure[],
  { queue, log, inHand, maxReceiveCount, overdue }: SettleFailedDependencies,
): Promise<void> {
  const { receiptHandle, receiveCount, messageId, attributes } = held.message;
  // Where no redrive policy ever moves it, or moves it no longer, returning it at once would loop.
  const isStuck = overdue.isStuck(held.message);
  if (isStuck) log.error({ messageId, receiveCount, maxReceiveCount }, notMoved);
  const wait = failures.some((failure) => failure.mayHeal) || isStuck || !Number.isFinite(maxReceiveCount);
  const seconds = wait ? Math.min(30 * receiveCount, longestReturnSeconds) : 0;
  await inHand.release(held);
  if (receiveCount >= maxReceiveCount) {
    const [{ failureId, reason } = {}] = failures;
    const traceId = traceIdOf(attributes);
    const facts = { messageId, receiveCount, failureId, reason, ...(traceId !== undefined && { traceId }) };
    log.warn(facts, 'message goes to the DLQ after this receive, its last');
  }
  try {
    await queue.changeVisibilityBatch([{ receiptHandle, seconds }]);
  } catch (error) {
    log.warn({ err: error, messageId }, 'message not released, it returns when its visibility timeout ends');
  }
}
