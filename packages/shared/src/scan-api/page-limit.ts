/** Pages read with a lowered `Limit` before it is doubled again: a stretch of large pages must not halve the speed for ever, and must not cost a failed request with every page. */
const pagesUntilRaised = 10;

/** The most pages until then, where the feed has refused the doubled one again and again. */
const mostPagesUntilRaised = 160;

/** The largest `SCAN_API_LIMIT`: nothing is ever asked with a larger one. */
export const largestLimit = 10_000;

/** How often a page is read again with a doubled limit at most (design: up to ten times). */
const mostWidenings = 10;

/** Limits to read a page again with, each twice the one before. */
export function* widerLimits(limit: number): Generator<number> {
  let wider = limit;
  for (let widening = 0; widening < mostWidenings && wider < largestLimit; widening += 1) {
    wider = Math.min(largestLimit, wider * 2);
    yield wider;
  }
}

/** The `Limit` to ask with: `SCAN_API_LIMIT`, or less where the feed's answers do not allow that. */
export class PageLimit {
  readonly #wanted: number;
  #current: number;
  #pages = 0;
  #raiseAfter = pagesUntilRaised;
  /** It was doubled, and no page has come with it since. */
  #isRaised = false;

  /** `wanted`: `SCAN_API_LIMIT`. */
  constructor(wanted: number) {
    this.#wanted = wanted;
    this.#current = wanted;
  }

  get current(): number {
    return this.#current;
  }

  get isLowered(): boolean {
    return this.#current < this.#wanted;
  }

  /** Halves it. Returns whether that was possible. */
  lower(): boolean {
    if (this.#current === 1) return false;
    if (this.#isRaised) this.#raiseAfter = Math.min(mostPagesUntilRaised, this.#raiseAfter * 2);
    this.#current = Math.ceil(this.#current / 2);
    this.#pages = 0;
    this.#isRaised = false;
    return true;
  }

  /** The feed refused a page. Where `limit` was only just doubled, it goes back to what it was: returns whether that is so. */
  refused(limit: number): boolean {
    return limit === this.#current && this.#isRaised && this.lower();
  }

  /** A page was read with this limit. */
  fits(limit: number): void {
    if (limit !== this.#current) return;
    this.#isRaised = false;
    this.#pages += 1;
    if (!this.isLowered) this.#raiseAfter = pagesUntilRaised;
    else if (this.#pages >= this.#raiseAfter) {
      this.#current = Math.min(this.#wanted, this.#current * 2);
      this.#pages = 0;
      this.#isRaised = true;
    }
  }

  /** What made it lower is passed: it is doubled with each page until it is what it was. */
  raiseSoon(): void {
    this.#raiseAfter = 1;
  }
}
