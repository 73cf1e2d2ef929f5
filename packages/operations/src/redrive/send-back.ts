import type { Clock, Random } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import type { EntryFailure, OutgoingMessage, ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { batchesOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';
import type { DeadLetterPort } from '../dead-letters/dead-letter-queue.ts';

export type SendBackDependencies = {
  readonly deadLetters: Pick<DeadLetterPort, 'sendToSource' | 'deleteBatch'>;
  readonly clock: Clock;
  readonly random: Random;
  /** What an error says in a problem; by default its code and message. */
  readonly explain?: ((error: unknown) => string) | undefined;
};

/** What became of messages that were to be sent. Those in neither list may come again. */
export type SentBack = {
  /** Confirmed by the source queue. */
  readonly sent: readonly ReceivedMessage[];
  /** Sent, and deleted from the dead-letter queue. */
  readonly deleted: readonly ReceivedMessage[];
  /** Why a message was not confirmed or deleted, a sentence each. */
  readonly problems: readonly string[];
};

const backoff: Backoff = { firstMs: 100, maxMs: 2_000 };
/** Attempts of one batch, some five seconds. A message that SQS refuses for good must not hold up the others. */
const mostAttempts = 6;

/**
 * Sends messages with all of their attributes to the queue that they came from, and deletes those that it has confirmed,
 * entry by entry. Once `signal` aborts no send is tried again, but what is confirmed is still deleted. Never rejects.
 */
export async function sendBack(
  messages: readonly ReceivedMessage[],
  deps: SendBackDependencies,
  signal: AbortSignal,
): Promise<SentBack> {
  const sources = new Map(messages.map((message) => [outgoing(message), message]));
  const sent: ReceivedMessage[] = [];
  const problems: string[] = [];
  await Promise.all(
    batchesOf([...sources.keys()]).map(async (batch) => {
      const { left, problem } = await confirmed(batch, deps.deadLetters.sendToSource, deps, signal);
      const unsent = new Set(left);
      sent.push(...batch.flatMap((one) => (unsent.has(one) ? [] : (sources.get(one) ?? []))));
      if (problem) problems.push(`the source queue did not confirm ${counted(left.length, 'message')}: ${problem}`);
    }),
  );
  const deleted: ReceivedMessage[] = [];
  const remove = (some: readonly ReceivedMessage[]) =>
    deps.deadLetters.deleteBatch(some.map(({ receiptHandle }) => receiptHandle));
  const starts = Array.from({ length: Math.ceil(sent.length / limits.batchEntries) }, (_, index) => index);
  await Promise.all(
    starts.map(async (index) => {
      const batch = sent.slice(index * limits.batchEntries, (index + 1) * limits.batchEntries);
      // Also after an abort: what is sent and not deleted would be sent twice.
      const { left, problem } = await confirmed(batch, remove, deps, new AbortController().signal);
      const kept = new Set(left);
      deleted.push(...batch.filter((one) => !kept.has(one)));
      if (problem) {
        problems.push(
          `sent and not deleted: ${counted(left.length, 'message')}, which a redrive sends again: ${problem}`,
        );
      }
    }),
  );
  return { sent, deleted, problems };
}

/** Repeats what was not confirmed. `problem` says why the `left` were not. */
async function confirmed<T>(
  entries: readonly T[],
  act: (entries: readonly T[]) => Promise<readonly EntryFailure[]>,
  { clock, random, explain = describeError }: Pick<SendBackDependencies, 'clock' | 'random' | 'explain'>,
  signal: AbortSignal,
): Promise<{ readonly left: readonly T[]; readonly problem?: string }> {
  let left = entries;
  const attempt = async () => {
    const failures = await act(left);
    left = failures.flatMap(({ index }) => left[index] ?? []);
    const [first] = failures;
    if (!first) return;
    const { code, detail } = first;
    throw new WaybillError('QUEUE_REFUSED', detail ? `${code} (${detail})` : code, { details: { code } });
  };
  const onFailure = (error: unknown, attempts: number) => {
    if (attempts + 1 >= mostAttempts) throw error;
  };
  try {
    await retry(attempt, { clock, random, signal, backoff, onFailure });
    return { left: [] };
  } catch (error) {
    return { left, problem: explain(error) };
  }
}

function outgoing({ body, attributes, typedAttributes }: ReceivedMessage): OutgoingMessage {
  return { body, attributes, ...(typedAttributes && { typedAttributes }) };
}
