import type { Clock } from '@waybill/shared/clock.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { eventIdsOf, readElements, unseenIn } from '../feed/page.ts';
import { isTooLarge, type PageReader } from '../feed/read-page.ts';
import type { SeenContents } from '../feed/seen-contents.ts';
import type { SendPage } from '../queue/send-page.ts';
import type { Backlog } from './catch-up.ts';
import { findHead } from './find-head.ts';
import { idsOfPage } from './read-stripe.ts';
import { SentEvents } from './sent-events.ts';

export type BacklogProbeDependencies = {
  readonly reader: PageReader;
  /** Of the loop that reads the feed. */
  readonly clock: Clock;
  readonly log: Logger;
  /** `CATCH_UP_READERS`. */
  readonly catchUpReaders: number;
  readonly requestsPerSecond: number;
  readonly seen: SeenContents;
  readonly send: SendPage;
};

/** Full pages in a row that show that there may be a backlog. */
const fullPagesBefore = 2;

/** Pages that must lie ahead: fewer are read just as fast one after the other. */
const leastPagesAhead = 16;

/** Requests that the feed allows in one round trip: with fewer, several readers would wait for the same tokens, and gain nothing. */
const leastRequestsInRoundTrip = 1.5;

/** Elements of an answer to `Limit=1`; a server that returns more ignores the limit, and each probe would cost a page. */
const mostForOne = 10;

const noFullPages = { pages: 0, pageIds: Number.POSITIVE_INFINITY };

/** Finds out whether there is a backlog that is worth several readers. */
export class BacklogProbe {
  readonly #deps: BacklogProbeDependencies;
  /** Full pages in a row, and how many ids the densest of them spans. */
  #full = noFullPages;
  /** The head was not far ahead: it is not searched for again before this id. */
  #nearUntil = 0;
  #ignoresLimit = false;

  constructor(deps: BacklogProbeDependencies) {
    this.#deps = deps;
  }

  /** A full page with something new was read. It moved the position over `ids` ids. */
  sawFullPage(ids: number): void {
    this.#full = { pages: this.#full.pages + 1, pageIds: Math.min(this.#full.pageIds, ids) };
  }

  /** The feed had nothing more, or several readers have read what there was. */
  startOver(): void {
    this.#full = noFullPages;
  }

  /** The backlog ahead of `last`. Undefined when it is small or cannot be found out. */
  async backlogAt(last: number, signal: AbortSignal): Promise<Backlog | undefined> {
    const { reader, catchUpReaders: width } = this.#deps;
    if (!this.#mayBeLarge(last)) return undefined;
    const pageIds = Math.max(idsOfPage(reader.limit), this.#full.pageIds);
    const step = pageIds * leastPagesAhead;
    const sent = new SentEvents();
    const head = await findHead({ last, step, precision: pageIds, width }, (fromEventId) =>
      this.#ask(fromEventId, last, sent, signal),
    );
    if (head === undefined) this.#nearUntil = last + step;
    return head === undefined || signal.aborted ? undefined : { last, head, pageIds, sent };
  }

  #mayBeLarge(last: number): boolean {
    const { catchUpReaders, reader, requestsPerSecond } = this.#deps;
    if (catchUpReaders === 1 || this.#ignoresLimit) return false;
    if (this.#full.pages < fullPagesBefore || last < this.#nearUntil) return false;
    return (reader.roundTripMs * requestsPerSecond) / 1_000 >= leastRequestsInRoundTrip;
  }

  /**
   * Asks for one element and sends it at once: when it is read in order, the feed may no longer show it. Keeps only what
   * is needed to recognise it.
   */
  async #ask(
    fromEventId: number,
    last: number,
    sent: SentEvents,
    signal: AbortSignal,
  ): Promise<readonly number[] | undefined> {
    const { reader, clock, seen, send, log } = this.#deps;
    // An element too large to be read counts as the end: it is for the sequential reader.
    const elements = await reader.readAt(fromEventId, 1, clock, signal).catch((error: unknown) => {
      if (isTooLarge(error)) return [];
      throw error;
    });
    if (!elements) return undefined;
    const page = readElements(elements);
    const unseen = unseenIn(page, last, last, seen);
    if (unseen) {
      await send({ ...unseen, last }, signal);
      for (const event of unseen.events) sent.note(event);
    }
    if (elements.length <= mostForOne) return eventIdsOf(page);
    if (!this.#ignoresLimit)
      log.warn({ fromEventId, elements: elements.length }, 'the feed ignores Limit=1: catching up with one reader');
    this.#ignoresLimit = true;
    return undefined;
  }
}
