import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { Completeness } from '../checkpoint/checkpoint-store.ts';
import { countNews, type News, type SendPage } from '../feed/news.ts';
import { eventIdsOf, readElements } from '../feed/page.ts';
import { PassedOn } from '../feed/passed-on.ts';
import type { PageReader } from '../feed/read-page.ts';
import { TokenBucket } from '../feed/token-bucket.ts';
import type { QueueRoom } from '../queue-room.ts';
import { DroppedGaps } from './dropped-gaps.ts';
import { newsInAnswer, shownThrough } from './gap-answer.ts';
import {
  asked,
  bound,
  close,
  decodeGaps,
  encodeGaps,
  type GapLedger,
  givenUp,
  nextDueAt,
  nextQuestion,
  open,
  unanswered,
  watermarkOf,
  withoutVoid,
} from './gap-ledger.ts';
import { holds, type IdRange } from './id-range.ts';

export type GapWatchDependencies = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** `GAP_PATIENCE_SECONDS`, in milliseconds; 0 watches nothing. */
  readonly patienceMs: number;
  readonly requestsPerSecond: number;
};

/** Where questions go, and what comes of them. */
export type GapReading = {
  readonly reader: PageReader;
  readonly room: QueueRoom;
  readonly send: SendPage;
  /** Called with every turn, for `/livez`. The reading has one of its own: questions must not hide that it hangs. */
  readonly tick: () => void;
};

/** Share of the request budget that goes to open gaps at most: the head has the rest. */
const budgetShare = 0.1;

/** How many questions there may be, where the feed allows so many requests. */
export function questionsPerSecond(requestsPerSecond: number): number {
  return requestsPerSecond * budgetShare;
}

/** Milliseconds for which an idle watch sleeps at most, so that it is seen alive; opening a gap wakes it. */
export const longestNapMs = 60_000;

/** Ids of late events that are remembered. */
const mostAppeared = 1_000;

/** Holes that are remembered: a feed has few. */
const mostHoles = 100;

/** Parts of the patience in which a gap's age is stored: so many writes does a gap cost at most by growing older. */
const storedAges = 10;

/**
 * Watches the gaps that the position has passed: asks the feed for them again, passes on what turned up, and closes them
 * once that is confirmed. Works beside the reading at the head and never holds it up.
 */
export class GapWatch {
  readonly #deps: GapWatchDependencies;
  readonly #share: TokenBucket;
  readonly #passedOn = new PassedOn();
  readonly #dropped: DroppedGaps;
  /** Ids that turned up, the latest: another content of one may come alone. */
  #appeared: ReadonlySet<number> = new Set();
  /** What the position crossed and nobody asks for; the newest. */
  #holes: readonly IdRange[] = [];
  #ledger: GapLedger = [];
  /** The position: what lies beyond it was not passed on yet. */
  #last: number;
  #nap = new AbortController();
  /** What an answer showed beyond the position, from this id on, while it is on its way. */
  #ahead: { readonly from: number; readonly sending: Promise<void> } | undefined;

  /** `openGaps`: what the former holder left, where its checkpoint stands at `last`. */
  constructor(deps: GapWatchDependencies, openGaps: string | undefined, last: number) {
    this.#deps = deps;
    this.#dropped = new DroppedGaps(deps);
    this.#last = last;
    const { clock, log, patienceMs, requestsPerSecond } = deps;
    this.#share = new TokenBucket({ perSecond: questionsPerSecond(requestsPerSecond), clock });
    if (openGaps === undefined || patienceMs === 0) return;
    const ledger = decodeGaps(openGaps, last, clock.monotonic());
    if (ledger) this.#ledger = ledger;
    else log.warn({ openGaps: openGaps.slice(0, 100) }, 'open gaps not understood, those before are not watched');
  }

