/** Pages of the reading that one page of a window may replace: a whole reading of the window then takes a tenth of what the feed itself took. */
const mostTimes = 10;

/** Elements of a page at most, as in the search beyond a stuck page. */
const mostElements = 10_000;

/** Answers after which a larger page is tried again. */
const answersUntilRaised = 50;

/** The `Limit` for reading a window again: larger than the reading's own, where the feed takes that. */
export class WideLimit {
  #times = mostTimes;
  #answers = 0;

  /** `limit`: the largest one that fits the reading's pages. */
  of(limit: number): number {
    return Math.max(limit, Math.min(mostElements, limit * this.#times));
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
