import type { Clock } from '@waybill/shared/clock.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { readElements } from '@waybill/shared/scan-api/page.ts';
import { eventIdsOf, unseenIn } from '../feed/page.ts';
import type { PageReader } from '../feed/read-page.ts';
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

/** A search for the head, which goes on while the feed is read on. */
type Search = {
  readonly over: Promise<void>;
  /** Undefined until it is over; then what it found. */
  found: { readonly backlog: Backlog | undefined } | undefined;
  failure: { readonly error: unknown } | undefined;
  /** What it is sending. */
  readonly sending: Set<Promise<void>>;
};

/** Finds out whether there is a backlog that is worth several readers. */
export class BacklogProbe {
  readonly #deps: BacklogProbeDependencies;
  readonly #stopped = new AbortController();
  #search: Search | undefined;
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

  /**
   * The backlog ahead of `last`, once it is found out; begins to search for it where there may be one. Undefined while
   * that goes on, when the backlog is small, and when it cannot be found out. Throws what failed to be sent.
   */
  backlogAt(last: number, signal: AbortSignal): Backlog | undefined {
    const search = this.#search;
    if (search?.failure) throw search.failure.error;
    if (!search && this.#mayBeLarge(last)) this.#begin(last, AbortSignal.any([signal, this.#stopped.signal]));
    if (!search?.found) return undefined;
    this.#search = undefined;
    const { backlog } = search.found;
    if (!backlog || signal.aborted) return undefined;
    // It was read on meanwhile.
    return backlog.head - last < backlog.pageIds * leastPagesAhead ? undefined : { ...backlog, last };
  }

  /** Resolves once nothing that a search was shown is still being sent: the position may move over it. */
  async untilSent(): Promise<void> {
    if (this.#search && this.#search.sending.size > 0) await Promise.allSettled(this.#search.sending);
    if (this.#search?.failure) throw this.#search.failure.error;
  }

  /** Ends a search; resolves when it will send no more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#search?.over;
  }

  #begin(last: number, signal: AbortSignal): void {
    const { reader, catchUpReaders: width } = this.#deps;
    const pageIds = Math.max(idsOfPage(reader.pageLength), this.#full.pageIds);
    const step = pageIds * leastPagesAhead;
    const sent = new SentEvents();
    const sending = new Set<Promise<void>>();
    const probe = (fromEventId: number) => this.#ask(fromEventId, { last, sent, sending }, signal);
    const over = findHead({ last, step, precision: pageIds, width }, probe).then(
      (head) => {
        if (head === undefined) this.#nearUntil = last + step;
        search.found = { backlog: head === undefined ? undefined : { last, head, pageIds, sent } };
      },
      (error: unknown) => {
        search.failure = { error };
      },
    );
    const search: Search = { over, sending, found: undefined, failure: undefined };
    this.#search = search;
  }

  #mayBeLarge(last: number): boolean {
    const { catchUpReaders, reader, requestsPerSecond } = this.#deps;
    if (catchUpReaders === 1 || this.#ignoresLimit) return false;
    if (this.#full.pages < fullPagesBefore || last < this.#nearUntil) return false;
    return (reader.roundTripMs * requestsPerSecond) / 1_000 >= leastRequestsInRoundTrip;
  }

  /**
   * Asks for one element and sends it at once: when it is read in order, the feed may no longer show it. Keeps only what
   * is needed to recognise it. What the feed does not answer shows nothing.
   */
  async #ask(
    fromEventId: number,
    { last, sent, sending }: { readonly last: number; readonly sent: SentEvents; readonly sending: Set<Promise<void>> },
    signal: AbortSignal,
  ): Promise<readonly number[] | undefined> {
    const { reader, clock, seen, send, log } = this.#deps;
    const answer = await reader.readOptional(fromEventId, 1, clock, signal);
    if (!answer) return undefined;
    const { elements } = answer.kind === 'page' ? answer : { elements: [] };
    const page = readElements(elements);
    const unseen = unseenIn(page, last, last, seen);
    if (unseen) {
      const sends = send({ ...unseen, last }, signal);
      sending.add(sends);
      await sends.finally(() => sending.delete(sends));
      for (const event of unseen.events) sent.note(event);
    }
    if (elements.length <= mostForOne) return eventIdsOf(page);
    if (!this.#ignoresLimit)
      log.warn({ fromEventId, elements: elements.length }, 'the feed ignores Limit=1: catching up with one reader');
    this.#ignoresLimit = true;
    return undefined;
  }
}
