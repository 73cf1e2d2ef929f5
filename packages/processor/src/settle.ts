import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { Logger } from '@waybill/shared/logger.ts';
import type { MessageConsumer, OutgoingMessage } from '@waybill/shared/message-queue.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { billedRequests } from '@waybill/shared/metrics.ts';
import { sendConfirmed } from '@waybill/shared/send.ts';
import type { DeleteBatcher } from './delete-batcher.ts';
import type { EngineGuard } from './engine-guard.ts';
import type { Failure, FailureLog } from './failure-log.ts';
import { type ElementFailure, failureIdAttribute, type MessageReading } from './message-reading.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';

export type SettleDependencies = {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly queue: MessageConsumer;
  readonly failures: FailureLog;
  readonly guard: EngineGuard;
  readonly deletes: DeleteBatcher;
  readonly inHand: MessagesInHand;
  /** Aborts when a stop can wait no longer: then what is not settled is handed back. */
  readonly signal: AbortSignal;
};

/** A message whose work is done, with what failed of it. */
export type WorkedMessage = {
  readonly held: HeldMessage;
  readonly reading: MessageReading;
  /** Events that the store rejected; what could not be read is in the reading. */
  readonly rejected: readonly ElementFailure[];
  /** The record written before the work on a last allowed receive. */
  readonly interruption: Failure | undefined;
};

/** What became of a message. */
export type Settlement = 'deleted' | 'split' | 'left';

/** Longest wait before a message that may heal comes again, seconds (design, "Settling"). */
const longestReturnSeconds = 120;

/**
 * Decides what becomes of a message whose work is done: deleted when everything in it is stored, its failed elements
 * split off when it held several, left to come again when it held one. Rejects when the engines do not let it; then the
 * message is still in hand.
 */
export async function settle(worked: WorkedMessage, dependencies: SettleDependencies): Promise<Settlement> {
  const { held, reading, interruption } = worked;
  const { guard, failures: failureLog, signal } = dependencies;
  const failures = [...reading.failures, ...worked.rejected];
  // Before the split or the release that it explains.
  await Promise.all(failures.map((failure) => recordFailure(failure, held, dependencies)));
  const settlement = settlementOf(reading, failures);
  if (settlement === 'left') {
    await leave(held, failures, dependencies);
  } else {
    const { resolves } = reading;
    if (settlement === 'split') await splitOff(failures, held, dependencies);
    else if (resolves !== undefined) await guard.hold(() => failureLog.resolve(resolves), signal);
    await deleteMessage(held, dependencies);
  }
  if (interruption) await guard.hold(() => failureLog.removeInterruption(interruption.failureId), signal);
  return settlement;
}

function settlementOf(reading: MessageReading, failures: readonly ElementFailure[]): Settlement {
  if (failures.length === 0) return 'deleted';
  return !reading.single && failures.every((failure) => failure.splitBody !== undefined) ? 'split' : 'left';
}

/**
 * Gives a message back unharmed, for a stop: visible at once, or, on its last allowed receive, sent anew, so that a stop
 * never uses up the receives. One attempt; where SQS refuses, the message comes again when its visibility ends.
 */
export async function handBack(
  held: HeldMessage,
  interruption: Failure | undefined,
  dependencies: SettleDependencies,
): Promise<void> {
  const { log, queue, failures, inHand } = dependencies;
  const { message } = held;
  try {
    if (interruption) {
      const again = {
        body: message.body,
        attributes: { ...message.attributes, [failureIdAttribute]: interruption.failureId },
      };
      const unconfirmed = await queue.sendBatch([again]);
      if (unconfirmed.length === 0) await queue.deleteBatch([message.receiptHandle]);
      await failures.removeInterruption(interruption.failureId);
    } else {
      await queue.changeVisibilityBatch([{ receiptHandle: message.receiptHandle, seconds: 0 }]);
    }
  } catch (error) {
    log.warn(
      { err: error, messageId: message.messageId },
      'message not handed back, it comes again when its visibility ends',
    );
  }
  inHand.drop(held);
}

async function recordFailure(
  failure: ElementFailure,
  held: HeldMessage,
  dependencies: SettleDependencies,
): Promise<void> {
  const { guard, failures, metrics, log, signal } = dependencies;
  const { failureId, reason, detail } = failure;
  await guard.hold(() => failures.record(failure), signal);
  metrics['waybill.processor.failures'].add(1, { reason });
  const { messageId, receiveCount } = held.message;
  log.warn({ failureId, reason, detail, messageId, receiveCount }, 'failure recorded');
}

async function deleteMessage(held: HeldMessage, { deletes, inHand }: SettleDependencies): Promise<void> {
  await deletes.delete(held.message.receiptHandle);
  inHand.drop(held);
}

/** Each failed element as a message of its own on the same queue, confirmed before the original may go. */
async function splitOff(
  failures: readonly ElementFailure[],
  held: HeldMessage,
  dependencies: SettleDependencies,
): Promise<void> {
  const { queue, clock, random, metrics, log, signal } = dependencies;
  const messages = failures.flatMap(({ failureId, splitBody }): OutgoingMessage[] =>
    splitBody === undefined ? [] : [{ body: splitBody, attributes: { [failureIdAttribute]: failureId } }],
  );
  await sendConfirmed(
    messages,
    {
      queue,
      clock,
      random,
      concurrency: 1,
      onSend: (sent) => {
        metrics['waybill.queue.sends'].add(1);
        metrics['waybill.queue.sent'].add(sent.messages);
        metrics['waybill.queue.billed'].add(billedRequests(sent.bytes), { action: 'SendMessageBatch' });
      },
      onFailure: (error, _attempt, waitMs) =>
        log.warn({ err: error, waitMs, messageId: held.message.messageId }, 'split not confirmed'),
    },
    signal,
  );
  metrics['waybill.processor.splits'].add(messages.length);
}

/** Lets the message come again, until the redrive policy moves it: at once when time cannot cure it. */
async function leave(
  held: HeldMessage,
  failures: readonly ElementFailure[],
  dependencies: SettleDependencies,
): Promise<void> {
  const { receiptHandle, receiveCount, messageId } = held.message;
  const mayHeal = failures.some((failure) => failure.mayHeal);
  const seconds = mayHeal ? Math.min(30 * receiveCount, longestReturnSeconds) : 0;
  dependencies.inHand.drop(held);
  dependencies.metrics['waybill.queue.visibility_changes'].add(1);
  try {
    await dependencies.queue.changeVisibilityBatch([{ receiptHandle, seconds }]);
  } catch (error) {
    dependencies.log.warn({ err: error, messageId }, 'message not released, it comes again when its visibility ends');
  }
}
