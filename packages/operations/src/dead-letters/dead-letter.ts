import { type Unpacked, unpack } from '@waybill/shared/domain/pack.ts';
import { bodyFailureId, eventFailureId, isFailureId } from '@waybill/shared/failures/failure-id.ts';
import { failureIdAttribute } from '@waybill/shared/failures/failure-record.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { z } from 'zod';
import type { FailureRecord } from '../failures/failure-item.ts';
import { type FailureRecordsDependencies, failureRecords } from '../failures/failure-records.ts';

/** What a message says of itself, without its payload. */
export type DeadLetter = {
  /** The failure record that explains it, if there is one. */
  readonly failureId: string;
  /** Parcels that its elements are about. */
  readonly parcelIds: readonly number[];
  /** Types of its scan events; empty where it holds none that can be read. */
  readonly types: readonly string[];
  /** Scan events in it. */
  readonly events: number;
  /** Milliseconds since the epoch; of the message that failed, as SQS keeps it when a redrive policy moves it. */
  readonly sentAtMs: number;
  readonly receiveCount: number;
};

/** A message, what it says of itself, and the record of its failure, where there is one. */
export type ExplainedDeadLetter = {
  readonly message: ReceivedMessage;
  readonly letter: DeadLetter;
  readonly record: FailureRecord | undefined;
};

/** The failure ids of the processor and of the notifier. Any sender can set the attribute. */
const failureIds = /^(event-\d{1,16}|notification-[a-z]{1,32}-\d{1,16})$/;

/** Reads a message as the consumers do, so that its failure id is the one under which they have recorded it. Never throws. */
export function readDeadLetter({ body, attributes, sentAtMs, receiveCount }: ReceivedMessage): DeadLetter {
  const named = attributes[failureIdAttribute];
  const unpacked = unpack(body);
  const elements = elementsOf(unpacked);
  const events = elements.flatMap((element) => ('event' in element ? [element.event] : []));
  const [only] = elements.length === 1 ? elements : [];
  const ownId = only && ('event' in only ? only.event.eventId : only.eventId);
  const isNamed = named !== undefined && isFailureId(named, failureIds);
  return {
    failureId: isNamed ? named : ownId === undefined ? bodyFailureId(body) : eventFailureId(ownId),
    parcelIds: distinct(elements.flatMap((element) => parcelIdOf(element) ?? [])),
    types: distinct(events.map(({ type }) => type)),
    events: events.length,
    sentAtMs,
    receiveCount,
  };
}

/** Finds the record of each message's failure. Rejects with the engine's errors. */
export async function explain(
  messages: readonly ReceivedMessage[],
  deps: FailureRecordsDependencies,
  signal: AbortSignal,
): Promise<readonly ExplainedDeadLetter[]> {
  const read = messages.map((message) => ({ message, letter: readDeadLetter(message) }));
  const ids = read.map(({ letter }) => letter.failureId);
  const records = await failureRecords(deps, ids, signal);
  return read.map((one) => ({ ...one, record: records.get(one.letter.failureId) }));
}

/** What lists and plans show of a message; what nobody knows is null. */
export const shownDeadLetterShape = z.strictObject({
  failureId: z.string(),
  /** Of the failure record. */
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  /** Of its first element; `elements` tells whether there are more. */
  parcelId: z.int().nullable(),
  type: z.string().nullable(),
  events: z.int(),
  sentAtUtc: z.string().nullable(),
  receiveCount: z.int(),
});

export type ShownDeadLetter = z.infer<typeof shownDeadLetterShape>;

export function shownDeadLetter({ letter, record }: ExplainedDeadLetter): ShownDeadLetter {
  return {
    failureId: letter.failureId,
    reason: record?.reason ?? null,
    detail: record?.detail ?? null,
    parcelId: letter.parcelIds[0] ?? record?.parcelId ?? null,
    type: letter.types[0] ?? null,
    events: letter.events,
    sentAtUtc: isoTime(letter.sentAtMs),
    receiveCount: letter.receiveCount,
  };
}

/** Null where SQS did not say a time. */
export function isoTime(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}

function elementsOf(unpacked: ReturnType<typeof unpack>): readonly Unpacked[] {
  if (unpacked.kind === 'unreadable') return [];
  return unpacked.kind === 'pack' ? unpacked.elements : [unpacked.element];
}

function parcelIdOf(element: Unpacked): number | undefined {
  return 'event' in element ? element.event.parcelId : element.parcelId;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
