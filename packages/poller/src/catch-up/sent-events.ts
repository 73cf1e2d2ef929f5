import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { contentOf } from '@waybill/shared/scan-api/page.ts';
import { digestOfText } from '../feed/seen-contents.ts';

/** Events of one stretch that are remembered at most: some 100 KB. The others are sent twice, which does not change the state. */
const mostRemembered = 1_000;

/**
 * Events of one stretch of ids that were sent, or are being sent, and that a reader may read again:
 *
 * - events that showed the head;
 * - events beyond the end of an earlier stretch, which the reader of that stretch has read;
 * - the first events of the stretch, which the reader of the earlier stretch may still read.
 *
 * An event that only the reader of a later stretch has sent is never in here. The stretch is confirmed without what is in
 * here, and the position gets there when the earlier stretches are confirmed, whether or not later ones are.
 */
export class SentEvents {
  /** Digests by event id. */
  readonly #events = new Map<number, string>();

  note(event: ScanEvent): void {
    if (this.#events.size < mostRemembered) this.#events.set(event.eventId, digestOfEvent(event));
  }

  /** Whether this event was noted with this very content. */
  has(event: ScanEvent): boolean {
    const digest = this.#events.get(event.eventId);
    return digest !== undefined && digest === digestOfEvent(event);
  }

  /** Moves what it knows of the ids from `from` to before `end` to a new object. */
  split(from: number, end: number): SentEvents {
    const part = new SentEvents();
    for (const [eventId, digest] of this.#events) {
      if (eventId < from || eventId >= end) continue;
      part.#events.set(eventId, digest);
      this.#events.delete(eventId);
    }
    return part;
  }
}

function digestOfEvent(event: ScanEvent): string {
  return digestOfText(contentOf(event));
}
