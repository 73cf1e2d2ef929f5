import type { Clock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { EntryFailure, MessageSender, OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import type { Lease } from '../checkpoint/lease.ts';

export type LeasedQueueDependencies = {
  readonly queue: MessageSender;
  readonly lease: Pick<Lease, 'heldUntil' | 'ensureHeld'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reportHealth: (part: 'queue', finding: Finding) => void;
};

/** Calls under way at once; as many sockets are enough, so that no call's time runs out while it waits for one. */
export const mostCalls = 32;

/** Calls under way beyond which a call that is not full waits until another one returns. Two, so that one that hangs does not hold up the others. */
const callsForAll = 2;

/** Milliseconds from one line about failed calls to the next: an outage with many readers fills no more of the log than with one. */
const quietMs = 10_000;

/** What one caller sends together. */
type Waiting = {
  readonly messages: readonly OutgoingMessage[];
  readonly bytes: number;
  readonly resolve: (failures: readonly EntryFailure[]) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * The queue for all who send under one lease. Each call checks the lease right before it leaves. What several callers send
 * at the same time shares a call, without a timer: a full call (10 messages, 256 KiB) leaves at once, any other as soon as
 * few enough calls are under way. So a lone send goes alone and at once, and many sends take fewer calls, and fewer billed
 * requests, than one each.
 *
 * @param ending after it aborts, waiting messages are sent until a call fails, then rejected
 */
export function leasedQueue(deps: LeasedQueueDependencies, ending: AbortSignal): MessageSender {
  const { queue, lease, clock, log, reportHealth } = deps;
  let waiting: readonly Waiting[] = [];
  let calls = 0;
  let failedCalls = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;

  function leave(): void {
    while (waiting.length > 0) {
      const count = fitting(waiting);
      const together = waiting.slice(0, count);
      const isFull = count < waiting.length || countOf(together) === limits.batchEntries;
      if (calls >= (isFull ? mostCalls : callsForAll)) return;
      waiting = waiting.slice(count);
      void call(together);
    }
  }

  async function call(together: readonly Waiting[]): Promise<void> {
    calls += 1;
    try {
      if (clock.monotonic() > lease.heldUntil) await lease.ensureHeld(ending);
      share(await send(together), together);
    } catch (error) {
      for (const { reject } of together) reject(error);
      if (ending.aborted) rejectWaiting();
    } finally {
      calls -= 1;
      leave();
    }
  }

  async function send(together: readonly Waiting[]): Promise<readonly EntryFailure[]> {
    try {
      const failures = await queue.sendBatch(together.flatMap(({ messages }) => messages));
      if (failures.length === 0) reportHealth('queue', { ok: true, detail: 'accepts messages' });
      else logFailure({ refused: failures.map(({ code, detail }) => ({ code, detail })) });
      return failures;
    } catch (error) {
      logFailure({ err: error });
      throw error;
    }
  }

  function logFailure(why: object): void {
    failedCalls += 1;
    if (clock.monotonic() - loggedAt < quietMs) return;
    log.warn({ ...why, failedCalls }, 'SQS did not confirm sends, will be retried');
    loggedAt = clock.monotonic();
    failedCalls = 0;
  }

  function rejectWaiting(): void {
    for (const { reject } of waiting)
      reject(new WaybillError('STOPPED', 'not sent: the poller is stopping or has lost its lease'));
    waiting = [];
  }

  return {
    sendBatch: (messages) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly EntryFailure[]>();
      const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0);
      waiting = [...waiting, { messages, bytes, resolve, reject }];
      leave();
      return promise;
    },
  };
}

/** Gives each caller the failures of its own entries. */
function share(failures: readonly EntryFailure[], together: readonly Waiting[]): void {
  let first = 0;
  for (const { messages, resolve } of together) {
    const end = first + messages.length;
    const own = failures.filter(({ index }) => index >= first && index < end);
    resolve(own.map((failure) => ({ ...failure, index: failure.index - first })));
    first = end;
  }
}

/** How many of those that wait, in order, fit into one call; the first always does. */
function fitting(waiting: readonly Waiting[]): number {
  let entries = 0;
  let bytes = 0;
  for (const [index, one] of waiting.entries()) {
    entries += one.messages.length;
    bytes += one.bytes;
    if (index > 0 && (entries > limits.batchEntries || bytes > limits.sendBytes)) return index;
  }
  return waiting.length;
}

function countOf(together: readonly Waiting[]): number {
  return together.reduce((sum, { messages }) => sum + messages.length, 0);
}
