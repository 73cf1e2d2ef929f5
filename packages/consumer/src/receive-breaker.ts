import type { Clock } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { describeError } from '@waybill/shared/error.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { mayHaveReceived } from '@waybill/shared/queue/lost-answer.ts';
import type { MessageConsumer, QueueDepth, ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';

export type ReceiveBreakerDependencies = {
  readonly settings: { readonly receiveWaitMs: number; readonly visibilityTimeoutMs: number };
  readonly log: Logger;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly metrics: Pick<ConsumerMetrics, 'lostReceives'>;
  readonly queue: Pick<MessageConsumer & QueueDepth, 'receive' | 'depth'>;
};

/** Lost answers, without proof between them that answers arrive, that open the breaker. */
const opensAfter = 2;
/** Between two looks at the queue while the breaker is open. */
const lookEveryMs = 5_000;
/** The wait between two probes doubles from the visibility timeout to this many of them. */
const longestProbeWait = 4;
/**
 * A message whose answer may be lost comes again so late that the next probes take other messages: after this at least,
 * after three times as long as answers have been lost, and after an hour at most. With three receives a message so outlasts
 * an hour of lost answers, in which it may come first every time.
 */
const probeVisibility = { leastMs: 900_000, share: 3, mostMs: 3_600_000 };
/** A poll that was cut sooner than this was not cut because it was long. Also the shortest wait of a poll. */
const shortestWaitMs = 1_000;
/** Before a longer poll is tried again: at first, and at most. It doubles with each one that is cut. */
const trialAfterMs = { first: 60_000, most: 3_600_000 };

type Poll = {
  readonly waitMs: number;
  readonly isTrial: boolean;
  readonly isCareful: boolean;
  readonly begunAt: number;
};

/**
 * Makes the receives. An answer that is lost has used up a receive of what it held, so nothing is asked for in bulk before
 * a message has arrived, and as little as possible while answers are lost.
 */
export class ReceiveBreaker {
  readonly #deps: ReceiveBreakerDependencies;
  #lost = 0;
  #lostSince = 0;
  #lastError = '';
  #provenAt = Number.NEGATIVE_INFINITY;
  /** The last receive came back without messages: its wait at least passes. */
  #wasEmpty = false;
  /** SQS answered nothing at all since the last lost answer: then what was lost is likely to have been the request. */
  #wasSilent = false;
  #lookAt = Number.NEGATIVE_INFINITY;
  #probeAt = Number.NEGATIVE_INFINITY;
  #probeWaitMs: number;
  #waitMs: number;
  #trialAt = Number.POSITIVE_INFINITY;
  #trialAfterMs = trialAfterMs.first;

  constructor(deps: ReceiveBreakerDependencies) {
    this.#deps = deps;
    this.#waitMs = deps.settings.receiveWaitMs;
    this.#probeWaitMs = deps.settings.visibilityTimeoutMs;
  }

  /** An answer with messages has arrived lately. Until then one receiver asks: if its answer is lost, so would be those of the others. */
  get isProven(): boolean {
    return this.#deps.clock.monotonic() - this.#provenAt <= this.#deps.settings.visibilityTimeoutMs;
  }

  /** Whether {@link receive} may be called, with this many of its calls under way. */
  mayReceive(inFlight: number): boolean {
    if (this.#lost === 0 && this.isProven) return true;
    return inFlight === 0 && (this.#lost < opensAfter || this.#deps.clock.monotonic() >= this.#lookAt);
  }

  /**
   * One long poll. While the breaker is open often only a look at the queue, which receives nothing.
   *
   * @param stopping aborts when no poll is to be begun any more
   */
  async receive(stopping: AbortSignal): Promise<readonly ReceivedMessage[]> {
    if (this.#lost > 0 && (!(await this.#mayProbe()) || stopping.aborted)) return [];
    const { queue, settings } = this.#deps;
    const poll = this.#nextPoll();
    try {
      const messages = await queue.receive({
        ...(poll.waitMs < settings.receiveWaitMs && { waitSeconds: poll.waitMs / 1_000 }),
        ...(poll.isCareful && { maxMessages: 1 }),
        ...(this.#lost > 0 && { visibilitySeconds: this.#probeVisibilityMs() / 1_000 }),
      });
      this.#arrived(poll, messages.length);
      return messages;
    } catch (error) {
      if (mayHaveReceived(error)) this.#wasLost(poll, error);
      throw error;
    }
  }

  /** Undefined unless the breaker is open. */
  finding(): Finding | undefined {
    if (this.#lost < opensAfter) return undefined;
    return {
      ok: false,
      detail: `answers were lost of ${counted(this.#lost, 'receive')}, the last: ${this.#lastError}`,
    };
  }

  /** Looks at the queue. Rejects while SQS does not answer that either: then nothing is received. */
  async #mayProbe(): Promise<boolean> {
    const { clock, queue } = this.#deps;
    this.#lookAt = clock.monotonic() + lookEveryMs;
    let depth: number;
    try {
      depth = await queue.depth();
    } catch (error) {
      this.#wasSilent = true;
      throw error;
    }
    const isEmpty = depth === 0;
    if (isEmpty && this.#wasEmpty) this.#close();
    return this.#lost < opensAfter || isEmpty || this.#wasSilent || clock.monotonic() >= this.#probeAt;
  }

  #probeVisibilityMs(): number {
    const { clock, settings } = this.#deps;
    const { leastMs, share, mostMs } = probeVisibility;
    const proportionalMs = Math.ceil(((clock.monotonic() - this.#lostSince) * share) / 1_000) * 1_000;
    return Math.max(settings.visibilityTimeoutMs, leastMs, Math.min(proportionalMs, mostMs));
  }

  #nextPoll(): Poll {
    const now = this.#deps.clock.monotonic();
    const isTrial = this.#lost === 0 && now >= this.#trialAt;
    if (isTrial) this.#trialAt = now + this.#trialAfterMs;
    const waitMs = isTrial ? Math.min(this.#waitMs * 2, this.#deps.settings.receiveWaitMs) : this.#waitMs;
    return { waitMs, isTrial, isCareful: isTrial || this.#lost > 0, begunAt: now };
  }

  #arrived({ waitMs, isTrial }: Poll, messages: number): void {
    const { log, clock, settings } = this.#deps;
    this.#wasEmpty = messages === 0;
    // An empty answer to a poll is due at the end of its wait: only then has the wait been tried.
    if (isTrial && messages === 0) {
      this.#waitMs = waitMs;
      this.#trialAfterMs = trialAfterMs.first;
      if (waitMs === settings.receiveWaitMs) this.#trialAt = Number.POSITIVE_INFINITY;
      log.info({ waitSeconds: waitMs / 1_000 }, 'a longer poll was not cut off: polls wait longer again');
    }
    // Polls go on at once after an empty answer: what waits is waited for.
    if (messages === 0) this.#lookAt = Number.NEGATIVE_INFINITY;
    else {
      this.#provenAt = clock.monotonic();
      this.#close();
    }
  }

  #close(): void {
    if (this.#lost >= opensAfter) {
      this.#deps.log.warn({ lost: this.#lost }, 'answers of receives arrive again, receiving as before');
    }
    this.#lost = 0;
    this.#probeWaitMs = this.#deps.settings.visibilityTimeoutMs;
  }

  #wasLost({ waitMs, isTrial, isCareful, begunAt }: Poll, error: unknown): void {
    const { log, clock, metrics, settings } = this.#deps;
    const now = clock.monotonic();
    if (isTrial) {
      this.#trialAfterMs = Math.min(this.#trialAfterMs * 2, trialAfterMs.most);
      this.#trialAt = now + this.#trialAfterMs;
      return;
    }
    metrics.lostReceives.add(1);
    if (this.#lost === 0) this.#lostSince = now;
    this.#lost += 1;
    this.#lastError = describeError(error);
    this.#wasEmpty = false;
    this.#wasSilent = false;
    if (now - begunAt >= shortestWaitMs) this.#shorten(waitMs, now);
    if (this.#lost < opensAfter) return;
    this.#lookAt = now;
    this.#probeAt = now + this.#probeWaitMs;
    const longestMs = settings.visibilityTimeoutMs * longestProbeWait;
    if (isCareful) this.#probeWaitMs = Math.min(this.#probeWaitMs * 2, longestMs);
    if (this.#lost === opensAfter) {
      const probeSeconds = settings.visibilityTimeoutMs / 1_000;
      log.warn(
        { err: error, probeSeconds },
        'answers of receives are lost, which uses up receives: one message is asked for, at most once in probeSeconds',
      );
    }
  }

  /** Halves the wait, unless a poll that began before has halved it. */
  #shorten(cutMs: number, now: number): void {
    const halfMs = Math.max(shortestWaitMs, Math.floor(cutMs / 2_000) * 1_000);
    if (halfMs >= this.#waitMs) return;
    this.#waitMs = halfMs;
    this.#trialAt = now + this.#trialAfterMs;
    this.#deps.log.warn({ waitSeconds: halfMs / 1_000 }, 'a long poll was cut off: polls wait less');
  }
}
