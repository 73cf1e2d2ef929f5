import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { Completeness } from '../checkpoint/checkpoint-store.ts';
import { holds, type IdRange } from '../feed/id-range.ts';
import { eventIdsOf, type Page, readElements } from '../feed/page.ts';
import type { Move } from '../feed/position.ts';
import type { PageReader } from '../feed/read-page.ts';
import { SeenContents } from '../feed/seen-contents.ts';
import { TokenBucket } from '../feed/token-bucket.ts';
import type { WhenCapacity } from '../queue/queue-capacity.ts';
import type { SendPage } from '../queue/send-page.ts';
import { DroppedGaps } from './dropped-gaps.ts';
import { type CutOff, cutOffIn, elementsToAsk, shownThrough, unseenInAnswer } from './gap-answer.ts';
import {
  asked,
  close,
  decodeGaps,
  dropOldest,
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

export type GapWatchDependencies = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** `GAP_PATIENCE_SECONDS`, in milliseconds; 0 watches nothing. */
  readonly patienceMs: number;
  readonly requestsPerSecond: number;
};

/** What the loop of questions works with. */
export type GapQuestions = {
  readonly reader: PageReader;
  readonly whenCapacity: WhenCapacity;
  readonly send: SendPage;
  /** The loop's own: answers to its questions must not hide that the reading hangs. */
  readonly clock: Clock;
};

/** Share of the request budget that goes to open gaps at most: the reading has the rest. */
const budgetShare = 0.1;

/** Questions per second, when the feed allows `requestsPerSecond` requests. */
export function questionsPerSecond(requestsPerSecond: number): number {
  return requestsPerSecond * budgetShare;
}

/** Longest sleep of a wait, milliseconds, so that its loop shows that it is alive. */
const longestNapMs = 60_000;

/** Ids of late events that are remembered. */
const mostAppeared = 1_000;

/** Holes that are remembered: a feed has few. */
const mostHoles = 100;

/** A gap's age is stored in this many steps, so ageing costs at most that many writes. */
const storedAges = 10;

/**
 * Watches the gaps that the position has passed: asks the feed for them again, sends what turned up, and closes them once
 * that is confirmed. Works beside the reading and never delays it.
 */
