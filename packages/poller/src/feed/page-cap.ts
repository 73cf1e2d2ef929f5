/** Pages in a row of one smaller length, each with something new, after which that length is taken for the server's cap. */
const pagesInRow = 3;

/** At most so many where such runs have proved nothing: a feed that brings one event with each poll costs half a percent more requests. */
const mostPagesInRow = 192;

/**
 * The length of the largest page that the server gives lately: it may cap `Limit`, lower the cap and raise it again. A
 * lower cap is tried: the next page is asked for at once, and has that length too, or it was no cap.
 */
export class PageCap {
  #largest = 0;
  #largestBefore = 0;
  #isTried = false;
  #needed = pagesInRow;
  /** The latest pages with something new: how many in a row had one length, and which. */
  #run = { pages: 0, length: 0 };

  /** The largest page lately seen; 0 before the first. */
  get largest(): number {
    return this.#largest;
  }

  /**
   * Whether a page of this length, asked for with this limit, is as long as the server makes one: there may be more.
   * `isNews`: it held something that was not seen before.
   */
  isFull(length: number, limit: number, isNews: boolean): boolean {
    this.#note(length, limit, isNews);
    return length >= Math.min(limit, this.#largest);
  }

  #note(length: number, limit: number, isNews: boolean): void {
    // A page larger than asked for is not the server's cap: if it counted as one, every later page would seem short.
    if (length > limit || (length === limit && length < this.#largest)) return;
    if (length >= this.#largest) {
      if (this.#isTried) this.#needed = pagesInRow;
      this.#largest = length;
      this.#isTried = false;
      this.#run = { pages: 0, length: 0 };
      return;
    }
    if (this.#isTried) {
      this.#largest = this.#largestBefore;
      this.#needed = Math.min(mostPagesInRow, this.#needed * 2);
      this.#isTried = false;
    }
    const isSame = isNews && length === this.#run.length;
    this.#run = { pages: isSame ? this.#run.pages + 1 : isNews ? 1 : 0, length };
    if (this.#run.pages < this.#needed) return;
    this.#largestBefore = this.#largest;
    this.#largest = length;
    this.#isTried = true;
  }
}
