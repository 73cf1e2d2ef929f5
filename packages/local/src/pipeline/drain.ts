import { setTimeout as delay } from 'node:timers/promises';
import type { QueueContent } from './queue-content.ts';

/** The state of a running pipeline at one moment. */
export type Snapshot = {
  /** EventId up to which every event is confirmed on the queue; 0 at first. */
  readonly position: number;
  /** Pages that the poller has used, empty ones included. */
  readonly pages: number;
  readonly queue: QueueContent;
  /** Whether the position is at the end of the feed, as far as can be known. */
  readonly isAtEnd: boolean;
};

/**
 * Pages to read once the end is reached. The first may still have elements without a usable id, which stay at the
 * feed's tail. They are on the queue when the third page is requested, because one page is read ahead of the one being
 * sent.
 */
const pagesBeyondEnd = 3;
/** Snapshots in a row that must show an empty queue. */
const emptySnapshots = 2;

/** Decides, from one snapshot to the next, whether everything in the feed is settled. */
export class DrainWatch {
  #pages: number | undefined;
  #pagesAtEnd = 0;
  #emptySnapshots = 0;

  isDrained({ pages, queue, isAtEnd }: Snapshot): boolean {
    // A restarted poller counts from 0.
    const fresh = Math.max(0, pages - (this.#pages ?? pages));
    this.#pages = pages;
    this.#pagesAtEnd = isAtEnd ? this.#pagesAtEnd + fresh : 0;
    const isQuiet = this.#pagesAtEnd >= pagesBeyondEnd && queue.visible + queue.inFlight === 0;
    this.#emptySnapshots = isQuiet ? this.#emptySnapshots + 1 : 0;
    return this.#emptySnapshots >= emptySnapshots;
  }
}

export type DrainOptions = {
  readonly snapshot: () => Promise<Snapshot>;
  readonly everyMs: number;
  readonly signal: AbortSignal;
};

/**
 * Waits until everything is settled. Rejects when a snapshot does, and, with the last snapshot, when the signal aborts.
 */
export async function untilDrained({ snapshot, everyMs, signal }: DrainOptions): Promise<void> {
  const watch = new DrainWatch();
  let last: Snapshot | undefined;
  while (!signal.aborted) {
    last = await snapshot();
    if (watch.isDrained(last)) return;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  throw new Error(`The feed was not drained in time; last snapshot: ${JSON.stringify(last)}`, { cause: signal.reason });
}

/** Waits until a queue holds nothing, in flight or not. */
export async function untilEmpty(content: () => Promise<QueueContent>, signal: AbortSignal): Promise<void> {
  for (let empty = 0; empty < emptySnapshots; ) {
    const { visible, inFlight } = await content();
    empty = visible + inFlight === 0 ? empty + 1 : 0;
    await delay(emptyEveryMs, undefined, { signal });
  }
}

const emptyEveryMs = 100;
