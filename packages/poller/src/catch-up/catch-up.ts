import { PageBudget, type PageBudgetDependencies } from './page-budget.ts';
import { idsOfPage, readStripe, type StripeDependencies } from './read-stripe.ts';
import type { SentEvents } from './sent-events.ts';
import { type Confirmed, Stripe } from './stripe.ts';

export type CatchUpDependencies = Omit<StripeDependencies, 'sentBeyond' | 'isWindingDown' | 'onChange' | 'pageBudget'> &
  PageBudgetDependencies & {
    /** `CATCH_UP_READERS`. */
    readonly readers: number;
  };

/** What lies ahead of the position. */
export type Backlog = {
  /** The position: everything up to it is confirmed on the queue, or is being sent. */
  readonly last: number;
  /** An id that the feed showed. */
  readonly head: number;
  /** Ids that a page spans, as far as that was seen. */
  readonly pageIds: number;
  /** The events ahead that are confirmed already. */
  readonly sent: SentEvents;
  /** What was sent of the id `last`, where the page that led there may have been cut off in the middle of it. */
  readonly contents?: ReadonlySet<string> | undefined;
};

/** What comes next for the position. */
export type CatchUpStep =
  | ({ readonly kind: 'confirmed' } & Confirmed)
  /** The next page is for the sequential reader. */
  | { readonly kind: 'handed back' }
  | { readonly kind: 'over' };

/** Pages of a stripe: few enough that a crash costs little reading, enough that the ends of stripes cost little too. */
const stripePages = 16;

/** Pages of the smallest stripe: where ids are sparse, its last page shows again what the next one begins with. */
const leastStripePages = 2;

/**
 * Reads a backlog by several readers in parallel, each one stripe of ids at a time. Readers stay within a few stripes of the
 * position. At anything unusual (a page without a usable id, too large or refused; a jump that may be one corrupt id) a stripe
 * hands the rest of its ids back: only the sequential reader has rules for that.
 */
