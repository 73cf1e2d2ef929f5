/** What will happen: the earliest first, and what is due at the same instant in the order in which it was planned. */
export class EventQueue {
  readonly #heap: { readonly at: number; readonly order: number; readonly happen: () => void }[] = [];
  #planned = 0;

  /** When the next event is due; Infinity when none is. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  plan(at: number, happen: () => void): void {
    this.#planned += 1;
    this.#heap.push({ at, order: this.#planned, happen });
    for (let child = this.#heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  /** Runs the next event. */
  next(): void {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first && last && last !== first) {
      this.#heap[0] = last;
      this.#sink();
    }
    first?.happen();
  }

  #sink(): void {
    for (let parent = 0; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      let least = parent;
      if (this.#isBefore(left, least)) least = left;
      if (this.#isBefore(right, least)) least = right;
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    return one !== undefined && other !== undefined && (one.at - other.at || one.order - other.order) < 0;
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one && other) [this.#heap[a], this.#heap[b]] = [other, one];
  }
}
