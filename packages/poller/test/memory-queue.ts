import { unpack } from '@waybill/shared/domain/pack.ts';
import type { EntryFailure, MessageSender, OutgoingMessage, QueueDepth } from '@waybill/shared/queue/message-queue.ts';

/** A queue in memory, and what a processor would make of its messages. */
export class MemoryQueue implements MessageSender, QueueDepth {
  readonly confirmed: OutgoingMessage[] = [];
  sends = 0;
  questions = 0;
  messagesInQueue = 0;
  /** Called for each send: throws, waits, or returns the entries to refuse. */
  before: (messages: readonly OutgoingMessage[]) => Promise<readonly number[]> | readonly number[] = () => [];

  readonly sendBatch = async (messages: readonly OutgoingMessage[]): Promise<readonly EntryFailure[]> => {
    this.sends += 1;
    const refused = await this.before(messages);
    this.confirmed.push(...messages.filter((_, index) => !refused.includes(index)));
    return refused.map((index) => ({ index, code: 'InternalError', detail: '' }));
  };

  readonly depth = async (): Promise<number> => {
    this.questions += 1;
    return this.messagesInQueue;
  };

  /** The ids of all events in confirmed messages, as often as they came. */
  get eventIds(): number[] {
    return this.confirmed.flatMap(({ body }) => {
      const unpacked = unpack(body);
      if (unpacked.kind !== 'pack') return [];
      return unpacked.elements.flatMap((element) => ('event' in element ? [element.event.eventId] : []));
    });
  }

  /** The elements that travel as they were received. */
  get unparsed(): unknown[] {
    return this.confirmed.flatMap(({ body }) => {
      const message: unknown = JSON.parse(body);
      return typeof message === 'object' && message !== null && 'unparsed' in message ? [message.unparsed] : [];
    });
  }
}
