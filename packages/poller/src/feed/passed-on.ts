import { createHash } from 'node:crypto';

/** Two of the largest pages that are asked for (10,000 elements), so that a page of such contents never pushes itself out; about 2 MB. */
const defaultCapacity = 20_000;

/**
 * Remembers what was passed on without moving the position: such contents come with every poll and are passed on once.
 * Bounded: the contents seen longest ago are forgotten, and passed on again if they ever come back.
 */
export class PassedOn {
  readonly #capacity: number;
  /** In the order of their last sight. */
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
