import { createHash } from 'node:crypto';

/** Two of the largest pages that are asked for (10,000 elements), so that such a page never pushes its own contents out; about 2 MB. */
const defaultCapacity = 20_000;

/**
 * Remembers the contents that were sent without moving the position: they come with every poll. At capacity the contents
 * seen longest ago are forgotten, and sent again if they come back.
 */
export class SeenContents {
  readonly #capacity: number;
  /** In the order in which they were last seen. */
  readonly #digests = new Set<string>();

  constructor(capacity = defaultCapacity) {
    this.#capacity = capacity;
  }

  /** Whether this content is seen for the first time; from now on it is not. */
  isNew(content: string): boolean {
    const digest = digestOfText(content);
    const isNew = !this.#digests.delete(digest);
    this.#digests.add(digest);
    if (this.#digests.size > this.#capacity) {
      const [oldest] = this.#digests;
      if (oldest !== undefined) this.#digests.delete(oldest);
    }
    return isNew;
  }
}

/** 132 bits of SHA-256: a collision would lose an element silently. */
export function digestOfText(content: string): string {
  return createHash('sha256').update(content).digest('base64').slice(0, 22);
}
