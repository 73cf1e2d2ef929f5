import { WaybillError } from '@waybill/shared/error.ts';
import type { EntryFailure, MessageSender, OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';

/** Calls under way at once; as many sockets are enough, so that no send's time runs out while it waits for one. */
export const mostSends = 32;

/** Calls under way beyond which one that is not full waits for the return of another; two, so that one call that hangs holds up no other. */
const sendsForAll = 2;

/** What one caller sends together. */
type Waiting = {
  readonly messages: readonly OutgoingMessage[];
  readonly bytes: number;
  readonly resolve: (failures: readonly EntryFailure[]) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Puts what several callers send at the same time into one call. Nothing waits for a timer: a call that is full (10
 * messages, 256 KiB) leaves at once, one that is not as soon as few enough calls are under way. So a lone send goes alone
 * and at once, and many take fewer calls, and fewer billed requests, than one each.
 *
 * @param signal once it aborts, what has not left yet goes on leaving until a call fails, and is rejected then
 */
export function gatherSends(sender: MessageSender, signal: AbortSignal): MessageSender {
  let waiting: readonly Waiting[] = [];
  let calls = 0;

  function leave(): void {
    while (waiting.length > 0) {
      const count = fitting(waiting);
      const together = waiting.slice(0, count);
      const isFull = count < waiting.length || countOf(together) === limits.batchEntries;
      if (calls >= (isFull ? mostSends : sendsForAll)) return;
      waiting = waiting.slice(count);
      void call(together);
    }
  }

  async function call(together: readonly Waiting[]): Promise<void> {
    calls += 1;
    try {
      const failures = await sender.sendBatch(together.flatMap(({ messages }) => messages));
      let first = 0;
      for (const { messages, resolve } of together) {
        const end = first + messages.length;
        const own = failures.filter(({ index }) => index >= first && index < end);
        resolve(own.map((failure) => ({ ...failure, index: failure.index - first })));
        first = end;
      }
    } catch (error) {
      for (const { reject } of together) reject(error);
      if (signal.aborted) giveUp();
    } finally {
      calls -= 1;
      leave();
    }
  }

  function giveUp(): void {
    for (const { reject } of waiting) reject(new WaybillError('STOPPED', 'not sent any more'));
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
