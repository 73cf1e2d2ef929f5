import type { BadElementKind } from './bad-elements.ts';
import { HeldText } from './held-text.ts';
import type { FeedElement } from './simulated-feed.ts';

/** `hidden` until enough answers beyond it were served, then `readable`, then `served` at least once. */
export type LateState = 'hidden' | 'readable' | 'served';

/** An event that is committed late: one with a lower id than others that a reader has seen already. */
export type LateId = {
  readonly eventId: number;
  readonly state: LateState;
  /** Whether a request beyond it had come before it became readable: a reader that only reads on from there misses it. */
  readonly passed: boolean;
};

/** An element of the feed, with what a check of a reader needs to know. */
export type HeldElement = {
  readonly position: number;
  /** The element itself, parsed. */
  readonly element: unknown;
  readonly bad?: BadElementKind;
  readonly late?: LateState;
  /** Whether a reader that has read beyond it must have seen it: all but late ones that it had no chance to see. */
  readonly owed: boolean;
};

type Late = {
  readonly index: number;
  readonly position: number;
  answersLeft: number;
  state: LateState;
  passed: boolean;
};

/**
 * What the carrier holds and when it is readable. Elements are made when first needed, so that a feed of a million starts
 * at once, and kept as the text that answers are made of.
 *
 * Does not depend on time: a late element becomes readable after a number of answers served beyond it, so that a run can
 * be repeated.
 */
export class HeldFeed {
  readonly #source: Iterator<FeedElement>;
  readonly #text = new HeldText();
  /** Ascending; twins share one. */
  readonly #positions: number[] = [];
  readonly #served: boolean[] = [];
  readonly #late = new Map<number, Late>();
  readonly #bad = new Map<number, BadElementKind>();
  readonly #unordinary = new Set<number>();
  #hidden: readonly Late[] = [];
  #held: number;
  #highestAsked = 0;

  /** @param held how many elements of the source are there from the beginning */
  constructor(source: Iterator<FeedElement>, held: number) {
    this.#source = source;
    this.#held = held;
  }

  /** Elements held, bad and hidden ones included. */
  get size(): number {
    return this.#held;
  }

  /** Whether every element was needed already: a reader has come to the end. */
  get isWhollyMade(): boolean {
    return this.#text.length >= this.#held;
  }

  /** Makes `count` more elements appear at the feed's end. */
  append(count: number): void {
    this.#held += count;
  }

  /**
   * The readable elements from a position on, as indexes for {@link answer}. Elements of one position are never torn
   * apart, so it can be one more than the limit.
   */
  read(from: number, limit: number): number[] {
    this.#highestAsked = Math.max(this.#highestAsked, from);
    const found: number[] = [];
    for (let index = this.#firstAt(from); this.#make(index); index++) {
      if (this.#isHidden(index)) continue;
      const ofSamePosition = this.#positions[index] === this.#positions[found.at(-1) ?? -1];
      if (found.length >= limit && !ofSamePosition) break;
      found.push(index);
    }
    return found;
  }

  /** The last readable elements before a position. */
  before(from: number, count: number): number[] {
    const found: number[] = [];
    for (let index = this.#firstAt(from) - 1; index >= 0 && found.length < count; index--) {
      if (!this.#isHidden(index)) found.unshift(index);
    }
    return found;
  }

  /** Late elements before a position that have become readable and were never served, the lowest first. */
  lateBefore(from: number): number[] {
    return [...this.#late.values()]
      .filter(({ state, position }) => state === 'readable' && position < from)
      .map(({ index }) => index);
  }

  /** These elements as one answer of the Scan Event API. */
  answer(indexes: readonly number[]): Buffer {
    return this.#text.answer(indexes);
  }

  bad(index: number): BadElementKind | undefined {
    return this.#bad.get(index);
  }

  isLate(index: number): boolean {
    return this.#late.has(index);
  }

  /** Takes note that an answer with these elements went out whole. Returns those that had not been served before. */
  noteServed(indexes: readonly number[]): number[] {
    let beyond = 0;
    const fresh = indexes.filter((index) => !this.#served[index]);
    for (const index of indexes) {
      beyond = Math.max(beyond, this.#positions[index] ?? 0);
      this.#served[index] = true;
      const late = this.#late.get(index);
      if (late) late.state = 'served';
    }
    this.#countAnswerBeyond(beyond);
    return fresh;
  }

  /** Every element held, in order. Makes what was not needed before. */
  *elements(): Generator<HeldElement> {
    for (let index = 0; this.#make(index); index++) {
      const late = this.#late.get(index);
      const bad = this.#bad.get(index);
      yield {
        position: this.#positions[index] ?? 0,
        element: JSON.parse(this.#text.json(index)),
        ...(bad && { bad }),
        ...(late && { late: late.state }),
        owed: !late || late.state === 'served' || (late.state === 'readable' && !late.passed),
      };
    }
  }

  lateIds(): LateId[] {
    return [...this.#late.values()].map(({ position, state, passed }) => ({ eventId: position, state, passed }));
  }

  /** The highest EventId that a reader can come to: of a valid, readable event whose id is not wild. 0 if there is none. */
  lastEventId(): number {
    this.#make(this.#held - 1);
    for (let index = this.#held - 1; index >= 0; index--) {
      if (!this.#unordinary.has(index) && !this.#isHidden(index)) return this.#positions[index] ?? 0;
    }
    return 0;
  }

  #countAnswerBeyond(position: number): void {
    let shown = false;
    for (const late of this.#hidden) {
      if (late.position >= position || --late.answersLeft > 0) continue;
      late.state = 'readable';
      late.passed = this.#highestAsked > late.position;
      shown = true;
    }
    if (shown) this.#hidden = this.#hidden.filter((late) => late.state === 'hidden');
  }

  #isHidden(index: number): boolean {
    return this.#late.get(index)?.state === 'hidden';
  }

  /** Index of the first element at or above a position; the number of elements when there is none. */
  #firstAt(position: number): number {
    while ((this.#positions.at(-1) ?? -1) < position && this.#make(this.#text.length));
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes the element, if need be; false when the feed does not hold it. */
  #make(index: number): boolean {
    if (index >= this.#held) return false;
    while (this.#text.length <= index) {
      const { value, done } = this.#source.next();
      if (done) {
        this.#held = this.#text.length;
        return false;
      }
      this.#keep(value);
    }
    return true;
  }

  #keep({ position, json, bad, lateBy, wild }: FeedElement): void {
    const index = this.#text.length;
    this.#text.push(json);
    this.#positions.push(position);
    this.#served.push(false);
    if (bad) this.#bad.set(index, bad);
    if (bad || wild) this.#unordinary.add(index);
    if (lateBy === undefined) return;
    const late: Late = { index, position, answersLeft: lateBy, state: 'hidden', passed: false };
    this.#late.set(index, late);
    this.#hidden = [...this.#hidden, late];
  }
}