export class CatchUp {
  readonly #deps: CatchUpDependencies;
  readonly #pageBudget: PageBudget;
  readonly #stopped = new AbortController();
  readonly #signal: AbortSignal;
  /** The id after the head. */
  readonly #end: number;
  #pageIds: number;
  /** Stripes that are not completely behind the position, ascending and without space between them. */
  #stripes: Stripe[] = [];
  /** Where the next stripe begins, and what was sent from there on. */
  #nextFrom: number;
  readonly #sent: SentEvents;
  /** For the first stripe. */
  #contents: ReadonlySet<string> | undefined;
  #isWindingDown = false;
  #failure: { readonly error: unknown } | undefined;
  #change = Promise.withResolvers<void>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor({ last, head, pageIds, sent, contents }: Backlog, deps: CatchUpDependencies, signal: AbortSignal) {
    this.#deps = deps;
    this.#pageBudget = new PageBudget(deps);
    this.#end = head + 1;
    this.#pageIds = pageIds;
    this.#nextFrom = last + 1;
    this.#sent = sent;
    this.#contents = contents;
    this.#signal = AbortSignal.any([signal, this.#stopped.signal]);
    this.#signal.addEventListener('abort', () => this.#announceChange());
  }

  start(): void {
    this.#reading = Promise.all(Array.from({ length: this.#deps.readers }, () => this.#readStripes()));
  }

  /** Begins no further page. What was read is still sent, and the position follows what is confirmed. */
  windDown(): void {
    this.#isWindingDown = true;
    this.#announceChange();
  }

  /** Ends all readers; resolves when none will send any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#reading;
  }

  /** Waits for the next step. The position stands at `last`. Rejects with the error of a reader. */
  async next(last: number): Promise<CatchUpStep> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      if (this.#signal.aborted) return { kind: 'over' };
      this.#dropPassed(last);
      const [front] = this.#stripes;
      if (!front && this.#isAllTaken()) return { kind: 'over' };
      if (front && front.confirmed > last) return { kind: 'confirmed', ...front.takeConfirmed(last) };
      if (front?.isHandedBack) return { kind: 'handed back' };
      await this.#change.promise;
    }
  }

  /**
   * Resolves once nothing that a reader has read up to `last` is still being sent. Only then may the position move there
   * for another reason than a confirmed stripe. Rejects as {@link next} does.
   */
  async untilConfirmed(last: number): Promise<void> {
    // New stripes begin after it.
    this.#nextFrom = Math.max(this.#nextFrom, last + 1);
    const isBeingSent = (stripe: Stripe) => stripe.from <= last && stripe.confirmed < last && !stripe.isReaderDone;
    while (!this.#failure && !this.#signal.aborted && this.#stripes.some(isBeingSent)) await this.#change.promise;
    if (this.#failure) throw this.#failure.error;
  }

  /** Whether a stripe begins after `last`, or may: nobody else reads that id again. */
  mayBeginAfter(last: number): boolean {
    return this.#stripes.some(({ from }) => from === last + 1) || (this.#nextFrom === last + 1 && !this.#isAllTaken());
  }

  /** Whether no further stripe is to be read. */
  #isAllTaken(): boolean {
    return this.#isWindingDown || this.#nextFrom >= this.#end;
  }

  #dropPassed(last: number): void {
    const before = this.#stripes.length;
    this.#stripes = this.#stripes.filter(({ end }) => end - 1 > last);
    // While winding down, those at the far end would never be read.
    while (this.#isWindingDown && this.#stripes.at(-1)?.canMove(last) === false) this.#stripes.pop();
    this.#nextFrom = Math.max(this.#nextFrom, last + 1);
    if (this.#stripes.length < before) this.#announceChange();
  }

  /** One reader: takes stripe after stripe. */
  async #readStripes(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        const stripe = this.#takeStripe();
        if (stripe) {
          await this.#readStripe(stripe);
          // Not where it failed: what waits for it must wake up to the failure.
          stripe.isReaderDone = true;
          this.#announceChange();
        } else if (this.#isAllTaken()) return;
        else await this.#change.promise;
      }
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#failure ??= { error };
      this.#stopped.abort();
    } finally {
      this.#announceChange();
    }
  }

  async #readStripe(stripe: Stripe): Promise<void> {
    const { reader } = this.#deps;
    const deps: StripeDependencies = {
      ...this.#deps,
      pageBudget: this.#pageBudget,
      sentBeyond: (eventId) => this.#sentAt(eventId),
      isWindingDown: () => this.#isWindingDown,
      onChange: () => this.#announceChange(),
    };
    const pages = await readStripe(stripe, deps, this.#signal);
    if (pages) this.#pageIds = Math.max(idsOfPage(reader.pageLength), Math.ceil((stripe.end - stripe.from) / pages));
  }

  #sentAt(eventId: number): SentEvents | undefined {
    const home = this.#stripes.find(({ from, end, isLast }) => from <= eventId && (isLast || eventId < end));
    return home?.sent ?? (eventId >= this.#nextFrom ? this.#sent : undefined);
  }

  /** The next stripe. Undefined while the readers are far enough ahead of the position, and when the head is reached. */
  #takeStripe(): Stripe | undefined {
    const { readers } = this.#deps;
    if (this.#isAllTaken() || this.#stripes.length >= 2 * readers) return undefined;
    // Towards the end stripes become smaller, so that all readers end at about the same time.
    const pages = Math.min(
      stripePages,
      Math.max(leastStripePages, (this.#end - this.#nextFrom) / readers / this.#pageIds),
    );
    const from = this.#nextFrom;
    // The first page of the first stripe may begin with the id before.
    const end = Math.min(this.#end, from - (this.#contents ? 1 : 0) + Math.ceil(this.#pageIds * pages));
    const isLast = end === this.#end;
    const sent = this.#sent.split(from, isLast ? Number.POSITIVE_INFINITY : end);
    const stripe = new Stripe({ from, end, isLast, sent, before: this.#contents });
    this.#contents = undefined;
    this.#nextFrom = end;
    this.#stripes.push(stripe);
    return stripe;
  }

  #announceChange(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}
