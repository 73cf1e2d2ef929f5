import type { Metrics } from '@waybill/shared/metrics.ts';
import { CatchUp } from '../catch-up/catch-up.ts';
import { LookAhead } from '../catch-up/look-ahead.ts';
import { gapsBetween, type IdRange } from '../gaps/id-range.ts';
import { countNews, type News, newsIn, rejectedIdsOf, type SendPage, scannedAt } from './news.ts';
import { digestOf, eventIdsOf, lengthOf, type Page, readElements } from './page.ts';
import { PassedOn } from './passed-on.ts';
import { advance, type Hole, isFarLarger, nextEventId, type Position } from './position.ts';
import { Progress, type ProgressDependencies } from './progress.ts';
import { type Answer, isTooLarge, type PageReader } from './read-page.ts';
import { searchBeyond } from './search-beyond.ts';
import { StuckWatch } from './stuck-watch.ts';

export type FollowDependencies = ProgressDependencies & {
  readonly reader: PageReader;
  readonly metrics: Metrics;
  readonly pollIntervalMs: number;
  /** `CATCH_UP_READERS`: how many read at once while the feed is far ahead. */
  readonly catchUpReaders: number;
  readonly requestsPerSecond: number;
  /** Whether ids that were skipped are of interest to anybody. */
  readonly watchesGaps: boolean;
  /** Resolves once the queue has room for another page, or the signal aborts. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  /** The position crosses a hole. */
  readonly crossed: (hole: Hole) => void;
  /** For pages of several readers, which do not wait for one another. */
  readonly send: SendPage;
};

/** What came of reading one page: more can be read at once, or there was nothing more and the poll interval has passed. */
type Turn = 'more' | 'waited';

/**
 * Reads the feed from a position on and yields what each page has that is new. It never looks back at what became of a
 * page, so that the next one can be asked for while the one before is being sent.
 */
export class FeedFollower {
  readonly #deps: FollowDependencies;
  readonly #signal: AbortSignal;
  readonly #passedOn = new PassedOn();
  readonly #stuck: StuckWatch;
  readonly #ahead: LookAhead;
  readonly #progress: Progress;
  #hadNews = true;
  #position: Position;
  #catchingUp: CatchUp | undefined;

  constructor(start: Position, deps: FollowDependencies, signal: AbortSignal) {
    this.#position = start;
    this.#deps = deps;
    this.#signal = signal;
    this.#stuck = new StuckWatch(deps.clock);
    this.#progress = new Progress(deps);
    this.#ahead = new LookAhead({ ...deps, passedOn: this.#passedOn });
  }

