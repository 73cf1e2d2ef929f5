import { mostOpenGaps } from './gap-ledger.ts';
import { gapsBetween, type IdRange } from './id-range.ts';
import { countNews, type NewsObservers, newsIn, rejectedIdsOf, type SendPage, scannedAt } from './news.ts';
import { eventIdsOf, type Page, readElements } from './page.ts';
import { PassedOn } from './passed-on.ts';
import { advance } from './position.ts';
import { isTooLarge, type PageReader } from './read-page.ts';

export type CatchUpDependencies = NewsObservers & {
  readonly reader: PageReader;
  /** `CATCH_UP_READERS`. */
  readonly readers: number;
  /** Whether ids that were skipped are of interest to anybody. */
  readonly watchesGaps: boolean;
  readonly room: (signal: AbortSignal) => Promise<void>;
  readonly send: SendPage;
};

/** What lies ahead. */
export type Distance = {
  /** The position: everything up to it is confirmed on the queue, or is on its way there. */
  readonly last: number;
  /** An id that the feed showed. */
  readonly head: number;
  /** Ids that a page spans, as far as that was seen. */
  readonly pageIds: number;
};

/** How it goes on with what lies right behind the position. */
export type CatchUpStep =
  /** Everything up to `last` is confirmed on the queue, but for these gaps, and as many before them as were dropped. */
  | {
      readonly kind: 'moved';
      readonly last: number;
      readonly gaps: readonly IdRange[];
      readonly droppedGaps: number;
      /** Pages that it took. */
      readonly pages: number;
      /** When the newest event in them was scanned, as far as that is known. */
      readonly scannedAt: number | undefined;
    }
  /** The next page is one for the sequential reader. */
  | { readonly kind: 'handed back' }
  | { readonly kind: 'over' };

/** Pages of a stripe: few enough that a crash costs little reading, enough that the ends of stripes cost little too. */
const stripePages = 16;

/** Pages of the smallest stripe: where ids are sparse, its last page shows again what the next one begins with. */
const leastStripePages = 2;

/** Pages that must lie ahead: less is read as fast one after the other. */
export const leastPagesAhead = 16;

/** Ids `from` up to, but without, `end`, read by one reader from front to end. */
type Stripe = {
  readonly from: number;
  readonly end: number;
  /** Up to here everything is confirmed on the queue, but for `gaps` and the older ones that were dropped. */
  settled: number;
  gaps: readonly IdRange[];
  droppedGaps: number;
  /** Pages settled since the position followed, and when the newest event in them was scanned. */
  pages: number;
  scannedAt: number | undefined;
  isHandedBack: boolean;
  /** Its reader has left it: nothing of it is on its way. */
  isLeft: boolean;
};

/**
 * Reads a stretch of the feed by several readers at once, each a stripe of ids at a time. Pages are sent as they come,
 * so that nothing is kept in memory but one page being sent and one being read for each reader; readers stay within a
 * few stripes of the contiguous prefix. A stripe that meets anything out of the ordinary (a page without a usable id, or
 * too large; a jump that needs belief) hands the rest of its ids back: the rules for such things are the sequential
 * reader's alone.
 */
