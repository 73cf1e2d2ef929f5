/** First in, first out, at the same cost however long it is: an array moves all that is left for each that leaves. */
export class Fifo<T> {
  #entries: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** The entry that leaves next. */
  get first(): T | undefined {
    return this.#entries[this.#first];
  }

  /** Looks from the first on, no further than it must. */
  some(is: (entry: T) => boolean): boolean {
    for (let index = this.#first; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (entry !== undefined && is(entry)) return true;
    }
    return false;
  }

  push(entry: T): void {
    this.#entries.push(entry);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const entry = this.#entries[this.#first];
    this.#entries[this.#first] = undefined;
    this.#first += 1;
    // What has left is let go of once it is half of the array: each entry is moved once, on average.
    if (this.#first * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return entry;
  }
}
