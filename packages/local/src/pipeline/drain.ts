import { setTimeout as delay } from 'node:timers/promises';
import type { QueueContent } from './queue-depth.ts';

/** What one look at a running pipeline shows. */
export type Look = {
  /** EventId up to which everything is confirmed on the queue; 0 before anything is. */
  readonly position: number;
  /** Answers of the feed that the poller has used, empty ones included. */
  readonly pages: number;
  readonly queue: QueueContent;
  /** Whether the position is at the feed's end, as far as that can be known. */
  readonly isAtEnd: boolean;
};

/**
 * Pages to be read from the end on: what the first of them brings (elements without a usable id stay at the feed's tail)
 * is on the queue when the third was asked for, because one page is read ahead of the one that is being sent.
 */
const pagesBeyondEnd = 3;
/** Looks in a row that must find the queue empty. */
const emptyLooks = 2;

/** Tells from one look to the next whether everything that the feed holds has been settled. */
export class DrainWatch {
  #pages: number | undefined;
  #pagesAtEnd = 0;
  #emptyLooks = 0;

  /** Whether nothing is left to do. */
  isDrained({ pages, queue, isAtEnd }: Look): boolean {
    // A poller that was started again counts from 0.
    const fresh = Math.max(0, pages - (this.#pages ?? pages));
    this.#pages = pages;
    this.#pagesAtEnd = isAtEnd ? this.#pagesAtEnd + fresh : 0;
    const isQuiet = this.#pagesAtEnd >= pagesBeyondEnd && queue.visible + queue.inFlight === 0;
    this.#emptyLooks = isQuiet ? this.#emptyLooks + 1 : 0;
    return this.#emptyLooks >= emptyLooks;
  }
}

export type DrainOptions = {
  readonly look: () => Promise<Look>;
  readonly everyMs: number;
  readonly signal: AbortSignal;
};

/** Looks again and again until everything is settled. Rejects when a look does, and, with the last look, when the signal aborts. */
export async function untilDrained({ look, everyMs, signal }: DrainOptions): Promise<void> {
  const watch = new DrainWatch();
  let last: Look | undefined;
  while (!signal.aborted) {
    last = await look();
    if (watch.isDrained(last)) return;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  throw new Error(`Not drained: ${JSON.stringify(last)}`, { cause: signal.reason });
}

/** Waits until a queue holds nothing, in flight or not. */
export async function untilEmpty(content: () => Promise<QueueContent>, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < emptyLooks; ) {
    const { visible, inFlight } = await content();
    looks = visible + inFlight === 0 ? looks + 1 : 0;
    await delay(emptyLookEveryMs, undefined, { signal });
  }
}

const emptyLookEveryMs = 100;
