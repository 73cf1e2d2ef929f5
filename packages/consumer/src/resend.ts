import type { Clock, Random } from '@waybill/shared/clock.ts';
import { failureIdAttribute } from '@waybill/shared/failures/failure-record.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender, OutgoingMessage, ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed, sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import type { HeldMessage } from './messages-in-hand.ts';

/** Attributes of one message (SQS quotas). */
export const mostAttributes = 10;

/** The message in which a failed element travels alone; undefined where SQS would refuse it. */
export function splitMessage(body: string | undefined, failureId: string): OutgoingMessage | undefined {
  const message = body === undefined ? undefined : { body, attributes: { [failureIdAttribute]: failureId } };
  return message && fits(message) ? message : undefined;
}

/**
 * The message to be sent anew. Carries the failure id, unless SQS would refuse the message then (256 KiB, 10
 * attributes).
 */
export function messageAnew({ body, attributes }: ReceivedMessage, failureId: string): OutgoingMessage {
  const marked = { body, attributes: { ...attributes, [failureIdAttribute]: failureId } };
  const takes = fits(marked) && Object.keys(marked.attributes).length <= mostAttributes;
  return takes ? marked : { body, attributes };
}

export function fits(message: OutgoingMessage): boolean {
  return sizeOf(message) <= limits.sendBytes;
}

export type ResendDependencies = {
  readonly queue: MessageSender;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
};

/** Sends messages to the queue that `held` came from. Resolves once SQS has confirmed every one. */
export async function resend(
  messages: readonly OutgoingMessage[],
  { message: { messageId } }: HeldMessage,
  { queue, clock, random, log }: ResendDependencies,
  signal: AbortSignal,
): Promise<void> {
  const onFailure = (error: unknown, _attempt: number, waitMs: number) =>
    log.warn({ err: error, waitMs, messageId }, 'SQS did not confirm a send, will be retried');
  await sendConfirmed(messages, { queue, clock, random, concurrency: 1, onFailure }, signal);
}
