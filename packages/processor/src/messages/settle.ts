import type { Clock, Random } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { gone, type MessageConsumer, type OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';
import type { Failure, FailureLog } from '../failures/failure-log.ts';
import type { Guard } from '../guard/guard.ts';
import type { DeleteBatcher } from './delete-batcher.ts';
import { type ElementFailure, type MessageReading, messageAnew, splitMessage } from './message-reading.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';

export type SettleDependencies = {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly queue: MessageConsumer;
  readonly failures: FailureLog;
  readonly guard: Guard<'parcels'>;
  readonly deletes: DeleteBatcher;
  readonly inHand: MessagesInHand;
  /** Receives of one message before the redrive policy moves it; Infinity without one. */
  readonly maxReceiveCount: number;
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

/** What became of a message. `lost`: it is no longer ours, and whoever has it next meets its failures again. */
export type Settlement = 'deleted' | 'split' | 'left' | 'lost';

/** Longest wait before a message that may heal comes again, seconds (design, "Settling"). */
const longestReturnSeconds = 120;
const handBackBackoff: Backoff = { firstMs: 200, maxMs: 2_000 };

/**
 * Decides what becomes of a message whose work is done: deleted when everything in it is stored, its failed elements
 * split off when it held several, left to come again when it held one. Rejects when the engines do not let it; then the
 * message is still in hand.
 */
export async function settle(worked: WorkedMessage, dependencies: SettleDependencies): Promise<Settlement> {
  const { held, reading, interruption } = worked;
  const { guard, failures: failureLog, inHand, signal } = dependencies;
  const failures = [...reading.failures, ...worked.rejected.map((failure) => onRecord(failure, reading))];
  // Before the split or the release that it explains.
  await Promise.all(failures.map((failure) => recordFailure(failure, held, dependencies)));
  const settlement = settlementOf(reading, failures);
  const ours = inHand.holds(held);
  if (settlement === 'left' || settlement === 'split') {
    if (!ours) return 'lost';
    if (settlement === 'left') await leave(held, failures, dependencies);
    else await splitOff(failures, held, dependencies);
  }
  if (settlement !== 'left') {
    const { resolves } = reading;
    if (resolves !== undefined) await guard.execute(resolves, () => failureLog.resolve(resolves), signal);
    await deleteMessage(held, dependencies);
  }
  // A message that was lost on its last allowed receive goes to the DLQ, and the record says why.
  if (interruption && ours) {
    const { failureId } = interruption;
    await guard.execute(failureId, () => failureLog.removeInterruption(failureId), signal);
  }
  return settlement;
}

/** A message that carries the id of a record fails on that record again. */
function onRecord(failure: ElementFailure, { single, resolves }: MessageReading): ElementFailure {
  return single && resolves !== undefined ? { ...failure, failureId: resolves } : failure;
}

function settlementOf({ single }: MessageReading, failures: readonly ElementFailure[]): Settlement {
  if (failures.length === 0) return 'deleted';
  return !single && failures.every((failure) => failure.splitBody !== undefined) ? 'split' : 'left';
}

/** A message to hand back, with the record written when it came, if that was its last allowed receive. */
export type Returned = { readonly held: HeldMessage; readonly interruption: Failure | undefined };

/**
 * Gives messages back unharmed: visible at once, or, on the last allowed receive, sent anew, so that neither a stop nor
 * an outage uses up the receives. Tries until `signal` aborts; what SQS did not take by then comes again when its
 * visibility ends. Never rejects.
 */
export async function handBack(
  returned: readonly Returned[],
  dependencies: SettleDependencies,
  signal: AbortSignal,
): Promise<void> {
  const toRelease = returned.filter(({ interruption }) => interruption === undefined).map(({ held }) => held);
  const steps: Promise<void>[] = [];
  for (let start = 0; start < toRelease.length; start += limits.batchEntries) {
    steps.push(makeVisible(toRelease.slice(start, start + limits.batchEntries), dependencies, signal));
  }
  for (const { held, interruption } of returned) {
    if (interruption) steps.push(sendAnew(held, interruption, dependencies, signal));
  }
  await Promise.all(steps);
}

async function makeVisible(
  messages: readonly HeldMessage[],
  { queue, clock, random, log, inHand }: SettleDependencies,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(messages.map((held) => inHand.release(held)));
  let remaining = messages.map(({ message }) => ({ receiptHandle: message.receiptHandle, seconds: 0 }));
  const attempt = async () => {
    const failures = (await queue.changeVisibilityBatch(remaining)).filter(({ code }) => code !== gone);
    const [first] = failures;
    remaining = failures.flatMap(({ index }) => remaining[index] ?? []);
    if (first) {
      throw new WaybillError('QUEUE_REFUSED', `SQS did not release ${failures.length} messages: ${first.code}`);
    }
  };
  try {
    await retry(attempt, { clock, random, signal, backoff: handBackBackoff, onFailure: () => {} });
  } catch (error) {
    log.warn({ err: error, messages: remaining.length }, 'not handed back, they come again when their visibility ends');
  }
}

async function sendAnew(
  held: HeldMessage,
  { failureId }: Failure,
  dependencies: SettleDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { log, failures, inHand } = dependencies;
  const { message } = held;
  try {
    await send([messageAnew(message, failureId)], held, dependencies, signal);
    // Until here it is renewed: what is lost now goes to the DLQ.
    await deleteMessage(held, dependencies);
    await failures.removeInterruption(failureId);
  } catch (error) {
    inHand.drop(held);
    log.warn({ err: error, messageId: message.messageId, failureId }, 'not wholly handed back, its record stays');
  }
}

async function recordFailure(
  failure: ElementFailure,
  held: HeldMessage,
  dependencies: SettleDependencies,
): Promise<void> {
  const { guard, failures, metrics, log, signal } = dependencies;
  const { failureId, reason, detail } = failure;
  await guard.execute(failureId, () => failures.record(failure), signal);
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
  const messages = failures.flatMap(({ failureId, splitBody }) =>
    splitBody === undefined ? [] : [splitMessage(splitBody, failureId)],
  );
  await send(messages, held, dependencies, dependencies.signal);
  dependencies.metrics['waybill.processor.splits'].add(messages.length);
}

/** Resolves once SQS has confirmed every message. */
async function send(
  messages: readonly OutgoingMessage[],
  held: HeldMessage,
  { queue, clock, random, log }: SettleDependencies,
  signal: AbortSignal,
): Promise<void> {
  const onFailure = (error: unknown, _attempt: number, waitMs: number) =>
    log.warn({ err: error, waitMs, messageId: held.message.messageId }, 'send not confirmed, trying again');
  await sendConfirmed(messages, { queue, clock, random, concurrency: 1, onFailure }, signal);
}

/** Lets the message come again, until the redrive policy moves it: at once when time cannot cure it. */
async function leave(
  held: HeldMessage,
  failures: readonly ElementFailure[],
  { queue, log, inHand, maxReceiveCount }: SettleDependencies,
): Promise<void> {
  const { receiptHandle, receiveCount, messageId } = held.message;
  // Where no redrive policy ever moves it, coming again at once would turn in a circle.
  const wait = failures.some((failure) => failure.mayHeal) || !Number.isFinite(maxReceiveCount);
  const seconds = wait ? Math.min(30 * receiveCount, longestReturnSeconds) : 0;
  await inHand.release(held);
  try {
    await queue.changeVisibilityBatch([{ receiptHandle, seconds }]);
  } catch (error) {
    log.warn({ err: error, messageId }, 'message not released, it comes again when its visibility ends');
  }
}
