import type { Clock } from '@waybill/shared/clock.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { type Page, readElements } from '@waybill/shared/scan-api/page.ts';
import { widerLimits } from '@waybill/shared/scan-api/page-limit.ts';
import { nextEventId, type Position } from '@waybill/shared/scan-api/position.ts';
import type { FeedPage, UnreadablePage } from '../feed/answer.ts';
import { contentsAt, eventIdsOf } from '../feed/page.ts';
import type { PageReader } from '../feed/read-page.ts';

export type PageEndDependencies = {
  readonly reader: PageReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pollIntervalMs: number;
};

/** A page, and the answer that it was read from. */
export type ReadPage = {
  readonly kind: 'page';
  readonly answer: FeedPage;
  readonly page: Page;
  /** It was asked for with a limit of its own, and may be as long as the server makes one. */
  readonly isWidened: boolean;
};

/** How often a larger `Limit` is tried: it is optional, and a failure may pass. */
const tries = 3;

/**
 * The end of the page before. A full page may end between two contents of one id. So the feed is asked for that id again,
 * and what was sent of it is known.
 */
export class PageEnd {
  readonly #deps: PageEndDependencies;
  /** What was sent of the id at which the page before ended. Undefined where nothing can have been cut off there. */
  #sent: ReadonlySet<string> | 'unknown' | undefined = 'unknown';
  /** An id that fills whole pages, and how many elements it was seen with, until it is known whether the feed goes on after it. */
  #filled: { readonly eventId: number; readonly elements: number } | undefined;
  #isOnePerPage = false;

  constructor(deps: PageEndDependencies) {
    this.#deps = deps;
  }

  /** What was sent of the id at which the position stands. */
  get sent(): ReadonlySet<string> | undefined {
    return this.#sent === 'unknown' ? new Set() : this.#sent;
  }

  /** The position came to its id by other pages, which have sent this of it: the next question asks for that id again. */
  startOver(sent: ReadonlySet<string> | 'unknown' | undefined): void {
    this.#sent = sent;
  }

  /** Reads the page after the position, from its own id on where the page before may have cut that off. Undefined once `signal` aborts. */
  async read(position: Position, signal: AbortSignal): Promise<ReadPage | UnreadablePage | undefined> {
    const { reader, clock } = this.#deps;
    if (position.empty) this.#sent = undefined;
    if (this.#sent) {
      const again = await this.#readAgain(position.last, signal);
      if (again?.kind === 'page' && this.#sent === 'unknown') this.#sent = surelySent(again.page, position.last);
      if (again || signal.aborted) return again;
      this.#sent = undefined;
    }
    const answer = await reader.read(nextEventId(position), clock, signal);
    if (answer?.kind !== 'page') return answer;
    this.#reportFilled(answer);
    return readPageOf(answer);
  }

  /**
   * Notes a page that was read, once, and with which the position moved from `before` to `last`. `isNews`: it held something
   * that was not seen before. Returns whether there may be more than this page at once, and whether the feed is to be asked
   * for the next id then: asked for its own again, it showed nothing beyond it.
   */
  note(
    { answer, page, isWidened }: ReadPage,
    isNews: boolean,
    before: number,
    last: number,
  ): { readonly isFull: boolean; readonly asksOn: boolean } {
    const { elements, limit } = answer;
    const isFull = isWidened || this.#deps.reader.isFull(answer, isNews);
    const wasAskedAgain = this.#sent !== undefined;
    // Asked for a page of one element, a server that returns no more than one shows the same one again.
    const isOne = elements.length === 1 && limit > 1;
    // A page that is not full may be, too: a server lowers its cap at any time. To ask for its last id again costs no request.
    const mayBeCut = last > before && !isOne && eventIdsOf(page).every((id) => id <= last);
    this.#sent = mayBeCut ? contentsAt(page, last) : undefined;
    if (isFull && last > before && isOne) this.#filled ??= { eventId: last, elements: 1 };
    const asksOn = wasAskedAgain && isFull && last === before;
    if (asksOn && isFilledBy(page, last)) this.#filled = { eventId: last, elements: elements.length };
    return { isFull, asksOn };
  }

  /**
   * Reads with larger limits while the id fills the page, up to a row that cannot be read where one lies right behind it.
   * Undefined once `signal` aborts, and where a page of one element cannot be widened.
   */
  async #readAgain(last: number, signal: AbortSignal): Promise<ReadPage | UnreadablePage | undefined> {
    const { reader, clock } = this.#deps;
    let best: ReadPage | undefined;
    let limit = reader.limit;
    if (limit > 1) {
      const answer = await reader.read(last, clock, signal);
      if (answer?.kind !== 'page') return answer;
      best = readPageOf(answer);
      limit = answer.limit;
    }
    const limits = [...widerLimits(limit)];
    /** With this one the page holds a row that cannot be read. */
    let spoilt: number | undefined;
    for (;;) {
      const length = best?.answer.elements.length ?? 1;
      if (length < limit || (best && !isFilledBy(best.page, last))) break;
      const wider = spoilt === undefined ? limits.shift() : Math.floor((limit + spoilt) / 2);
      if (wider === undefined || wider <= limit) break;
      const elements = await this.#readWider(last, wider, signal);
      if (!elements || (best && elements.length === length)) break;
      if (best && elements.length < length) spoilt = wider;
      else {
        limit = wider;
        // A shorter page may be as long as the server makes them.
        best = { ...readPageOf({ kind: 'page', elements, limit }), isWidened: true };
      }
    }
    return signal.aborted ? undefined : best;
  }

  /** Where the page cannot be read, and its first row can, that one alone: a shorter page. */
  async #readWider(last: number, limit: number, signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    const { reader, clock, pollIntervalMs } = this.#deps;
    for (let attempt = 0; attempt < tries && !signal.aborted; attempt += 1) {
      if (attempt > 0) await clock.sleep(pollIntervalMs, signal);
      const elements = await reader.readOnce(last, limit, clock, signal);
      if (elements) return elements;
    }
    return undefined;
  }

  /** The feed was asked for the id after one that filled its pages: if there is something, those pages were cut. */
  #reportFilled({ elements }: FeedPage): void {
    const filled = this.#filled;
    this.#filled = undefined;
    if (!filled || elements.length === 0) return;
    if (filled.elements > 1)
      this.#deps.log.error(filled, 'one id fills whole pages: went on after it, further contents of it cannot be read');
    else if (!this.#isOnePerPage) {
      this.#isOnePerPage = true;
      this.#deps.log.warn(filled, 'the feed returns one element per page: a second content of an id cannot be read');
    }
  }
}

function readPageOf(answer: FeedPage): ReadPage {
  return { kind: 'page', answer, page: readElements(answer.elements), isWidened: false };
}

/** One content of the position's id was sent, or the position would not stand there. Of several nobody knows which one. */
function surelySent(page: Page, last: number): ReadonlySet<string> {
  const contents = contentsAt(page, last);
  return contents.size === 1 ? contents : new Set();
}

/** Whether the page holds nothing but contents of this id, and repetitions of what lies before it. */
function isFilledBy({ events, rejected }: Page, last: number): boolean {
  return events.every(({ eventId }) => eventId <= last) && rejected.every(({ eventId }) => eventId === last);
}
