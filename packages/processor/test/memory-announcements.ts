import type { Announcement } from '@waybill/shared/domain/announcement.ts';
import type { EntryFailure, MessageSender, OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import type { Journal } from '../../consumer/test/journal.ts';

/** A queue of announcements in memory, which nobody reads. */
export class MemoryAnnouncements implements MessageSender {
  /** What it has confirmed, in order. */
  readonly announced: Announcement[] = [];
  /** Entries of each request, with their bytes together. */
  readonly requests: { readonly entries: number; readonly bytes: number }[] = [];
  /** Of the messages, in order. */
  readonly attributes: OutgoingMessage['attributes'][] = [];
  /** Called before each request: throws in place of it, waits, or returns the entries to refuse. */
  before: () => Promise<readonly number[]> | readonly number[] = () => [];
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  readonly sendBatch = async (messages: readonly OutgoingMessage[]): Promise<readonly EntryFailure[]> => {
    this.requests.push({
      entries: messages.length,
      bytes: messages.reduce((bytes, message) => bytes + sizeOf(message), 0),
    });
    this.attributes.push(...messages.map(({ attributes }) => attributes));
    const refused = await this.before();
    return messages.flatMap(({ body }, index) => {
      if (refused.includes(index)) return [{ index, code: 'InternalError', detail: 'try again' }];
      const { announcements }: { announcements: Announcement[] } = JSON.parse(body);
      for (const one of announcements) {
        this.announced.push(one);
        this.#journal.add(`announced ${one.parcelId} ${one.milestone} ${one.eventId}`);
      }
      return [];
    });
  };
}
