import type { Clock, Random } from '@waybill/shared/clock.ts';
import { failureIdAttribute } from '@waybill/shared/failures/failure-record.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { batchPartAttribute, mostAttributes, ownAttributes } from '@waybill/shared/queue/message-attributes.ts';
import type {
  MessageSender,
  OutgoingMessage,
  ReceivedMessage,
  TypedAttribute,
} from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed, sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import type { HeldMessage } from './messages-in-hand.ts';

/** The message attribute that counts how often a rest was sent on: of that message, and of no other. */
export const sentOnAttribute = 'sentOn';

/**
 * The message in which a failed element of `original` travels alone: with its failure id, and with the attributes of the
 * original. Undefined where SQS would refuse it. Where it would refuse it for those attributes, the last of them are left out.
 */
export function splitMessage(
  body: string | undefined,
  failureId: string,
  original: ReceivedMessage,
): OutgoingMessage | undefined {
  if (body === undefined) return undefined;
  const alone = { body, attributes: { [failureIdAttribute]: failureId } };
  const isCopied = ([name]: readonly [string, AttributeValue]) =>
    name !== failureIdAttribute && name !== batchPartAttribute && name !== sentOnAttribute;
  const copied = Object.entries<AttributeValue>({ ...original.attributes, ...original.typedAttributes })
    .filter(isCopied)
    .sort(([a], [b]) => Number(ownAttributes.has(b)) - Number(ownAttributes.has(a)));
  return fits(alone) ? withAttributes(alone, Object.fromEntries(copied)) : undefined;
}

/** The message to be sent anew, with its attributes and the failure id, unless SQS would refuse the message then. */
export function messageAnew(message: ReceivedMessage, failureId: string): OutgoingMessage {
  return withAttributes(copyOf(message), { [failureIdAttribute]: failureId });
}

/** The message as it was sent, with another body where one is given. */
export function copyOf(message: ReceivedMessage, body = message.body): OutgoingMessage {
  const { attributes, typedAttributes } = message;
  return { body, attributes, ...(typedAttributes && { typedAttributes }) };
}

type AttributeValue = string | TypedAttribute;

/** The message with each of these attributes in turn, unless SQS would refuse it then (256 KiB, 10 attributes). */
export function withAttributes(
  message: OutgoingMessage,
  more: Readonly<Record<string, AttributeValue>>,
): OutgoingMessage {
  let best = message;
  for (const [name, value] of Object.entries(more)) {
    const { [name]: _, ...otherTyped } = best.typedAttributes ?? {};
    const larger =
      typeof value === 'string'
        ? {
            ...best,
            attributes: { ...best.attributes, [name]: value },
            ...(best.typedAttributes && { typedAttributes: otherTyped }),
          }
        : { ...best, typedAttributes: { ...otherTyped, [name]: value } };
    if (fits(larger)) best = larger;
  }
  return best;
}

/** Whether SQS takes the message. */
function fits(message: OutgoingMessage): boolean {
  const names = new Set([message.attributes, message.typedAttributes].flatMap((each) => Object.keys(each ?? {})));
  return sizeOf(message) <= limits.sendBytes && names.size <= mostAttributes;
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
