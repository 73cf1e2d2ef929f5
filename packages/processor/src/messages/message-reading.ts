import { createHash } from 'node:crypto';
import { eventJson, packOne, type Unpacked, unpack } from '@waybill/shared/domain/pack.ts';
import type { Rejection, ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { OutgoingMessage, ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import type { Failure, FailureReason } from '../failures/failure-log.ts';

/** The message attribute that names the failure record of a message that was split off; a redrive keeps it. */
const failureIdAttribute = 'failureId';

/** Anyone who may send to the queue sets attributes: what is no key of ours must not become one that DynamoDB refuses. */
const failureIdPattern = /^(event-\d{1,16}|body-[0-9a-f]{64})$/;

/** Attributes of one message (SQS quotas). */
const mostAttributes = 10;

/** A failure of one element of a message, or of the whole message. */
export type ElementFailure = Failure & {
  /** The body in which the element travels alone; undefined where it cannot be written out apart from its neighbours, or is too large to be sent. */
  readonly splitBody: string | undefined;
  /** Whether time alone may cure it: a version that a rolling deploy will know. */
  readonly mayHeal: boolean;
};

/** What a received message says. */
export type MessageReading = {
  readonly events: readonly ScanEvent[];
  /** What in it is no event, or why it cannot be read at all. */
  readonly failures: readonly ElementFailure[];
  /** Whether it holds one element or none, so that there is nothing to split off. */
  readonly single: boolean;
  /** The record to resolve when everything in it is stored: it was split off, or carries an element that failed before. */
  readonly resolves: string | undefined;
};

/** Reads a message. Never throws: what is wrong with it is in the answer. */
export function readMessage(message: ReceivedMessage): MessageReading {
  const known = knownFailureId(message);
  const unpacked = unpack(message.body);
  if (unpacked.kind === 'unreadable') {
    const failure: ElementFailure = {
      failureId: known ?? failureIdOf(undefined, message.body),
      reason: 'UNREADABLE_MESSAGE',
      detail: `${unpacked.code}: expected ${unpacked.expected}`,
      body: message.body,
      splitBody: undefined,
      mayHeal: unpacked.code === 'UNKNOWN_VERSION',
    };
    return { events: [], failures: [failure], single: true, resolves: known };
  }
  const elements = unpacked.kind === 'unparsed' ? [unpacked.element] : unpacked.elements;
  const single = elements.length <= 1;
  const events = elements.flatMap((element) => ('event' in element ? [element.event] : []));
  const whole = { body: message.body, single, known: single ? known : undefined };
  const failures = elements.flatMap((element) => ('event' in element ? [] : [invalidElement(element, whole)]));
  const unparsedId = unpacked.kind === 'unparsed' ? failureIdOf(events[0]?.eventId, message.body) : undefined;
  return { events, failures, single, resolves: known ?? unparsedId };
}

/** The failure of an event that the store rejects. */
export function rejectedEvent(event: ScanEvent, detail: string): ElementFailure {
  const json = eventJson(event);
  return {
    failureId: failureIdOf(event.eventId, json),
    reason: 'STORE_REJECTED',
    detail,
    body: json,
    splitBody: packOne(json),
    mayHeal: false,
  };
}

/** What is on record while a message is worked on its last allowed receive. */
export function interruption(message: ReceivedMessage, reading: MessageReading): Failure {
  const [failure] = reading.failures;
  const [event] = reading.events;
  const only = failure?.failureId ?? reading.resolves ?? (event && failureIdOf(event.eventId, message.body));
  const reason: FailureReason = 'REPEATEDLY_INTERRUPTED';
  return {
    failureId: (reading.single ? only : reading.resolves) ?? failureIdOf(undefined, message.body),
    reason,
    detail: `received ${message.receiveCount} times without being settled; unharmed, a redrive stores it`,
    body: message.body,
  };
}

/**
 * The message sent anew. It carries the id of the record that was written when it came, should that outlive it; not
 * where SQS would refuse it then (256 KiB, 10 attributes).
 */
export function messageAnew({ body, attributes }: ReceivedMessage, failureId: string): OutgoingMessage {
  const marked = { body, attributes: { ...attributes, [failureIdAttribute]: failureId } };
  const takes = fits(marked) && Object.keys(marked.attributes).length <= mostAttributes;
  return takes ? marked : { body, attributes };
}

function knownFailureId({ attributes }: ReceivedMessage): string | undefined {
  const id = attributes[failureIdAttribute];
  return id !== undefined && failureIdPattern.test(id) ? id : undefined;
}

/** The message in which a failed element travels alone. */
export function splitMessage(body: string, failureId: string): OutgoingMessage {
  return { body, attributes: { [failureIdAttribute]: failureId } };
}

/** The body, where SQS takes it with its failureId. A foreign pack may hold more than ASCII, and is larger once that is escaped. */
function ifItFits(body: string, failureId: string): string | undefined {
  return fits(splitMessage(body, failureId)) ? body : undefined;
}

function fits(message: OutgoingMessage): boolean {
  const beyondAscii = Buffer.byteLength(message.body) - message.body.length;
  return sizeOf(message) + beyondAscii <= limits.sendBytes;
}

function invalidElement(
  element: Extract<Unpacked, { rejection: Rejection }>,
  whole: {
    readonly body: string;
    readonly single: boolean;
    readonly known: string | undefined;
  },
): ElementFailure {
  const { rejection, eventId, json } = element;
  // What is split off has this body, so that it fails on the same record again.
  const alone = whole.single || json === undefined ? undefined : packOne(json);
  const failureId = whole.known ?? failureIdOf(eventId, alone ?? whole.body);
  return {
    failureId,
    reason: 'INVALID_EVENT',
    detail: `${rejection.code}: expected ${rejection.expected}${rejection.path && ` in ${rejection.path}`}`,
    body: json ?? whole.body,
    splitBody: alone === undefined ? undefined : ifItFits(alone, failureId),
    mayHeal: false,
  };
}

/** `event-<EventId>` where there is a valid one, else the SHA-256 of the body that carries the element alone. */
function failureIdOf(eventId: number | undefined, body: string): string {
  return eventId === undefined ? `body-${createHash('sha256').update(body).digest('hex')}` : `event-${eventId}`;
}
