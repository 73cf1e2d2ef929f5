import type { Logger } from '@waybill/shared/process/logger.ts';
import { countNews, type NewsObservers, newsIn, type SendPage } from '../feed/news.ts';
import { eventIdsOf, readElements } from '../feed/page.ts';
import type { PassedOn } from '../feed/passed-on.ts';
import { isTooLarge, type PageReader } from '../feed/read-page.ts';
import type { Distance } from './catch-up.ts';
import { findHead } from './find-head.ts';
import { SentAhead } from './sent-ahead.ts';

export type LookAheadDependencies = NewsObservers & {
  readonly reader: PageReader;
  readonly log: Logger;
  /** `CATCH_UP_READERS`. */
  readonly catchUpReaders: number;
  readonly requestsPerSecond: number;
  readonly passedOn: PassedOn;
  readonly send: SendPage;
};

/** Full pages one after the other that show that the feed may be far ahead. */
const fullPagesAhead = 2;

/** Pages that must lie ahead: less is read as fast one after the other. */
const leastPagesAhead = 16;

/** Requests that the feed allows in one round trip: with fewer, several readers would wait for the same tokens, and gain nothing. */
const leastRequestsInRoundTrip = 1.5;

/** Elements of an answer to `Limit=1`; a server that gives more does not mind the limit, and every question would cost a page. */
const mostForOne = 10;

const notFull = { pages: 0, pageIds: Number.POSITIVE_INFINITY };

/** Finds out whether the feed is so far ahead that several readers are worth while. */
export class LookAhead {
  readonly #deps: LookAheadDependencies;
  /** Full pages in a row, and how many ids the densest of them spans. */
  #full = notFull;
  /** The head was not far beyond the position: it is not looked for again before this id. */
  #nearUntil = 0;
  #ignoresLimit = false;

  constructor(deps: LookAheadDependencies) {
    this.#deps = deps;
  }

  /** A full page that brought news was read; the position went over so many ids by it. */
  sawFullPage(ids: number): void {
    this.#full = { pages: this.#full.pages + 1, pageIds: Math.min(this.#full.pageIds, ids) };
  }

  /** The feed had nothing more, or several readers have read what there was. */
  startOver(): void {
    this.#full = notFull;
  }

  /** How far the feed is ahead of `last`; undefined where that is not far, or not to be found out. */
  async find(last: number, signal: AbortSignal): Promise<Distance | undefined> {
    const { reader, catchUpReaders: width } = this.#deps;
    if (!this.#mayBeFarAhead(last)) return undefined;
    const pageIds = Math.max(reader.limit, this.#full.pageIds);
    const step = pageIds * leastPagesAhead;
    const sent = new SentAhead();
    const head = await findHead({ last, step, precision: pageIds, width }, (fromEventId) =>
      this.#probe(fromEventId, last, sent, signal),
    );
    if (head === undefined) this.#nearUntil = last + step;
    return head === undefined || signal.aborted ? undefined : { last, head, pageIds, sent };
  }

  #mayBeFarAhead(last: number): boolean {
    const { catchUpReaders, reader, requestsPerSecond } = this.#deps;
    if (catchUpReaders === 1 || this.#ignoresLimit) return false;
    if (this.#full.pages < fullPagesAhead || last < this.#nearUntil) return false;
    return (reader.roundTripMs * requestsPerSecond) / 1_000 >= leastRequestsInRoundTrip;
  }

  /**
   * Asks for one element. What is ahead is read in its turn, if it is still there then: so whatever is seen is passed on
   * at once, and none of it is kept but how to recognise it.
   */
  async #probe(
    fromEventId: number,
    last: number,
    sent: SentAhead,
    signal: AbortSignal,
  ): Promise<readonly number[] | undefined> {
    const { reader, passedOn, send, log } = this.#deps;
    // An element too large to be read is as good as the end: it is for the ordinary reading.
    const elements = await reader.readAt(fromEventId, 1, signal).catch((error: unknown) => {
      if (isTooLarge(error)) return [];
      throw error;
    });
    if (!elements) return undefined;
    const page = readElements(elements);
    const news = newsIn(page, last, last, passedOn);
    if (news) {
      countNews(news, last, this.#deps);
      await send({ ...news, last }, signal);
      for (const event of news.events) sent.note(event);
    }
    if (elements.length <= mostForOne) return eventIdsOf(page);
    if (!this.#ignoresLimit)
      log.warn(
        { fromEventId, elements: elements.length },
        'the feed answers Limit=1 with more: its head is not looked for, it is read one page after the other',
      );
    this.#ignoresLimit = true;
    return undefined;
  }
}
