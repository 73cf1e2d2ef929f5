/** Messages that wait, in the order in which they came. Each batch came evenly between two instants. */
export class Waiting {
  readonly #batches: { from: number; readonly until: number; count: number }[] = [];
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(from: number, until: number, count: number): void {
    if (count <= 0) return;
    this.#batches.push({ from, until, count });
    this.#length += count;
  }

  take(count: number): void {
    let left = count;
    for (let batch = this.#batches[this.#first]; batch; batch = this.#batches[this.#first]) {
      // Rounding must not leave a fraction of a message behind: its age would grow for ever.
      if (batch.count > left + 1e-6) {
        batch.from += ((batch.until - batch.from) * left) / batch.count;
        batch.count -= left;
        this.#length -= left;
        return;
      }
      left -= batch.count;
      this.#length -= batch.count;
      this.#first += 1;
      if (this.#first > 10_000) this.#first -= this.#batches.splice(0, 10_000).length;
    }
    this.#length = 0;
  }

  /** Seconds for which the first message has waited; 0 when none waits. */
  age(now: number): number {
    const first = this.#batches[this.#first];
    return first ? Math.max(0, now - first.from) : 0;
  }
}
