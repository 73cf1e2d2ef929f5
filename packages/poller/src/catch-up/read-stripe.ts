import { countNews, type NewsObservers, newsIn, rejectedIdsOf, type SendPage, scannedAt } from '../feed/news.ts';
import { eventIdsOf, type Page, readElements } from '../feed/page.ts';
import { PassedOn } from '../feed/passed-on.ts';
import { advance } from '../feed/position.ts';
import { isTooLarge, type PageReader } from '../feed/read-page.ts';
import { gapsBetween } from '../gaps/id-range.ts';
import type { SentAhead } from './sent-ahead.ts';
import type { Stripe } from './stripe.ts';

export type StripeDependencies = NewsObservers & {
  readonly reader: PageReader;
  /** Whether ids that were skipped are of interest to anybody. */
  readonly watchesGaps: boolean;
  readonly room: (signal: AbortSignal) => Promise<void>;
  readonly send: SendPage;
  /** What was sent of the stretch behind the stripe in which this id lies; undefined where nobody reads it any more. */
  readonly sentBehind: (eventId: number) => SentAhead | undefined;
  /** Whether no other page is to be begun. */
  readonly isEnding: () => boolean;
  /** Called whenever something has become of the stripe. */
  readonly announce: () => void;
};

/**
 * Reads one stripe from front to end. A page is sent while the next one is read, so that nothing is kept in memory but
 * these two. Where it meets anything out of the ordinary it hands the rest of the ids back.
 */
export class StripeReader {
  readonly #stripe: Stripe;
  readonly #deps: StripeDependencies;
  readonly #signal: AbortSignal;
  readonly #passedOn = new PassedOn();

  constructor(stripe: Stripe, deps: StripeDependencies, signal: AbortSignal) {
    this.#stripe = stripe;
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Answers how many pages the stripe took; undefined where it was not read to its end. */
  async read(): Promise<number | undefined> {
    const { room, isEnding, announce } = this.#deps;
    const { from, end } = this.#stripe;
    let last = from - 1;
    let sending = Promise.resolve();
    for (let pages = 0; last < end - 1; pages += 1) {
      await room(this.#signal);
      const page = isEnding() ? undefined : await this.#readPage(last);
      await sending;
      if (this.#signal.aborted) return undefined;
      const before = last;
      const ids = page ? eventIdsOf(page) : [];
      const { position, holes } = advance({ last, empty: false }, ids);
      last = position.last;
      const isOrdinary = last > before && holes.length === 0 && ids.every((id) => id <= last);
      // Whatever was seen is passed on, events beyond the stripe's end too: an id may be corrupt.
      if (page) sending = this.#pass(page, before, isOrdinary ? last : before);
      sending.catch(() => undefined);
      if (!isOrdinary) {
        await sending;
        this.#stripe.isHandedBack = true;
        announce();
        return undefined;
      }
      if (last >= end - 1) {
        await sending;
        return pages + 1;
      }
    }
    return undefined;
  }

  async #readPage(last: number): Promise<Page | undefined> {
    const { reader } = this.#deps;
    // A dense feed shows no event twice then.
    const limit = Math.min(reader.limit, this.#stripe.end - 1 - last);
    try {
      const elements = await reader.readAt(last + 1, limit, this.#signal);
      return elements && readElements(elements);
    } catch (error) {
      if (isTooLarge(error)) return undefined;
      throw error;
    }
  }

  /** Sends what is new of a page that leads from `before` to `last`, and settles what it shows of the stripe once that is confirmed. */
  async #pass(page: Page, before: number, last: number): Promise<void> {
    const { send, watchesGaps, announce } = this.#deps;
    const { end, isLast } = this.#stripe;
    const news = newsIn(this.#unsent(page, before), before, last, this.#passedOn);
    if (news) {
      countNews(news, last, this.#deps);
      await send({ ...news, last }, this.#signal);
    }
    if (last === before) return;
    const through = isLast ? last : Math.min(last, end - 1);
    const gaps = watchesGaps ? gapsBetween(before, eventIdsOf(page), through, rejectedIdsOf(page)) : [];
    this.#stripe.settle(through, gaps, scannedAt(page, before, through));
    announce();
  }

  /** The page without events that were sent ahead: of this stripe's ids by who reads before it, of ids behind its end by anybody. */
  #unsent(page: Page, before: number): Page {
    const { from, end, isLast, sent } = this.#stripe;
    const isFirst = before === from - 1;
    const events = page.events.filter((event) => {
      if (event.eventId <= before) return true;
      const isOwn = isLast || event.eventId < end;
      const ahead = isOwn ? sent : this.#deps.sentBehind(event.eventId);
      if (ahead?.has(event)) return false;
      // What the reader of the stripe before may meet, or that of the next one.
      if (isFirst || !isOwn) ahead?.note(event);
      return true;
    });
    return { events, rejected: page.rejected };
  }
}