  /**
   * Resolves once nothing that an answer showed between the position and `last` is on its way any more: the position may
   * go there, whether or not the feed still shows it. Rejects when it could not be sent.
   */
  async untilSent(last: number): Promise<void> {
    if (this.#ahead && this.#ahead.from <= last) await this.#ahead.sending;
  }

  /** The position moves to `last` now, over these gaps: to be called together with the move of the checkpoint. */
  passed({ gaps, droppedGaps, last }: Pick<News, 'gaps' | 'droppedGaps' | 'last'>): void {
    const { clock, patienceMs } = this.#deps;
    this.#last = Math.max(this.#last, last);
    if (patienceMs === 0 || gaps.length === 0) return;
    this.#keep(open(this.#ledger, gaps, clock.monotonic()), droppedGaps);
    this.#nap.abort();
  }

  /** The position crosses ids that are not watched: what an answer happens to show of them was not passed on. */
  crossed(hole: IdRange): void {
    this.#holes = [...this.#holes, hole].slice(-mostHoles);
  }

  /** What becomes of the ledger: its oldest ranges are dropped where there are too many, besides those `droppedGaps` before. */
  #keep(changed: GapLedger, droppedGaps = 0): void {
    const now = this.#deps.clock.monotonic();
    const { ledger, dropped } = bound(changed);
    this.#ledger = ledger;
    this.#dropped.add(dropped + droppedGaps, ledger, now);
    this.#dropped.look(ledger, now);
  }

  /** For the checkpoint's item, where the position stands at `last`. */
  completeness(last: number): Completeness {
    const { clock, patienceMs } = this.#deps;
    const unitMs = Math.ceil(patienceMs / storedAges / 1_000) * 1_000;
    return {
      openGaps: encodeGaps(this.#ledger, clock.monotonic(), Math.max(1_000, unitMs)),
      watermark: watermarkOf(this.#ledger, last),
    };
  }

  /** Asks for open gaps when they are due, within its share of the requests, until the signal aborts. */
  async run(reading: GapReading, signal: AbortSignal): Promise<void> {
    const { clock, metrics, patienceMs } = this.#deps;
    if (patienceMs === 0) return;
    while (!signal.aborted) {
      reading.tick();
      metrics['waybill.feed.open_gaps'].record(this.#ledger.length);
      const dueAt = nextDueAt(this.#ledger, patienceMs) ?? Number.POSITIVE_INFINITY;
      const napMs = Math.min(longestNapMs, Math.ceil(dueAt - clock.monotonic()));
      if (napMs > 0) {
        this.#nap = new AbortController();
        await clock.sleep(napMs, AbortSignal.any([signal, this.#nap.signal]));
        continue;
      }
      await reading.room(signal, reading.tick);
      await this.#share.take(signal);
      if (!signal.aborted) await this.#ask(reading, signal);
    }
  }

  async #ask({ reader, send }: GapReading, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics, patienceMs } = this.#deps;
    const askedAt = clock.monotonic();
    const question = nextQuestion(this.#ledger, askedAt, patienceMs, reader.limit);
    if (!question) return;
    const { from, to } = question;
    const elements = await reader.readOnce(from, Math.min(reader.limit, to - from + 1), signal);
    // Something beyond every gap was shown before: who shows nothing at all from there on has not caught up with that.
    if (!elements || elements.length === 0) {
      if (!signal.aborted) this.#noteUnanswered(question);
      return;
    }
    const page = readElements(elements);
    const asking = { question, openGaps: this.#ledger, holes: this.#holes, appeared: this.#appeared, last: this.#last };
    const news = newsInAnswer(page, asking, this.#passedOn);
    if (news) {
      countNews(news, to, this.#deps);
      const sending = send({ ...news, last: to }, signal);
      const beyond = eventIdsOf(news).filter((id) => id > this.#last);
      this.#ahead = beyond.length === 0 ? undefined : { from: Math.min(...beyond), sending };
      await sending;
      this.#ahead = undefined;
      const appeared = eventIdsOf(news).filter((id) => holds(this.#ledger, id));
      this.#keep(close(this.#ledger, appeared));
      this.#appeared = new Set([...this.#appeared, ...appeared].slice(-mostAppeared));
      metrics['waybill.feed.late_events'].add(appeared.length);
      if (appeared.length > 0)
        log.info({ eventIds: appeared.slice(0, 20), late: appeared.length }, 'late events passed on');
    }
    const shown = shownThrough(page, question);
    this.#keep(withoutVoid(asked(this.#ledger, { from, to: shown }, askedAt), patienceMs));
  }

  #noteUnanswered(question: IdRange): void {
    const { clock, log, metrics, patienceMs } = this.#deps;
    const ledger = unanswered(this.#ledger, question, clock.monotonic());
    const lost = new Set(givenUp(ledger, patienceMs));
    this.#keep(ledger.filter((gap) => !lost.has(gap)));
    if (lost.size === 0) return;
    metrics['waybill.feed.dropped_gaps'].add(lost.size);
    log.warn({ ...question, gaps: lost.size }, 'the feed does not answer for these gaps, given up');
  }
}
