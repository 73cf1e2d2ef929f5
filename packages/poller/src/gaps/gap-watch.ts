import type { Completeness } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { encodeGaps, storedUnitMs } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { holds, type IdRange } from '@waybill/shared/domain/id-range.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { WhenCapacity } from '@waybill/shared/queue/queue-capacity.ts';
import { type Page, readElements } from '@waybill/shared/scan-api/page.ts';
import type { Move } from '@waybill/shared/scan-api/position.ts';
import { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';
import { eventIdsOf } from '../feed/page.ts';
import type { PageReader } from '../feed/read-page.ts';
import { SeenContents } from '../feed/seen-contents.ts';
import type { SendPage } from '../queue/send-page.ts';
import { AnswerMemory } from './answer-memory.ts';
import { DroppedGaps } from './dropped-gaps.ts';
import { cutOffIn, elementsToAsk, shownThrough, unseenInAnswer } from './gap-answer.ts';
import {
  asked,
  close,
  type GapLedger,
  givenUp,
  nextDueAt,
  nextQuestion,
  open,
  splitOldest,
  unanswered,
  watermarkOf,
  withoutVoid,
} from './gap-ledger.ts';
import { questionsPerSecond } from './question-share.ts';
import { restoreGaps } from './restore-gaps.ts';
import { longestNapMs, SendingBeyond } from './sending-beyond.ts';
import { SparseWindow, type WindowQuestion } from './sparse-window.ts';
import { WideLimit } from './wide-limit.ts';

export type GapWatchDependencies = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** `GAP_PATIENCE_SECONDS`, in milliseconds; 0 watches nothing. */
  readonly patienceMs: number;
  readonly requestsPerSecond: number;
  /** Gaps that the ledger lists at most; {@link mostOpenGaps} by default. */
  readonly mostListedGaps?: number | undefined;
};

/** What the loop of questions works with. */
export type GapQuestions = {
  readonly reader: PageReader;
  readonly whenCapacity: WhenCapacity;
  readonly send: SendPage;
  /** The loop's own: answers to its questions must not hide that the reading hangs. */
  readonly clock: Clock;
};

/** Watches the gaps that the position has passed: asks for them again, beside the reading, and sends what turned up. */
export class GapWatch {
  readonly #deps: GapWatchDependencies;
  readonly #share: TokenBucket;
  readonly #seen = new SeenContents();
  readonly #dropped: DroppedGaps;
  readonly #wide = new WideLimit();
  readonly #beyond = new SendingBeyond();
  /** The gaps that the ledger can not list. */
  readonly #window: SparseWindow;
  readonly #memory = new AnswerMemory();
  #ledger: GapLedger = [];
  /** The position: what lies beyond it was not sent yet. */
  #last: number;
  #nap = new AbortController();

  /** `stored`: the open gaps that the former holder left, where its checkpoint stands at `last`. */
  constructor(deps: GapWatchDependencies, stored: string | undefined, last: number) {
    this.#deps = deps;
    this.#dropped = new DroppedGaps(deps);
    this.#last = last;
    const { clock, log, patienceMs, requestsPerSecond } = deps;
    this.#share = new TokenBucket({ perSecond: questionsPerSecond(requestsPerSecond), clock });
    const { listed, marks } = restoreGaps(patienceMs === 0 ? undefined : stored, last, { log, now: clock.monotonic() });
    this.#window = new SparseWindow({ patienceMs }, marks);
    this.#replaceLedger(listed);
  }

  /** As {@link SendingBeyond.untilSent}. */
  untilSent(last: number, clock: Clock): Promise<void> {
    return this.#beyond.untilSent(last, clock);
  }

  /** The position moves now. To be called together with the move of the checkpoint. */
  passed({ gaps, droppedGaps, last }: Move): void {
    const { clock, patienceMs } = this.#deps;
    this.#last = Math.max(this.#last, last);
    if (patienceMs === 0 || gaps.length === 0) return;
    this.#replaceLedger(open(this.#ledger, gaps, clock.monotonic()));
    this.#noteDropped(droppedGaps);
    this.#nap.abort();
  }

  /** The position crosses ids that are not watched. If an answer shows some of them, they were not sent yet. */
  crossed(hole: IdRange): void {
    this.#memory.crossed(hole);
  }

  /** Moves the oldest ranges to the window where there are too many. */
  #replaceLedger(changed: GapLedger): void {
    const { ledger, oldest } = splitOldest(changed, this.#deps.mostListedGaps);
    this.#ledger = ledger;
    if (oldest.length > 0) this.#noteDropped(this.#window.take(oldest, this.#deps.clock.monotonic()));
  }

