import { createHash, hash } from 'node:crypto';
import { DigestSet } from './digest-set.ts';

/** A hundred of the largest pages that are asked for, remembered for certain. Takes 50 MB in all, outside the heap, once so many have come. */
const defaultCapacity = 2_000_000;

/**
 * Remembers the contents that were sent without moving the position: they come with every poll. Beyond its capacity the
 * contents seen longest ago are forgotten, and sent again if they come back.
 */
export class SeenContents {
  readonly #half: number;
  /** The contents seen last, and those seen before them. */
  #young = new DigestSet();
  #old = new DigestSet();

  /** @param capacity contents remembered at most; half of it is remembered for certain */
  constructor(capacity = defaultCapacity) {
    this.#half = Math.ceil(capacity / 2);
  }

  /** Whether this content is seen for the first time; from now on it is not. */
  isNew(content: string): boolean {
    const digest = hash('sha256', content, 'buffer');
    if (this.#young.has(digest)) return false;
    const isNew = !this.#old.has(digest);
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new DigestSet();
    }
    this.#young.add(digest);
    return isNew;
  }
}

/** 132 bits of SHA-256: a collision would lose an element silently. */
export function digestOfText(content: string): string {
  return createHash('sha256').update(content).digest('base64').slice(0, 22);
}
