import { mostOpenGaps } from '../gaps/gap-ledger.ts';
import type { IdRange } from '../gaps/id-range.ts';
import type { SentAhead } from './sent-ahead.ts';

/** What became of a stripe's ids since that was asked last. */
export type Settled = {
  /** Everything up to here is confirmed on the queue, but for these gaps, and as many before them as were dropped. */
  readonly last: number;
  readonly gaps: readonly IdRange[];
  readonly droppedGaps: number;
  /** Pages that it took. */
  readonly pages: number;
  /** When the newest event in them was scanned, as far as that is known. */
  readonly scannedAt: number | undefined;
};

/** Ids `from` up to, but without, `end`, read by one reader from front to end. */
export class Stripe {
  readonly from: number;
  readonly end: number;
  /** Nothing is read behind it: it may settle ids beyond its end. */
  readonly isLast: boolean;
  /** What others sent of its ids, or may meet again. */
  readonly sent: SentAhead;
  /** The rest of its ids is for the sequential reader. */
  isHandedBack = false;
  /** Its reader has left it: nothing of it is on its way. */
  isLeft = false;
  #settled: number;
  #gaps: readonly IdRange[] = [];
  #droppedGaps = 0;
  #pages = 0;
  #scannedAt: number | undefined;

  constructor({ from, end, isLast, sent }: Pick<Stripe, 'from' | 'end' | 'isLast' | 'sent'>) {
    this.from = from;
    this.end = end;
    this.isLast = isLast;
    this.sent = sent;
    this.#settled = from - 1;
  }

  /** Up to here everything is confirmed on the queue, but for gaps. */
  get settled(): number {
    return this.#settled;
  }

  /** Whether a position at `last` may get on by it. */
  offers(last: number): boolean {
    return !this.isLeft || this.#settled > Math.max(last, this.from - 1);
  }

  /** A page of it is confirmed. */
  settle(through: number, gaps: readonly IdRange[], scannedAt: number | undefined): void {
    // More than are watched of all would be dropped by the ledger anyway, and fill the memory until then.
    const all = [...this.#gaps, ...gaps];
    const over = Math.max(0, all.length - mostOpenGaps);
    this.#gaps = all.slice(over);
    this.#droppedGaps += over;
    this.#settled = through;
    this.#pages += 1;
    this.#scannedAt = scannedAt ?? this.#scannedAt;
  }

  /** For the position to follow, which stands at `last`. */
  take(last: number): Settled {
    const gaps = this.#gaps.flatMap(({ from, to }) => (to > last ? [{ from: Math.max(from, last + 1), to }] : []));
    // Where some lie behind the position, so do the older ones: who moved it there has taken note of them.
    const droppedGaps = gaps.length === this.#gaps.length ? this.#droppedGaps : 0;
    const taken = { last: this.#settled, gaps, droppedGaps, pages: this.#pages, scannedAt: this.#scannedAt };
    this.#gaps = [];
    this.#droppedGaps = 0;
    this.#pages = 0;
    return taken;
  }
}