  #noteDropped(dropped: number): void {
    const now = this.#deps.clock.monotonic();
    const ranges = this.#ledger.length + this.#window.ranges;
    this.#dropped.note(dropped, { open: ranges, reachMs: this.#window.reachMs(now) }, now);
  }

  /** For the checkpoint's item, where the position stands at `last`. */
  completeness(last: number): Completeness {
    const { clock, patienceMs } = this.#deps;
    return {
      openGaps: encodeGaps([...this.#window.marks(), ...this.#ledger], clock.monotonic(), storedUnitMs(patienceMs)),
      watermark: Math.min(watermarkOf(this.#ledger, last), (this.#window.lowest ?? last + 1) - 1),
    };
  }

  /** Asks for open gaps when they are due, within its share of the requests, until the signal aborts. */
  async run(questions: GapQuestions, signal: AbortSignal): Promise<void> {
    const { metrics, patienceMs } = this.#deps;
    const { whenCapacity, clock } = questions;
    if (patienceMs === 0) return;
    while (!signal.aborted) {
      const now = clock.monotonic();
      metrics['waybill.feed.open_gaps'].record(this.#ledger.length + this.#window.ranges);
      metrics['waybill.feed.gap_reach'].record(this.#window.reachMs(now) / 1_000);
      this.#noteDropped(0);
      const dueAt = Math.min(
        nextDueAt(this.#ledger, patienceMs),
        this.#window.next(now)?.dueAt ?? Number.POSITIVE_INFINITY,
      );
      const napMs = Math.min(longestNapMs, Math.ceil(dueAt - now));
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

  /** The last reading of a stretch goes first, then what has been due for longest. */
  async #ask(questions: GapQuestions, signal: AbortSignal): Promise<void> {
    const now = questions.clock.monotonic();
    const ofWindow = this.#window.next(now);
    const listedAt = nextDueAt(this.#ledger, this.#deps.patienceMs);
    const isNext = ofWindow && ofWindow.dueAt <= now && (ofWindow.isFinal || ofWindow.dueAt <= listedAt);
    await (isNext ? this.#askAgain(ofWindow, questions, signal) : this.#askForGaps(questions, signal));
  }

  async #askForGaps(questions: GapQuestions, signal: AbortSignal): Promise<void> {
    const { patienceMs } = this.#deps;
    const { reader, clock } = questions;
    const askedAt = clock.monotonic();
    const question = nextQuestion(this.#ledger, askedAt, patienceMs, reader.limit);
    if (!question) return;
    const most = elementsToAsk(question, reader.limit, this.#memory.known.cutOff);
    const elements = await reader.readOnce(question.from, most, clock, signal);
    // Something beyond every gap was shown before: a server that shows nothing at all from there on lags behind.
    if (!elements || elements.length === 0) {
      if (!signal.aborted) this.#noteUnanswered(question);
      return;
    }
    const page = readElements(elements);
    await this.#passOn(page, question, false, questions, signal);
    const shown = shownThrough(page, question);
    this.#replaceLedger(withoutVoid(asked(this.#ledger, { from: question.from, to: shown }, askedAt), patienceMs));
  }

  /** Reads a part of the window again. */
  async #askAgain(question: WindowQuestion, questions: GapQuestions, signal: AbortSignal): Promise<void> {
    const { reader, clock } = questions;
    const { isUnknown, stretch } = question;
    const limit = this.#wide.toRead(question.elements, reader.limit, stretch.unanswered?.times ?? 0);
    const elements = await reader.readOnce(question.from, limit, clock, signal);
    if (signal.aborted) return;
    const page = readElements(elements ?? []);
    const ids = eventIdsOf(page);
    if (ids.length === 0) {
      if (limit > reader.limit) this.#wide.lower();
      else this.#noteDropped(this.#window.unanswered(question, clock.monotonic()));
      return;
    }
    this.#wide.answered();
    await this.#passOn(page, question, isUnknown, questions, signal);
    this.#window.answered(question, shownThrough(page, question));
  }

  /** Sends what is new in an answer, and closes its gaps once that is confirmed. */
  async #passOn(
    page: Page,
    question: IdRange,
    isUnknown: boolean,
    { send }: GapQuestions,
    signal: AbortSignal,
  ): Promise<void> {
    const isOpen = (id: number) => this.#isOpen(id);
    const known = { question, isOpen, isUnknown, last: this.#last, ...this.#memory.known };
    const unseen = unseenInAnswer(page, known, this.#seen);
    const cutOff = cutOffIn(page, known);
    if (unseen) await this.#beyond.send(unseen, this.#last, send({ ...unseen, last: question.to }, signal));
    this.#closeGaps(eventIdsOf(page), cutOff?.eventId, isUnknown);
    if (cutOff) this.#memory.wasCutOff(cutOff);
  }

  #isOpen(id: number): boolean {
    return holds(this.#ledger, id) || this.#window.holds(id);
  }

  /** What turned up in gaps is confirmed, but for more contents of the id `cutOff`, which is asked for again. */
  #closeGaps(confirmed: readonly number[], cutOff: number | undefined, isUnknown: boolean): void {
    const { clock, log, metrics } = this.#deps;
    const appeared = confirmed.filter((id) => id !== cutOff && this.#isOpen(id));
    if (appeared.length === 0) return;
    this.#replaceLedger(close(this.#ledger, appeared));
    this.#noteDropped(this.#window.close(appeared, clock.monotonic()));
    this.#memory.closed(appeared);
    if (isUnknown) return;
    this.#memory.appeared(appeared);
    metrics['waybill.feed.late_events'].add(appeared.length);
    log.info({ eventIds: appeared.slice(0, 20), late: appeared.length }, 'late events forwarded');
  }

  #noteUnanswered(question: IdRange): void {
    const { clock, log, patienceMs } = this.#deps;
    const ledger = unanswered(this.#ledger, question, clock.monotonic());
    const hopeless = new Set(givenUp(ledger, patienceMs));
    this.#replaceLedger(ledger.filter((gap) => !hopeless.has(gap)));
    if (hopeless.size === 0) return;
    this.#noteDropped(hopeless.size);
    log.warn({ ...question, gaps: hopeless.size }, 'gaps given up: the feed does not answer for them');
  }
}
