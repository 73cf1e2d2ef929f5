import type { Clock } from '@waybill/shared/clock.ts';

/** Milliseconds between two searches from the same page: the first wait, which doubles with each search, and the longest. A search costs some dozens of requests. */
const firstWaitMs = 10_000;
const longestWaitMs = 600_000;

/** Decides when a search beyond a stuck page is worth its requests: when the page's content is new, or after a growing wait. */
export class StuckWatch {
  readonly #clock: Clock;
  readonly #mostMs: number;
  #content: string | undefined;
  #searches = 0;
  #dueAt = 0;

  constructor(clock: Clock, mostMs = longestWaitMs) {
    this.#clock = clock;
    this.#mostMs = mostMs;
  }

  /**
   * Whether to search now, which then counts as a search. `content` is a digest of the page. A page that is most likely the
   * `end` of the feed is searched beyond only when it has stood for the first wait.
   */
  isDue(content: string, isEnd = false): boolean {
    const now = this.#clock.monotonic();
    if (content !== this.#content) {
      this.#content = content;
      this.#searches = 0;
      if (isEnd) {
        this.#dueAt = now + firstWaitMs;
        return false;
      }
    } else if (now < this.#dueAt) {
      return false;
    }
    this.#dueAt = now + Math.min(this.#mostMs, firstWaitMs * 2 ** Math.min(this.#searches, 30));
    this.#searches += 1;
    return true;
  }
}
