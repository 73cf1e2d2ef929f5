import { type StripeDependencies, StripeReader } from './read-stripe.ts';
import type { SentAhead } from './sent-ahead.ts';
import { type Settled, Stripe } from './stripe.ts';

export type CatchUpDependencies = Omit<StripeDependencies, 'sentBehind' | 'isEnding' | 'announce'> & {
  /** `CATCH_UP_READERS`. */
  readonly readers: number;
};

/** What lies ahead. */
export type Distance = {
  /** The position: everything up to it is confirmed on the queue, or is on its way there. */
  readonly last: number;
  /** An id that the feed showed. */
  readonly head: number;
  /** Ids that a page spans, as far as that was seen. */
  readonly pageIds: number;
  /** What was sent, and is confirmed, of that which lies ahead. */
  readonly sent: SentAhead;
};

/** How it goes on with what lies right behind the position. */
export type CatchUpStep =
  | ({ readonly kind: 'moved' } & Settled)
  /** The next page is one for the sequential reader. */
  | { readonly kind: 'handed back' }
  | { readonly kind: 'over' };

/** Pages of a stripe: few enough that a crash costs little reading, enough that the ends of stripes cost little too. */
const stripePages = 16;

/** Pages of the smallest stripe: where ids are sparse, its last page shows again what the next one begins with. */
const leastStripePages = 2;

/**
 * Reads a stretch of the feed by several readers at once, each a stripe of ids at a time. Readers stay within a few
 * stripes of the contiguous prefix. A stripe that meets anything out of the ordinary (a page without a usable id, or too
 * large; a jump that needs belief) hands the rest of its ids back: the rules for such things are the sequential reader's
 * alone.
 */
export class CatchUp {
  readonly #deps: CatchUpDependencies;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  /** The id behind the head. */
  readonly #beyond: number;
  #pageIds: number;
  /** Stripes that are not wholly behind the position, ascending and without space between them. */
  #stripes: Stripe[] = [];
  /** Where the next stripe begins, and what was sent from there on. */
  #cut: number;
  readonly #sent: SentAhead;
  #isEnding = false;
  #failure: { readonly error: unknown } | undefined;
  #change = Promise.withResolvers<void>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor({ last, head, pageIds, sent }: Distance, deps: CatchUpDependencies, signal: AbortSignal) {
    this.#deps = deps;
    this.#beyond = head + 1;
    this.#pageIds = pageIds;
    this.#cut = last + 1;
    this.#sent = sent;
    this.#signal = AbortSignal.any([signal, this.#end.signal]);
    this.#signal.addEventListener('abort', () => this.#announce());
  }

  start(): void {
    this.#reading = Promise.all(Array.from({ length: this.#deps.readers }, () => this.#work()));
  }

  /** Begins no other page. What is in hand is sent, and what is settled is for the position to follow, as ever. */
  windDown(): void {
    this.#isEnding = true;
    this.#announce();
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
      if (!front && this.#isCut()) return { kind: 'over' };
      if (front && front.settled > last) return { kind: 'moved', ...front.take(last) };
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

  #isCut(): boolean {
    return this.#isEnding || this.#cut >= this.#beyond;
  }

  #leaveBehind(last: number): void {
    const before = this.#stripes.length;
    this.#stripes = this.#stripes.filter(({ end }) => end - 1 > last);
    // Nothing would come of those at the far end any more.
    while (this.#isEnding && this.#stripes.at(-1)?.offers(last) === false) this.#stripes.pop();
    this.#cut = Math.max(this.#cut, last + 1);
    if (this.#stripes.length < before) this.#announce();
  }

  async #work(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        const stripe = this.#cutStripe();
        if (stripe) {
          await this.#readStripe(stripe);
          // Not where it failed: who waits for it must wake up to the failure.
          this.#leave(stripe);
        } else if (this.#isCut()) return;
        else await this.#change.promise;
      }
    } catch (error) {
      if (!this.#end.signal.aborted) this.#failure ??= { error };
      this.#end.abort();
    } finally {
      this.#announce();
    }
  }

  async #readStripe(stripe: Stripe): Promise<void> {
    const { reader } = this.#deps;
    const deps: StripeDependencies = {
      ...this.#deps,
      sentBehind: (eventId) => this.#sentOf(eventId),
      isEnding: () => this.#isEnding,
      announce: () => this.#announce(),
    };
    const pages = await new StripeReader(stripe, deps, this.#signal).read();
    if (pages) this.#pageIds = Math.max(reader.limit, Math.ceil((stripe.end - stripe.from) / pages));
  }

  #sentOf(eventId: number): SentAhead | undefined {
    const home = this.#stripes.find(({ from, end, isLast }) => from <= eventId && (isLast || eventId < end));
    return home?.sent ?? (eventId >= this.#cut ? this.#sent : undefined);
  }

  #leave(stripe: Stripe): void {
    stripe.isLeft = true;
    this.#announce();
  }

  /** The next stripe; undefined while the readers are far enough ahead of the prefix, and when the head is reached. */
  #cutStripe(): Stripe | undefined {
    const { readers } = this.#deps;
    if (this.#isCut() || this.#stripes.length >= 2 * readers) return undefined;
    // Towards the end stripes become smaller, so that all readers end at about the same time.
    const pages = Math.min(
      stripePages,
      Math.max(leastStripePages, (this.#beyond - this.#cut) / readers / this.#pageIds),
    );
    const from = this.#cut;
    const end = Math.min(this.#beyond, from + Math.ceil(this.#pageIds * pages));
    const isLast = end === this.#beyond;
    const sent = this.#sent.split(from, isLast ? Number.POSITIVE_INFINITY : end);
    const stripe = new Stripe({ from, end, isLast, sent });
    this.#cut = end;
    this.#stripes.push(stripe);
    return stripe;
  }

  #announce(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}
