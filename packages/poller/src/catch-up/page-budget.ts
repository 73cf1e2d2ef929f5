import { counted } from '@waybill/shared/counted.ts';
import { asciiJson } from '@waybill/shared/domain/pack.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';

/** Heap of a poller that catches up and holds no page of a stripe, bytes: 35 MiB measured, and two pages of the sequential reader. */
const idleBytes = 64 * 2 ** 20;
/** Share of the rest that pages may take: live objects beyond it leave the garbage collector too little room. */
const share = 0.65;
/**
 * Heap of an element of a page, bytes, from its being read until it is confirmed on the queue: its fields and objects, and
 * for each character of its JSON its text, its parsed strings and its message (decision 80).
 */
const elementBytes = 400;
const bytesPerCharacter = 3;
/** Characters of an element until one was seen: the feed's own events have 240. */
const firstCharacters = 400;
/** How much smaller an element is expected with each page of smaller ones. */
const decay = 0.95;

export type PageBudgetDependencies = {
  /** `heap_size_limit` of V8, bytes: what the process's flags allow. */
  readonly heapBytes: number;
  readonly log: Logger;
};

/** A page in hand, from before it is requested. */
export type PageInHand = {
  /** What it really holds is known. */
  readonly received: (elements: readonly unknown[]) => void;
  /** It is confirmed on the queue, or given up. May be called twice. */
  readonly release: () => void;
};

type Waiting = { readonly limit: number; readonly resolve: (page: PageInHand | undefined) => void };

/** The pages of all readers in hand, bounded by the heap that they take. A page is requested once its like fits. */
export class PageBudget {
  readonly #bytes: number;
  readonly #log: Logger;
  readonly #waiting: Waiting[] = [];
  #pages = 0;
  #usedBytes = 0;
  #characters = firstCharacters;
  #hasWaited = false;

  constructor({ heapBytes, log }: PageBudgetDependencies) {
    this.#bytes = Math.max(0, heapBytes - idleBytes) * share;
    this.#log = log;
  }

  /** Waits until a page of at most `limit` elements fits. The only page always does. Undefined once the signal aborts. */
  async take(limit: number, signal: AbortSignal): Promise<PageInHand | undefined> {
    if (signal.aborted) return undefined;
    if (this.#waiting.length === 0 && this.#fits(limit)) return this.#hold(limit);
    this.#report(limit);
    const { promise, resolve } = Promise.withResolvers<PageInHand | undefined>();
    const waiting = { limit, resolve };
    const stop = () => {
      // Else it would be given a page that nobody releases.
      const at = this.#waiting.indexOf(waiting);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      resolve(undefined);
      this.#admitWaiting();
    };
    signal.addEventListener('abort', stop, { once: true });
    this.#waiting.push(waiting);
    const page = await promise;
    signal.removeEventListener('abort', stop);
    return page;
  }

  #hold(limit: number): PageInHand {
    let bytes = this.#expected(limit);
    let isHeld = true;
    this.#pages += 1;
    this.#usedBytes += bytes;
    return {
      received: (elements) => {
        this.#learn(elements);
        this.#usedBytes -= bytes;
        bytes = this.#expected(elements.length);
        this.#usedBytes += bytes;
        this.#admitWaiting();
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#pages -= 1;
        this.#usedBytes -= bytes;
        this.#admitWaiting();
      },
    };
  }

  #admitWaiting(): void {
    for (let [first] = this.#waiting; first && this.#fits(first.limit); [first] = this.#waiting) {
      this.#waiting.shift();
      first.resolve(this.#hold(first.limit));
    }
  }

  #fits(limit: number): boolean {
    return this.#pages === 0 || this.#usedBytes + this.#expected(limit) <= this.#bytes;
  }

  #expected(elements: number): number {
    return elements * (elementBytes + bytesPerCharacter * this.#characters);
  }

  /** By three elements of the page: writing out all of them is not free. */
  #learn(elements: readonly unknown[]): void {
    if (elements.length === 0) return;
    const sample = [0, Math.floor(elements.length / 2), elements.length - 1].map((index) => elements[index]);
    const characters = sample.reduce<number>((sum, element) => sum + (asciiJson(element)?.length ?? 0), 0) / 3;
    this.#characters = Math.max(characters, this.#characters * decay);
  }

  #report(limit: number): void {
    if (this.#hasWaited) return;
    this.#hasWaited = true;
    const pages = Math.max(1, Math.floor(this.#bytes / this.#expected(limit)));
    const text = `the heap holds ${counted(pages, 'page')} of ${limit} elements: CATCH_UP_READERS is lowered to what it holds, the others wait`;
    this.#log.warn({ pages, limit }, text);
  }
}
