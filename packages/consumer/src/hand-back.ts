import { counted } from '@waybill/shared/counted.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { gone, type MessageConsumer } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';
import type { FailureLog } from './failures/failure-log.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';
import { copyOf, messageAnew, type ResendDependencies, resend } from './resend.ts';

export type HandBackDependencies = ResendDependencies & {
  readonly queue: Pick<MessageConsumer, 'changeVisibilityBatch'>;
  readonly failures: Pick<FailureLog, 'removeInterruption'>;
  readonly inHand: MessagesInHand;
};

const handBackBackoff: Backoff = { firstMs: 200, maxMs: 2_000 };

/**
 * Gives messages back intact: visible at once, or sent anew on the last allowed receive, so that neither a stop nor an
 * outage uses up the receives. With `anew` each is sent anew. Tries until `signal` aborts. Ends then, though a call to SQS may still be under way: what
 * SQS has not accepted by then returns when its visibility timeout ends. Never rejects.
 */
export async function handBack(
  messages: readonly HeldMessage[],
  deps: HandBackDependencies & { readonly anew?: boolean },
  signal: AbortSignal,
): Promise<void> {
  // Already being handed back: a second hand-back would make visible what is being sent anew.
  const open = messages.filter(({ isDone }) => !isDone);
  for (const held of open) held.isDone = true;
  const isSentAnew = ({ interruption }: HeldMessage) => interruption !== undefined || deps.anew === true;
  const toRelease = open.filter((held) => !isSentAnew(held));
  const steps: Promise<void>[] = [];
  for (let start = 0; start < toRelease.length; start += limits.batchEntries) {
    steps.push(makeVisible(toRelease.slice(start, start + limits.batchEntries), deps, signal));
  }
  for (const held of open) if (isSentAnew(held)) steps.push(sendAnew(held, deps, signal));
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const onAbort = () => end();
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) end();
  await Promise.race([Promise.all(steps), over]);
  signal.removeEventListener('abort', onAbort);
}

async function makeVisible(
  messages: readonly HeldMessage[],
  { queue, clock, random, log, inHand }: HandBackDependencies,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(messages.map((held) => inHand.release(held)));
  let remaining = messages.map(({ message }) => ({ receiptHandle: message.receiptHandle, seconds: 0 }));
  const attempt = async () => {
    const failures = (await queue.changeVisibilityBatch(remaining)).filter(({ code }) => code !== gone);
    const [first] = failures;
    remaining = failures.flatMap(({ index }) => remaining[index] ?? []);
    if (first) {
      throw new WaybillError(
        'QUEUE_REFUSED',
        `SQS did not release ${counted(failures.length, 'message')}: ${first.code}`,
      );
    }
  };
  try {
    await retry(attempt, { clock, random, signal, backoff: handBackBackoff, onFailure: () => {} });
  } catch (error) {
    const text = 'messages not handed back, they return when their visibility timeout ends';
    log.warn({ err: error, messages: remaining.length }, text);
  }
}

async function sendAnew(held: HeldMessage, deps: HandBackDependencies, signal: AbortSignal): Promise<void> {
  const { log, failures, inHand } = deps;
  const { message, interruption } = held;
  const failureId = interruption?.failureId;
  try {
    await resend([failureId === undefined ? copyOf(message) : messageAnew(message, failureId)], held, deps, signal);
    // Until here it is renewed: what is lost now goes to the DLQ.
    await inHand.delete(held);
    if (failureId !== undefined) await failures.removeInterruption(failureId);
  } catch (error) {
    inHand.drop(held);
    const { messageId } = message;
    log.warn({ err: error, messageId, failureId }, 'message not fully handed back, its failure record remains');
  }
}
