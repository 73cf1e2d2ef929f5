import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { Move } from '@waybill/shared/scan-api/position.ts';
import type { SentEvents } from './sent-events.ts';

/** Gaps of a stripe that wait for the position: more than the sixteen pages of a stripe have events at a `Limit` of 1,000. 1.6 MB, at 80 bytes each (measured). */
const mostWaitingGaps = 20_000;

/** What was confirmed of a stripe since the last call. */
export type Confirmed = Move & {
  /** Pages that were read for it. */
  readonly pages: number;
  /** When the newest event in them was scanned, as far as that is known. */
  readonly scannedAt: number | undefined;
  /** What was sent of the id up to which it is confirmed. */
  readonly contents: ReadonlySet<string>;
};

/** Ids `from` up to, but without, `end`, read by one reader from front to end. */
export class Stripe {
  readonly from: number;
  readonly end: number;
  /** No reader follows it: it may confirm ids beyond its end. */
  readonly isLast: boolean;
  /** What other readers have sent of its ids, or may read again. */
  readonly sent: SentEvents;
  /** What was sent of the id before its first one, where more of that may have been cut off. */
  readonly before: ReadonlySet<string> | undefined;
  /** The rest of its ids is for the sequential reader. */
  isHandedBack = false;
  /** Its reader has ended in order: nothing of it is being sent. */
  isReaderDone = false;
  #confirmed: number;
  #gaps: readonly IdRange[] = [];
  #droppedGaps = 0;
  #pages = 0;
  #scannedAt: number | undefined;
  #contents: ReadonlySet<string> = new Set();

  constructor({ from, end, isLast, sent, before }: Pick<Stripe, 'from' | 'end' | 'isLast' | 'sent' | 'before'>) {
    this.from = from;
    this.end = end;
    this.isLast = isLast;
    this.sent = sent;
    this.before = before;
    this.#confirmed = from - 1;
  }

  /** Up to here everything is confirmed on the queue, but for gaps. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Whether it can still move a position at `last`. */
  canMove(last: number): boolean {
    return !this.isReaderDone || this.#confirmed > Math.max(last, this.from - 1);
  }

  /** A page of it is confirmed, with these contents of the id `through`. */
  confirm(
    through: number,
    gaps: readonly IdRange[],
    scannedAt: number | undefined,
    contents: ReadonlySet<string>,
  ): void {
    // More would fill the memory.
    const all = [...this.#gaps, ...gaps];
    const over = Math.max(0, all.length - mostWaitingGaps);
    this.#gaps = all.slice(over);
    this.#droppedGaps += over;
    this.#confirmed = through;
    this.#contents = contents;
    this.#pages += 1;
    this.#scannedAt = scannedAt ?? this.#scannedAt;
  }

  /** What was confirmed since the last call. The position stands at `last`. */
  takeConfirmed(last: number): Confirmed {
    const gaps = this.#gaps.flatMap(({ from, to }) => (to > last ? [{ from: Math.max(from, last + 1), to }] : []));
    // If some gaps lie behind the position, so do the dropped ones, which are older: they are counted already.
    const droppedGaps = gaps.length === this.#gaps.length ? this.#droppedGaps : 0;
    const taken = {
      last: this.#confirmed,
      gaps,
      droppedGaps,
      pages: this.#pages,
      scannedAt: this.#scannedAt,
      contents: this.#contents,
    };
    this.#gaps = [];
    this.#droppedGaps = 0;
    this.#pages = 0;
    return taken;
  }
}
