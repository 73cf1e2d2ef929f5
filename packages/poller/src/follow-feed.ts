import type { Clock } from '@waybill/shared/clock.ts';
import type { Finding } from '@waybill/shared/health.ts';
import type { Logger } from '@waybill/shared/logger.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ScanEvent } from '@waybill/shared/scan-event.ts';
import { digestOf, eventIdsOf, lengthOf, type Page, readElements } from './page.ts';
import { PassedOn } from './passed-on.ts';
import { advance, type Hole, nextEventId, type Position } from './position.ts';
import { type Answer, isTooLarge, type PageReader } from './read-page.ts';
import { searchBeyond } from './search-beyond.ts';
import { StuckWatch } from './stuck-watch.ts';

export type FollowDependencies = {
  readonly reader: PageReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly pollIntervalMs: number;
  /** Resolves once the queue has room for another page, or the signal aborts. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  /** What readiness says of the progress. */
  readonly find: (finding: Finding) => void;
};

/** What an answer of the feed adds to what was passed on before. */
export type News = Page & {
  /** The EventId up to which everything is on the queue once this is. */
  readonly last: number;
};

/** Rejected elements of a page that its log line names. */
const namedRejections = 20;

/**
 * Reads the feed from a position on and yields what each page has that is new. It never looks back at what became of a
 * page, so that the next one can be asked for while the one before is being sent.
 */
export class FeedFollower {
  readonly #deps: FollowDependencies;
  readonly #signal: AbortSignal;
  readonly #passedOn = new PassedOn();
  readonly #stuck: StuckWatch;
  #position: Position;

  constructor(start: Position, deps: FollowDependencies, signal: AbortSignal) {
    this.#position = start;
    this.#deps = deps;
    this.#signal = signal;
    this.#stuck = new StuckWatch(deps.clock);
  }

  /** Pages with news, in the order of the feed, until the signal aborts. */
  async *follow(): AsyncGenerator<News, void> {
    const { reader, clock, metrics, room, pollIntervalMs, find } = this.#deps;
    let hadNews = true;
    while (!this.#signal.aborted) {
      // An idle feed sends nothing, so there is nothing to ask the queue.
      if (hadNews) await room(this.#signal);
      const answer = await reader.read(nextEventId(this.#position), this.#signal);
      if (!answer) return;
      metrics['waybill.feed.pages'].add(1);
      const page = readElements(answer.elements);
      const before = this.#position;
      const { position, holes } = advance(before, eventIdsOf(page));
      this.#position = position;
      for (const hole of holes) this.#reportHole(hole, answer.elements.length);
      const news = this.#newsOf(page, before.last);
      hadNews = news !== undefined;
      if (news) yield news;
      const moved = position.last > before.last;
      if (moved || !answer.full || answer.elements.length === 0) find({ ok: true, detail: `at ${position.last}` });
      else if (this.#stuck.isDue(digestOf(page)) && (yield* this.#search(answer, page))) continue;
      if (hadNews && answer.full) continue;
      if (!moved && (!answer.full || answer.elements.length === 0)) metrics['waybill.feed.lag'].record(0);
      await clock.sleep(pollIntervalMs, this.#signal);
    }
  }

  /** Passes on what lies around a stuck page; whether the position could be moved beyond it. */
  async *#search(stuck: Answer, page: Page): AsyncGenerator<News, boolean> {
    const { metrics, log } = this.#deps;
    const before = this.#position;
    log.warn(
      { fromEventId: stuck.fromEventId, limit: stuck.limit, elements: stuck.elements.length },
      'page without a usable id, looking beyond it',
    );
    const search = searchBeyond({ position: before, limit: stuck.limit, page }, (fromEventId, limit) =>
      this.#readWithin(fromEventId, limit),
    );
    let seen = stuck.elements.length;
    let found = await search.next();
    for (; !found.done; found = await search.next()) {
      metrics['waybill.feed.pages'].add(1);
      seen += lengthOf(found.value);
      const news = this.#newsOf(found.value, before.last);
      if (news) yield news;
      if (this.#signal.aborted) return false;
    }
    const outcome = found.value;
    if (outcome.kind !== 'found') {
      this.#reportNoProgress(stuck, outcome.kind, seen);
      return false;
    }
    const { position, holes } = advance(before, outcome.eventIds, outcome.shown);
    this.#position = position;
    const first = outcome.eventIds.reduce((a, b) => Math.min(a, b));
    const crossed = outcome.movedForward && first > before.last + 1 ? [{ from: before.last + 1, to: first - 1 }] : [];
    const others = crossed.length > 0 ? holes.filter((hole) => hole.from > first) : holes;
    for (const hole of [...crossed, ...others]) this.#reportHole(hole, seen);
    yield { events: [], rejected: [], last: position.last };
    return true;
  }

  async #readWithin(fromEventId: number, limit: number): Promise<Page | undefined> {
    try {
      const elements = await this.#deps.reader.readAt(fromEventId, limit, this.#signal);
      return elements && readElements(elements);
    } catch (error) {
      if (isTooLarge(error)) return undefined;
      throw error;
    }
  }

  /** What of the page was not passed on yet; undefined when that is nothing. */
  #newsOf(page: Page, before: number): News | undefined {
    const { last } = this.#position;
    const moving = (event: ScanEvent) => event.eventId > before && event.eventId <= last;
    const events = page.events.filter((event) => moving(event) || this.#passedOn.isNew(JSON.stringify(event)));
    const rejected = page.rejected.filter(({ body }) => this.#passedOn.isNew(body));
    if (events.length === 0 && rejected.length === 0) return undefined;
    const news = { events, rejected, last };
    this.#count(news);
    return news;
  }

  #count({ events, rejected, last }: News): void {
    const { metrics, clock, log } = this.#deps;
    metrics['waybill.feed.events'].add(events.length);
    for (const { rejection } of rejected) metrics['waybill.feed.rejections'].add(1, { reason: rejection.code });
    const scannedAt = Math.max(...events.slice(-1).map((event) => Date.parse(event.createdDateTimeUtc)));
    if (Number.isFinite(scannedAt)) metrics['waybill.feed.lag'].record(Math.max(0, clock.now() - scannedAt) / 1_000);
    if (rejected.length === 0) return;
    const elements = rejected
      .slice(0, namedRejections)
      .map(({ rejection, eventId }) => ({ code: rejection.code, path: rejection.path, eventId }));
    log.warn({ rejected: rejected.length, elements, last }, 'elements that are no scan event, passed on as they are');
  }

  #reportHole(hole: Hole, elements: number): void {
    this.#deps.metrics['waybill.feed.holes'].add(1);
    this.#deps.log.warn({ ...hole, elements }, 'hole in the feed crossed');
  }

  #reportNoProgress(stuck: Answer, outcome: 'nothing beyond' | 'exhausted', seen: number): void {
    if (this.#signal.aborted) return;
    const { log, find } = this.#deps;
    const facts = { fromEventId: stuck.fromEventId, elements: stuck.elements.length, seen };
    // Fewer than asked for and nothing after them: the feed's tail, where an element without a usable id just stays.
    if (outcome === 'nothing beyond' && stuck.elements.length < stuck.limit) {
      find({ ok: true, detail: `at ${this.#position.last}, the end of the feed` });
      log.info(facts, 'end of the feed');
      return;
    }
    find({ ok: false, detail: `no progress: from ${stuck.fromEventId} on the feed shows no usable id` });
    log.error(facts, 'no progress: the feed shows no usable id; nothing is lost, but nothing newer is read either');
  }
}
