/** Numbers of 32 bits that are kept of a digest. Among a million, two share 96 bits with a chance of 10^-17: an element would be lost silently. */
const words = 3;

const leastSlots = 16;

/** A set of digests in 24 to 48 bytes each, outside the heap, whose table is a quarter to half full. */
export class DigestSet {
  /** Slots of three words, half of them empty at least; a digest stands at its own slot, or at the next empty one. */
  #table = new Uint32Array(leastSlots * words);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Of a digest of 12 bytes or more the first 12 count. */
  has(digest: Buffer): boolean {
    const [a, b, c] = wordsOf(digest);
    return this.#table[this.#find(a, b, c)] === a;
  }

  add(digest: Buffer): void {
    const [a, b, c] = wordsOf(digest);
    if (this.#put(a, b, c)) this.#size += 1;
    if (this.#size * words * 2 > this.#table.length) this.#grow();
  }

  #put(a: number, b: number, c: number): boolean {
    const at = this.#find(a, b, c);
    if (this.#table[at] === a) return false;
    this.#table.set([a, b, c], at);
    return true;
  }

  /** Where it stands, or would. */
  #find(a: number, b: number, c: number): number {
    const table = this.#table;
    let at = (b % (table.length / words)) * words;
    while (table[at] !== 0 && !(table[at] === a && table[at + 1] === b && table[at + 2] === c)) {
      at += words;
      if (at === table.length) at = 0;
    }
    return at;
  }

  #grow(): void {
    const former = this.#table;
    this.#table = new Uint32Array(former.length * 2);
    for (let at = 0; at < former.length; at += words) {
      const [a = 0, b = 0, c = 0] = former.subarray(at, at + words);
      if (a !== 0) this.#put(a, b, c);
    }
  }
}

/** The first one is never 0, which marks an empty slot. */
function wordsOf(digest: Buffer): readonly [number, number, number] {
  return [digest.readUInt32LE(0) || 1, digest.readUInt32LE(4), digest.readUInt32LE(8)];
}