export class GapWatch {
  readonly #deps: GapWatchDependencies;
  readonly #share: TokenBucket;
  readonly #seen = new SeenContents();
  readonly #dropped: DroppedGaps;
  /** The latest ids that turned up: another content of one may come alone. */
  #appeared: ReadonlySet<number> = new Set();
  /** What was sent of ids at which an answer may have been cut off between two contents. */
  #cutOff: CutOff = new Map();
  /** The newest holes that the position crossed. */
  #holes: readonly IdRange[] = [];
  #ledger: GapLedger = [];
  /** The position: what lies beyond it was not sent yet. */
  #last: number;
  #nap = new AbortController();
  /** What an answer showed beyond the position, from this id on, while it is being sent. `over` aborts when that ends. */
  #sendingBeyond: { readonly from: number; readonly sending: Promise<void>; readonly over: AbortSignal } | undefined;

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
    else log.warn({ openGaps: openGaps.slice(0, 100) }, 'stored open gaps unreadable, ignored');
  }

  /**
   * Resolves once all that an answer showed between the position and `last` is confirmed: the position may move there,
   * whether or not the feed still shows it. Rejects when it could not be sent. Waits by the clock of the caller's loop: if
   * the sending hangs, the loop of questions is the silent one.
   */
  async untilSent(last: number, clock: Clock): Promise<void> {
    const beyond = this.#sendingBeyond;
    if (!beyond || beyond.from > last) return;
    while (!beyond.over.aborted) await clock.sleep(longestNapMs, beyond.over);
    await beyond.sending;
  }

  /** The position moves now. To be called together with the move of the checkpoint. */
  passed({ gaps, droppedGaps, last }: Move): void {
    const { clock, patienceMs } = this.#deps;
    this.#last = Math.max(this.#last, last);
    if (patienceMs === 0 || gaps.length === 0) return;
    this.#replaceLedger(open(this.#ledger, gaps, clock.monotonic()), droppedGaps);
    this.#nap.abort();
  }

  /** The position crosses ids that are not watched. If an answer shows some of them, they were not sent yet. */
  crossed(hole: IdRange): void {
    this.#holes = [...this.#holes, hole].slice(-mostHoles);
  }

  /** Drops the oldest ranges where there are too many. `droppedGaps` more were dropped before. */
  #replaceLedger(changed: GapLedger, droppedGaps = 0): void {
    const { ledger, dropped } = dropOldest(changed);
    this.#ledger = ledger;
    this.#dropped.note(dropped + droppedGaps, ledger, this.#deps.clock.monotonic());
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
  async run(questions: GapQuestions, signal: AbortSignal): Promise<void> {
    const { metrics, patienceMs } = this.#deps;
    const { whenCapacity, clock } = questions;
    if (patienceMs === 0) return;
    while (!signal.aborted) {
      metrics['waybill.feed.open_gaps'].record(this.#ledger.length);
      const dueAt = nextDueAt(this.#ledger, patienceMs) ?? Number.POSITIVE_INFINITY;
      const napMs = Math.min(longestNapMs, Math.ceil(dueAt - clock.monotonic()));
      if (napMs > 0) {
        // Ended by a gap that opens.
        this.#nap = new AbortController();
        await clock.sleep(napMs, AbortSignal.any([signal, this.#nap.signal]));
        continue;
      }
      await whenCapacity(clock, signal);
      await this.#share.take(signal);
      if (!signal.aborted) await this.#ask(questions, signal);
    }
  }

  async #ask({ reader, send, clock }: GapQuestions, signal: AbortSignal): Promise<void> {
    const { patienceMs } = this.#deps;
    const askedAt = clock.monotonic();
    const question = nextQuestion(this.#ledger, askedAt, patienceMs, reader.limit);
    if (!question) return;
    const { from, to } = question;
    const elements = await reader.readOnce(from, elementsToAsk(question, reader.limit, this.#cutOff), clock, signal);
    // Something beyond every gap was shown before: a server that shows nothing at all from there on lags behind.
    if (!elements || elements.length === 0) {
      if (!signal.aborted) this.#noteUnanswered(question);
      return;
    }
    const page = readElements(elements);
    const known = {
      question,
      openGaps: this.#ledger,
      holes: this.#holes,
      appeared: this.#appeared,
      last: this.#last,
      cutOff: this.#cutOff,
    };
    const unseen = unseenInAnswer(page, known, this.#seen);
    const cutOff = cutOffIn(page, known);
    if (unseen) await this.#send(unseen, send({ ...unseen, last: to }, signal));
    this.#closeGaps(eventIdsOf(page), cutOff?.eventId);
    if (cutOff)
      this.#cutOff = new Map([...this.#cutOff, [cutOff.eventId, cutOff.contents] as const].slice(-mostAppeared));
    const shown = shownThrough(page, question);
    this.#replaceLedger(withoutVoid(asked(this.#ledger, { from, to: shown }, askedAt), patienceMs));
  }

  /** Waits for the sending, and lets the position wait for it where it holds something beyond the position. */
  async #send(unseen: Page, sending: Promise<void>): Promise<void> {
    const beyond = eventIdsOf(unseen).filter((id) => id > this.#last);
    const over = new AbortController();
    if (beyond.length > 0) this.#sendingBeyond = { from: Math.min(...beyond), sending, over: over.signal };
    try {
      await sending;
      this.#sendingBeyond = undefined;
    } finally {
      over.abort();
    }
  }

  /** What turned up in gaps is confirmed, but for more contents of the id `cutOff`, which is asked for again. */
  #closeGaps(confirmed: readonly number[], cutOff: number | undefined): void {
    const { log, metrics } = this.#deps;
    const appeared = confirmed.filter((id) => id !== cutOff && holds(this.#ledger, id));
    if (appeared.length === 0) return;
    this.#replaceLedger(close(this.#ledger, appeared));
    if (this.#cutOff.size > 0) this.#cutOff = new Map([...this.#cutOff].filter(([id]) => !appeared.includes(id)));
    this.#appeared = new Set([...this.#appeared, ...appeared].slice(-mostAppeared));
    metrics['waybill.feed.late_events'].add(appeared.length);
    log.info({ eventIds: appeared.slice(0, 20), late: appeared.length }, 'late events forwarded');
  }

  #noteUnanswered(question: IdRange): void {
    const { clock, log, metrics, patienceMs } = this.#deps;
    const ledger = unanswered(this.#ledger, question, clock.monotonic());
    const hopeless = new Set(givenUp(ledger, patienceMs));
    this.#replaceLedger(ledger.filter((gap) => !hopeless.has(gap)));
    if (hopeless.size === 0) return;
    metrics['waybill.feed.dropped_gaps'].add(hopeless.size);
    log.warn({ ...question, gaps: hopeless.size }, 'gaps given up: the feed does not answer for them');
  }
}
