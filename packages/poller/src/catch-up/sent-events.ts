import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { contentOf } from '../feed/page.ts';
import { digestOfText } from '../feed/seen-contents.ts';

/** Events of one stretch that are remembered at most: some 100 KB. The others are sent twice, which does not change the state. */
const mostRemembered = 1_000;

/**
 * Events of one stretch of ids that were sent, or are being sent, and that a reader may meet again: those that showed the
 * head, those that the reader of an earlier stretch met beyond its end, and the first ones of the stretch, which that
 * reader may meet.
 *
 * An event that only the reader of a later stretch has sent is never in here. The stretch is confirmed without what is in
 * here, and the position gets there once the earlier stretches are confirmed: later ones need not be.
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

  /** Hands over what it knows of the ids `from` up to, but without, `end`. */
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
