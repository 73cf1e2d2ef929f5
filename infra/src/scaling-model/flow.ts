import { Waiting } from './waiting.ts';

/** Messages per second that come to the feed, that can be read from it, and that can be stored. */
export type Rates = { readonly coming: number; readonly reads: number; readonly stores: number };

/** Messages on their way from the feed through the queue to the table, at rates that stay the same for a while. */
export class Flow {
  readonly queue = new Waiting();
  /** What is not stored yet, be it on the queue or in the feed. */
  readonly unstored = new Waiting();
  readonly #fullQueue: number;
  readonly #onFull: () => void;
  #feed: number;
  #now = 0;
  #sent = 0;
  #stored = 0;
  #storedInAll = 0;
  /** While paused, nothing is read. */
  isPaused = false;

  /** Starts with a backlog in the feed that came in the seconds before; calls `onFull` when the queue fills up. */
  constructor(backlog: { readonly messages: number; readonly seconds: number }, fullQueue: number, onFull: () => void) {
    this.#fullQueue = fullQueue;
    this.#onFull = onFull;
    this.#feed = backlog.messages;
    this.unstored.add(-backlog.seconds, 0, backlog.messages);
  }

  get now(): number {
    return this.#now;
  }

  /** Messages stored since the beginning. */
  get storedInAll(): number {
    return this.#storedInAll;
  }

  /** Messages sent to the queue and stored since the last call. */
  takeCounts(): { readonly sent: number; readonly stored: number } {
    const counts = { sent: this.#sent, stored: this.#stored };
    this.#sent = 0;
    this.#stored = 0;
    return counts;
  }

  /** Flows until then, from one change to the next: the feed or the queue becomes empty, or the queue full. */
  runUntil(until: number, rates: Rates): void {
    const { coming } = rates;
    while (this.#now < until) {
      const { read, store } = this.#flowing(rates);
      // A feed without limit of reading hands over at once what it holds.
      if (read === Number.POSITIVE_INFINITY) {
        this.queue.add(this.#now, this.#now, this.#feed);
        this.#sent += this.#feed;
        this.#feed = 0;
        continue;
      }
      const feedGrows = coming - read;
      const queueGrows = read - store;
      const end = Math.min(
        until,
        this.#feed > 0 && feedGrows < 0 ? this.#now + this.#feed / -feedGrows : until,
        this.queue.length > 0 && queueGrows < 0 ? this.#now + this.queue.length / -queueGrows : until,
        !this.isPaused && queueGrows > 0
          ? this.#now + Math.max(0, this.#fullQueue - this.queue.length) / queueGrows
          : until,
      );
      const seconds = end - this.#now;
      this.unstored.add(this.#now, end, coming * seconds);
      this.queue.add(this.#now, end, read * seconds);
      this.queue.take(store * seconds);
      this.unstored.take(store * seconds);
      this.#feed = withoutRounding(this.#feed + feedGrows * seconds);
      this.#sent += read * seconds;
      this.#stored += store * seconds;
      this.#storedInAll += store * seconds;
      this.#now = end;
      if (!this.isPaused && this.queue.length >= this.#fullQueue - 1e-6) this.#onFull();
      // So little is left that time would not move.
      else if (seconds < 1e-9 && end < until) this.#dropRemainder();
    }
  }

  /** Messages per second that are really read and stored. */
  #flowing({ coming, reads, stores }: Rates): { readonly read: number; readonly store: number } {
    const isFeedEmpty = this.#feed <= 0;
    const read = this.isPaused ? 0 : isFeedEmpty ? Math.min(coming, reads) : reads;
    return { read, store: this.queue.length <= 0 ? Math.min(read, stores) : stores };
  }

  #dropRemainder(): void {
    if (this.#feed < 1e-3) this.#feed = 0;
    if (this.queue.length < 1e-3) this.queue.take(this.queue.length);
  }
}

function withoutRounding(count: number): number {
  return count < 1e-9 ? 0 : count;
}
