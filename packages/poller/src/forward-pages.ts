import type { Clock } from '@waybill/shared/clock.ts';
import type { Position } from '@waybill/shared/scan-api/position.ts';
import type { Lease } from './checkpoint/lease.ts';
import type { Followed } from './follow/follow-feed.ts';
import type { GapWatch } from './gaps/gap-watch.ts';
import type { SendPage } from './queue/send-page.ts';

export type ForwardDependencies = {
  readonly start: Position;
  readonly send: SendPage;
  readonly gaps: GapWatch;
  readonly lease: Lease;
  /** Of the loop that reads and sends. */
  readonly clock: Clock;
  /** Ends the reading of the feed. */
  readonly endReading: () => void;
};

/**
 * Sends what the feed shows, page after page, each while the next one is read, and moves the position behind what is
 * confirmed. Ends with the feed's pages, or once `ending` aborts, after the page in hand.
 */
export async function forwardPages(
  pages: AsyncGenerator<Followed, void>,
  { start, send, gaps, lease, clock, endReading }: ForwardDependencies,
  ending: AbortSignal,
): Promise<void> {
  let next = pages.next();
  try {
    for (;;) {
      const { value: followed } = await next;
      // A page read ahead of the end is dropped: it is read again from the checkpoint.
      if (!followed || ending.aborted) return;
      const sending = followed.kind === 'page' ? send(followed, ending) : Promise.resolve();
      next = pages.next();
      // It is awaited in the next turn or at the end; a failure until then is not unhandled.
      next.catch(() => undefined);
      await sending;
      await gaps.untilSent(followed.last, clock);
      // In one step: no write may have the one without the other.
      gaps.passed(followed);
      lease.note(followed);
      // A page that moved nothing leaves an empty checkpoint empty.
      if (followed.last > start.last) await lease.moveTo(followed.last, ending);
    }
  } finally {
    // Nothing else would end the reading of an idle feed. It is waited for: all that send must have ended.
    endReading();
    await next.catch(() => undefined);
    await pages.return();
  }
}
