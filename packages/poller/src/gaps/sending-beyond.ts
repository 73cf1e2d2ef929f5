import type { Clock } from '@waybill/shared/clock.ts';
import type { Page } from '@waybill/shared/scan-api/page.ts';
import { eventIdsOf } from '../feed/page.ts';

/** Longest sleep of a wait, milliseconds, so that its loop shows that it is alive. */
export const longestNapMs = 60_000;

/** What an answer showed beyond the position, while it is being sent. */
export class SendingBeyond {
  /** From this id on. `over` aborts when the sending ends. */
  #sending: { readonly from: number; readonly sent: Promise<void>; readonly over: AbortSignal } | undefined;

  /** Waits until this part of an answer is sent, and lets the position, which stands at `last`, wait for what lies beyond it. */
  async send(unseen: Page, last: number, sent: Promise<void>): Promise<void> {
    const beyond = eventIdsOf(unseen).filter((id) => id > last);
    const over = new AbortController();
    if (beyond.length > 0) this.#sending = { from: beyond.reduce((a, b) => Math.min(a, b)), sent, over: over.signal };
    try {
      await sent;
      this.#sending = undefined;
    } finally {
      over.abort();
    }
  }

  /**
   * Resolves once all that an answer showed between the position and `last` is confirmed: the position may move there,
   * whether or not the feed still shows it. Rejects when it could not be sent. Waits by the clock of the caller's loop: if
   * the sending hangs, the loop of questions is the silent one.
   */
  async untilSent(last: number, clock: Clock): Promise<void> {
    const sending = this.#sending;
    if (!sending || sending.from > last) return;
    while (!sending.over.aborted) await clock.sleep(longestNapMs, sending.over);
    await sending.sent;
  }
}