  /** News in the order of the feed, until the signal aborts. */
  async *follow(): AsyncGenerator<News, void> {
    while (!this.#signal.aborted) {
      if ((yield* this.#readOn()) === 'waited') this.#ahead.startOver();
      yield* this.#catchUp();
    }
  }

  /** Reads one page, sequentially: what cannot move the position is looked beyond, and an idle feed waited for. */
  async *#readOn(): AsyncGenerator<News, Turn> {
    const { reader, clock, room, pollIntervalMs } = this.#deps;
    // An idle feed sends nothing, so there is nothing to ask the queue.
    if (this.#hadNews) await room(this.#signal);
    const answer = await reader.read(nextEventId(this.#position), this.#signal);
    if (!answer) return 'waited';
    const page = readElements(answer.elements);
    const before = this.#position;
    const ids = eventIdsOf(page);
    const { position, holes } = advance(before, ids);
    this.#position = position;
    for (const hole of holes) this.#crossed(hole, answer.elements.length, isFarLarger(hole, ids));
    const news = this.#newsOf(page, before, ids);
    this.#hadNews = news !== undefined;
    if (news) yield* this.#moveOn(news);
    const moved = position.last > before.last;
    const isOver = !answer.full || answer.elements.length === 0;
    if (moved || isOver) this.#progress.isWell(`at ${position.last}`);
    else if (this.#stuck.isDue(digestOf(page)) && (yield* this.#search(answer, page))) return 'more';
    this.#progress.count(1, moved ? scannedAt(page, before.last, position.last) : undefined);
    if (this.#hadNews && answer.full) {
      const first = ids.reduce((a, b) => (b > before.last && b < a ? b : a), position.last + 1);
      this.#ahead.sawFullPage(position.last - first + 1);
      return 'more';
    }
    if (!moved && isOver) this.#progress.isUpToDate();
    await clock.sleep(pollIntervalMs, this.#signal);
    return 'waited';
  }

  /** Reads as far as the head is now by several readers at once, where it is far enough ahead. */
  async *#catchUp(): AsyncGenerator<News, void> {
    const { catchUpReaders: readers, log, metrics } = this.#deps;
    const distance = await this.#ahead.find(this.#position.last, this.#signal);
    if (!distance) return;
    const { last, head } = distance;
    log.info({ last, head, readers }, 'far behind the feed, catching up');
    metrics['waybill.feed.catch_ups'].add(1);
    const catchUp = new CatchUp(distance, { ...this.#deps, readers }, this.#signal);
    this.#catchingUp = catchUp;
    catchUp.start();
    try {
      for (;;) {
        const step = await catchUp.next(this.#position.last);
        if (step.kind === 'over') return;
        if (step.kind === 'moved') {
          const { gaps, droppedGaps } = step;
          this.#position = { last: step.last, empty: false };
          this.#progress.isWell(`at ${step.last}, catching up to ${head}`);
          this.#progress.count(step.pages, step.scannedAt);
          yield { events: [], rejected: [], last: step.last, gaps, droppedGaps };
        }
        // The head was reached, or there is no progress: what others have in hand is all that is left of it.
        else if ((yield* this.#readOn()) === 'waited') catchUp.windDown();
      }
    } finally {
      await catchUp.stop();
      this.#catchingUp = undefined;
      this.#ahead.startOver();
    }
  }

  /** Passes on what lies around a stuck page; whether the position could be moved beyond it. */
  async *#search(stuck: Answer, page: Page): AsyncGenerator<News, boolean> {
    const { log } = this.#deps;
    const before = this.#position;
    log.warn(
      { fromEventId: stuck.fromEventId, limit: stuck.limit, elements: stuck.elements.length },
      'page without a usable id, looking beyond it',
    );
    const search = searchBeyond({ position: before, limit: stuck.limit, page }, (fromEventId, limit) =>
      this.#readWithin(fromEventId, limit),
    );
    let seen = stuck.elements.length;
    const ids = eventIdsOf(page);
    const rejectedIds = rejectedIdsOf(page);
    let found = await search.next();
    for (; !found.done; found = await search.next()) {
      seen += lengthOf(found.value);
      ids.push(...eventIdsOf(found.value));
      rejectedIds.push(...rejectedIdsOf(found.value));
      const news = this.#newsOf(found.value, before, []);
      if (news) yield news;
      if (this.#signal.aborted) return false;
    }
    const outcome = found.value;
    if (outcome.kind !== 'found') {
      const standstill = { fromEventId: stuck.fromEventId, elements: stuck.elements.length, seen };
      // Fewer than asked for and nothing after them: there is nothing newer.
      const isEnd = outcome.kind === 'nothing beyond' && stuck.elements.length < stuck.limit;
      if (this.#signal.aborted) return false;
      if (isEnd) this.#progress.isAtEnd(before.last, standstill);
      else this.#progress.isStuck(standstill);
      return false;
    }
    const { position, holes } = advance(before, outcome.eventIds, outcome.shown);
    this.#position = position;
    this.#progress.isWell(`at ${position.last}`);
    this.#progress.count(1);
    const first = outcome.eventIds.reduce((a, b) => Math.min(a, b));
    const crossed = outcome.movedForward && first > before.last + 1 ? [{ from: before.last + 1, to: first - 1 }] : [];
    const others = crossed.length > 0 ? holes.filter((hole) => hole.from > first) : holes;
    for (const hole of [...crossed, ...others]) this.#crossed(hole, seen, false);
    const gaps = before.empty ? [] : this.#gaps(before.last, ids, position.last, rejectedIds);
    yield* this.#moveOn({ events: [], rejected: [], last: position.last, gaps, droppedGaps: 0 });
    return true;
  }

  #crossed(hole: Hole, elements: number, isFarLarger: boolean): void {
    this.#deps.crossed(hole);
    this.#progress.crossed(hole, elements, isFarLarger);
  }

  /** News that may move the position over what other readers have in hand. */
  async *#moveOn(news: News): AsyncGenerator<News, void> {
    await this.#catchingUp?.untilSettled(news.last);
    // Given up before that: the pages of others may not be confirmed.
    if (this.#signal.aborted) return;
    yield news;
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

  /** What of the page was not passed on yet, and what is missing of the `ids` that it moved over; undefined when that is nothing. */
  #newsOf(page: Page, before: Position, ids: readonly number[]): News | undefined {
    const { last } = this.#position;
    const news = newsIn(page, before.last, last, this.#passedOn);
    if (!news) return undefined;
    countNews(news, last, this.#deps);
    // From an empty checkpoint the first event is believed: nothing before it is missing.
    const after = before.empty
      ? ids.filter((id) => id > before.last).reduce((a, b) => Math.min(a, b), last)
      : before.last;
    return { ...news, last, gaps: this.#gaps(after, ids, last, rejectedIdsOf(page)), droppedGaps: 0 };
  }

  #gaps(...args: Parameters<typeof gapsBetween>): IdRange[] {
    return this.#deps.watchesGaps ? gapsBetween(...args) : [];
  }
}
