import { largestLimit } from '@waybill/shared/scan-api/page-limit.ts';

/** Pages of the reading that one page of a window may replace: a whole reading of the window then takes a tenth of what the feed itself took. */
const mostTimes = 10;

/** Answers after which a larger page is tried again. */
const answersUntilRaised = 50;

/** The `Limit` for reading a window again: larger than the reading's own, where the feed takes that. */
export class WideLimit {
  #times = mostTimes;
  #answers = 0;

  /**
   * `limit`: the largest one that fits the reading's pages. For so many `elements`, as far as is known, and after so many
   * questions for them that were not answered.
   */
  toRead(elements: number, limit: number, failures: number): number {
    const wide = Math.max(limit, Math.min(largestLimit, limit * this.#times));
    const widest = failures === 0 ? wide : Math.ceil(limit / 2 ** failures);
    // A little more than is known: a late event or two, and one event beyond the end.
    return Math.min(widest, Math.ceil(elements * 1.1) + 10);
  }

  answered(): void {
    this.#answers += 1;
    if (this.#answers < answersUntilRaised) return;
    this.#times = Math.min(mostTimes, this.#times * 2);
    this.#answers = 0;
  }

  /** The feed did not answer a question with this one: the next is smaller. */
  lower(): void {
    this.#times = Math.max(1, Math.floor(this.#times / 2));
    this.#answers = 0;
  }
}
