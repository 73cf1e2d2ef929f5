import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import { costOf, type PlannedCost } from '../record/plan.ts';

/** Messages and their sizes. */
export type Load = {
  messages: number;
  bytes: number;
  events: number;
  recordReadUnits: number;
  recordWriteUnits: number;
};

export const noLoad = (): Load => ({ messages: 0, bytes: 0, events: 0, recordReadUnits: 0, recordWriteUnits: 0 });

/** Bytes of a failure record besides its body, which is at most 64 KiB of the message's. */
const recordBytes = 500;
const mostBodyBytes = 65_536;

/** Write units of one event: an item of a parcel with its history is between one and two KiB. */
const unitsPerEvent = 2;

export function addTo(load: Load, message: ReceivedMessage, events: number): void {
  const bytes = sizeOf(message);
  const record = Math.min(message.body.length, mostBodyBytes) + recordBytes;
  load.messages += 1;
  load.bytes += bytes;
  load.events += events;
  load.recordReadUnits += Math.ceil(record / 4_096);
  // The index `unresolved` loses its entry.
  load.recordWriteUnits += Math.ceil(record / 1_024) + 1;
}

/**
 * What a redrive will cost, estimated: its own requests, and those of the processor that receives the messages again, stores
 * their events and resolves their records.
 *
 * @param looked all messages that are received
 * @param selected those of them that are sent
 * @param isAll nothing is looked up, because all are meant
 */
export function redriveCost(looked: Load, selected: Load, isAll: boolean): PlannedCost {
  const batches = (messages: number) => Math.ceil(messages / limits.batchEntries);
  const billed = ({ messages, bytes }: Load) =>
    Math.max(batches(messages), Math.ceil(bytes / limits.billedRequestBytes));
  const own =
    billed(looked) + billed(selected) + batches(selected.messages) + batches(looked.messages - selected.messages);
  const processor = billed(selected) + batches(selected.messages);
  return costOf({
    sqsRequests: own + processor,
    readUnits: isAll ? 0 : looked.recordReadUnits,
    writeUnits: selected.events * unitsPerEvent + selected.recordWriteUnits,
  });
}

/** The load of more messages like these. */
export function scaled(load: Load, messages: number): Load {
  const factor = load.messages === 0 ? 0 : messages / load.messages;
  const times = (value: number) => Math.ceil(value * factor);
  return {
    messages,
    bytes: times(load.bytes),
    events: times(load.events),
    recordReadUnits: times(load.recordReadUnits),
    recordWriteUnits: times(load.recordWriteUnits),
  };
}