export class CatchUp {
  readonly #deps: CatchUpDependencies;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #head: number;
  #pageIds: number;
  /** Stripes that are not wholly behind the position, ascending and without space between them. */
  #stripes: Stripe[] = [];
  /** Where the next stripe begins. */
  #cut: number;
  #failure: { readonly error: unknown } | undefined;
  #change = Promise.withResolvers<void>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor({ last, head, pageIds }: Distance, deps: CatchUpDependencies, signal: AbortSignal) {
    this.#deps = deps;
    this.#head = head;
    this.#pageIds = pageIds;
    this.#cut = last + 1;
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    this.#signal.addEventListener('abort', () => this.#announce());
  }

  start(): void {
    this.#reading = Promise.all(Array.from({ length: this.#deps.readers }, () => this.#work()));
  }

  /** Ends all readers; resolves when none will send any more. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#reading;
  }

  /** Waits for what is next, where the position stands at `last`. Rejects with what a reader rejected with. */
  async next(last: number): Promise<CatchUpStep> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#signal.aborted) return { kind: 'over' };
      this.#leaveBehind(last);
      const [front] = this.#stripes;
      if (!front && this.#cut >= this.#head) return { kind: 'over' };
      if (front && front.settled > last) {
        const gaps = front.gaps.flatMap(({ from, to }) => (to > last ? [{ from: Math.max(from, last + 1), to }] : []));
        // Where some lie behind the position, so do the older ones: who moved it there has taken note of them.
        const droppedGaps = gaps.length === front.gaps.length ? front.droppedGaps : 0;
        front.gaps = [];
        front.droppedGaps = 0;
        const { settled, pages, scannedAt } = front;
        front.pages = 0;
        return { kind: 'moved', last: settled, gaps, droppedGaps, pages, scannedAt };
      }
      if (front?.isHandedBack) return { kind: 'handed back' };
      await this.#change.promise;
    }
  }

  /**
   * Resolves once nothing that a reader was shown up to `last` is on its way any more: only then may the position move
   * there for another reason than its stripe's being settled. Rejects as {@link next} does.
   */
  async untilSettled(last: number): Promise<void> {
    // What lies behind it is not for new stripes.
    this.#cut = Math.max(this.#cut, last + 1);
    const isOnItsWay = (stripe: Stripe) => stripe.from <= last && stripe.settled < last && !stripe.isLeft;
    while (!this.#failure && !this.#signal.aborted && this.#stripes.some(isOnItsWay)) await this.#change.promise;
    if (this.#failure) throw this.#failure.error;
  }

  #leaveBehind(last: number): void {
    const before = this.#stripes.length;
    this.#stripes = this.#stripes.filter(({ end }) => end - 1 > last);
    this.#cut = Math.max(this.#cut, last + 1);
    if (this.#stripes.length < before) this.#announce();
  }

  async #work(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        const stripe = this.#cutStripe();
        if (stripe) await this.#readStripe(stripe).finally(() => this.#leave(stripe));
        else if (this.#cut >= this.#head) return;
        else await this.#change.promise;
      }
    } catch (error) {
      if (!this.#end.signal.aborted) this.#failure ??= { error };
      this.#end.abort();
    } finally {
      this.#announce();
    }
  }

  #leave(stripe: Stripe): void {
    stripe.isLeft = true;
    this.#announce();
  }

  /** The next stripe; undefined while the readers are far enough ahead of the prefix, and when the head is reached. */
  #cutStripe(): Stripe | undefined {
    const { readers } = this.#deps;
    const left = this.#head - this.#cut;
    if (left <= 0 || this.#stripes.length >= 2 * readers) return undefined;
    // Towards the end stripes become smaller, so that all readers end at about the same time.
    const pages = Math.min(stripePages, Math.max(leastStripePages, left / readers / this.#pageIds));
    const ids = Math.ceil(this.#pageIds * pages);
    const from = this.#cut;
    const end = Math.min(this.#head, from + ids);
    const stripe: Stripe = {
      from,
      end,
      settled: from - 1,
      gaps: [],
      droppedGaps: 0,
      pages: 0,
      scannedAt: undefined,
      isHandedBack: false,
      isLeft: false,
    };
    this.#cut = end;
    this.#stripes.push(stripe);
    return stripe;
  }

  async #readStripe(stripe: Stripe): Promise<void> {
    const { reader, room } = this.#deps;
    const passedOn = new PassedOn();
    let last = stripe.from - 1;
    let pages = 0;
    let sending = Promise.resolve();
    while (last < stripe.end - 1) {
      await room(this.#signal);
      // A dense feed shows no event twice then.
      const page = await this.#read(last + 1, Math.min(reader.limit, stripe.end - 1 - last));
      await sending;
      if (this.#signal.aborted) return;
      const before = last;
      const ids = page ? eventIdsOf(page) : [];
      const { position, holes } = advance({ last, empty: false }, ids);
      last = position.last;
      const isOrdinary = last > before && holes.length === 0 && ids.every((id) => id <= last);
      // Whatever was seen is passed on, events beyond the stripe's end too: an id may be corrupt.
      if (page) sending = this.#send(stripe, { page, before, last: isOrdinary ? last : before, passedOn });
      sending.catch(() => undefined);
      if (isOrdinary) {
        pages += 1;
        continue;
      }
      await sending;
      stripe.isHandedBack = true;
      this.#announce();
      return;
    }
    await sending;
    if (pages > 0) this.#pageIds = Math.max(reader.limit, Math.ceil((stripe.end - stripe.from) / pages));
  }

  async #read(fromEventId: number, limit: number): Promise<Page | undefined> {
    try {
      const elements = await this.#deps.reader.readAt(fromEventId, limit, this.#signal);
      return elements && readElements(elements);
    } catch (error) {
      if (isTooLarge(error)) return undefined;
      throw error;
    }
  }

  /** Sends one page, and settles what it shows of the stripe once it is confirmed. */
  async #send(
    stripe: Stripe,
    { page, before, last, passedOn }: { page: Page; before: number; last: number; passedOn: PassedOn },
  ): Promise<void> {
    const news = newsIn(page, before, last, passedOn);
    if (news) {
      countNews(news, last, this.#deps);
      await this.#deps.send({ ...news, last }, this.#signal);
    }
    if (last === before) return;
    const through = Math.min(last, stripe.end - 1);
    if (this.#deps.watchesGaps) addGaps(stripe, gapsBetween(before, eventIdsOf(page), through, rejectedIdsOf(page)));
    stripe.settled = through;
    stripe.pages += 1;
    stripe.scannedAt = scannedAt(page, before, through) ?? stripe.scannedAt;
    this.#announce();
  }

  #announce(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}

/** The stripe's gaps with these behind them. More than are watched of all would be dropped by the ledger anyway, and fill the memory until then. */
function addGaps(stripe: Stripe, gaps: readonly IdRange[]): void {
  const all = [...stripe.gaps, ...gaps];
  const over = Math.max(0, all.length - mostOpenGaps);
  stripe.gaps = all.slice(over);
  stripe.droppedGaps += over;
}
