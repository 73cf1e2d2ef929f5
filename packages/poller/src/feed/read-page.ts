import type { Clock, Random } from '@waybill/shared/clock.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import type { ScanFeed } from './scan-feed.ts';
import type { TokenBucket } from './token-bucket.ts';

export type ReaderDependencies = {
  readonly feed: ScanFeed;
  readonly bucket: TokenBucket;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.requests'>;
  /** `SCAN_API_LIMIT`. */
  readonly limit: number;
  /** What readiness says of the feed. */
  readonly find: (finding: Finding) => void;
  /** Called with every turn of the reading, for `/livez`. */
  readonly tick: () => void;
};

/** One answer of the feed. */
export type Answer = {
  readonly elements: readonly unknown[];
  readonly fromEventId: number;
  readonly limit: number;
  /** As many elements as the feed gives at most, as far as that is known: there may be more. */
  readonly full: boolean;
};

type Remedy = 'again' | 'wait' | 'give up';

/** From a hiccup to a feed that is down: a request every 15 s on average does no harm. */
const feedBackoff: Backoff = { firstMs: 250, maxMs: 30_000 };

/** Failures in a row after which the process is not ready. */
const toleratedFailures = 3;

/** Pages to be read with a lowered `Limit` before it is doubled again: one heavy stretch must not halve the pace for ever, nor cost a request too large with every page. */
const pagesUntilRaised = 10;

/**
 * Reads pages for as long as it takes, at the pace that the feed allows, with a `Limit` that fits its answers. Several
 * may read at once: they wait together after a failure, which then counts once.
 */
export class PageReader {
  readonly #deps: ReaderDependencies;
  /** `SCAN_API_LIMIT`, or less where answers were too large. */
  #limit: number;
  #pagesSinceLowered = 0;
  /** Length of the largest page within the limit: a server may cap `Limit`. */
  #largest = 0;
  #failures = 0;
  /** Monotonic times: of the last failure that counted, and until when nobody asks. */
  #failedAt = Number.NEGATIVE_INFINITY;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #roundTripMs = 0;

  constructor(deps: ReaderDependencies) {
    this.#deps = deps;
    this.#limit = deps.limit;
  }

  /** The largest `Limit` that fits the feed's answers, as far as that is known. */
  get limit(): number {
    return this.#limit;
  }

  /** How long the feed takes to answer, from what the last answers took, milliseconds. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** The page from `fromEventId` on. Repeats until there is one; undefined once `signal` aborts. */
  async read(fromEventId: number, signal: AbortSignal): Promise<Answer | undefined> {
    const lowerLimit = (error: unknown): Remedy => {
      if (!isTooLarge(error) || this.#limit === 1) return 'wait';
      this.#limit = Math.ceil(this.#limit / 2);
      this.#pagesSinceLowered = 0;
      return 'again';
    };
    const elements = await this.#repeat(fromEventId, () => this.#limit, lowerLimit, signal);
    if (!elements) return undefined;
    const limit = this.#limit;
    // A page larger than asked for says nothing of a server's cap: taken for it, every later page would look short.
    if (elements.length <= limit) this.#largest = Math.max(this.#largest, elements.length);
    this.#raiseLimit();
    return { elements, fromEventId, limit, full: elements.length >= Math.min(limit, this.#largest) };
  }

  /** As {@link read}, with a limit of the caller's. A page too large for that limit rejects. */
  async readAt(fromEventId: number, limit: number, signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    const giveUpTooLarge = (error: unknown): Remedy => {
      if (isTooLarge(error)) throw error;
      return 'wait';
    };
    const elements = await this.#repeat(fromEventId, () => limit, giveUpTooLarge, signal);
    // Readers that catch up find out, too, that pages fit again.
    if (elements && limit === this.#limit) this.#raiseLimit();
    return elements;
  }

  /**
   * As {@link readAt}, but tried once: undefined when that failed. Neither answer nor failure says anything of the
   * reading's progress or its being alive, and it holds up nobody else but for as long as the feed asks for.
   */
  async readOnce(fromEventId: number, limit: number, signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    return this.#repeat(
      fromEventId,
      () => limit,
      () => 'give up',
      signal,
      false,
    );
  }

  async #repeat(
    fromEventId: number,
    limit: () => number,
    /** What to do about an error: `again` at once, where something was done about it. May throw. */
    remedy: (error: unknown) => Remedy,
    signal: AbortSignal,
    isProgress = true,
  ): Promise<readonly unknown[] | undefined> {
    const { feed, bucket, clock, random, log, metrics, tick } = this.#deps;
    while (!signal.aborted) {
      if (isProgress) tick();
      await this.#pause(signal);
      await bucket.take(signal);
      if (signal.aborted) return undefined;
      const startedAt = clock.monotonic();
      try {
        const elements = await feed.read(fromEventId, limit(), signal);
        metrics['waybill.feed.requests'].add(1, { outcome: 'ok' });
        if (isProgress) this.#succeeded(clock.monotonic() - startedAt);
        return elements;
      } catch (error) {
        if (signal.aborted) return undefined;
        metrics['waybill.feed.requests'].add(1, { outcome: error instanceof WaybillError ? error.code : 'UNKNOWN' });
        const tried = { fromEventId, limit: limit() };
        const next = remedy(error);
        if (next === 'give up') {
          this.#pauseFor(retryAfterMs(error));
          log.info({ ...tried, err: error }, 'question not answered, given up');
          return undefined;
        }
        if (next === 'again') {
          log.warn({ ...tried, err: error }, 'page too large, asking for less');
          continue;
        }
        const isCounted = startedAt >= this.#failedAt;
        const waitMs = Math.max(isCounted ? backoffMs(this.#failures, feedBackoff, random) : 0, retryAfterMs(error));
        this.#pauseFor(waitMs);
        if (isCounted) this.#failed(error, { ...tried, waitMs });
      }
    }
    return undefined;
  }

  #pauseFor(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#deps.clock.monotonic() + ms);
  }

  /** Until the wait after the last failure is over. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    for (;;) {
      const ms = this.#pausedUntil - clock.monotonic();
      if (ms <= 0 || signal.aborted) return;
      await clock.sleep(Math.ceil(ms), signal);
    }
  }

  #succeeded(roundTripMs: number): void {
    this.#failures = 0;
    this.#roundTripMs = this.#roundTripMs === 0 ? roundTripMs : (this.#roundTripMs + roundTripMs) / 2;
    this.#deps.find({ ok: true, detail: 'answers' });
  }

  #failed(error: unknown, request: { fromEventId: number; limit: number; waitMs: number }): void {
    this.#failures += 1;
    this.#failedAt = this.#deps.clock.monotonic();
    const repeatedly = this.#failures >= toleratedFailures;
    if (repeatedly)
      this.#deps.find({
        ok: false,
        detail: `${this.#failures} requests in a row failed, the last with ${codeOf(error)}`,
      });
    this.#deps.log[repeatedly ? 'error' : 'warn'](
      { ...request, failures: this.#failures, err: error },
      'feed not read, will be repeated',
    );
  }

  #raiseLimit(): void {
    this.#pagesSinceLowered += 1;
    if (this.#limit === this.#deps.limit || this.#pagesSinceLowered < pagesUntilRaised) return;
    this.#limit = Math.min(this.#deps.limit, this.#limit * 2);
    this.#pagesSinceLowered = 0;
  }
}

/** Whether the answer was over the size that is read. */
export function isTooLarge(error: unknown): boolean {
  return hasCode(error, 'FEED_UNREADABLE') && error.details['tooLarge'] === true;
}

function retryAfterMs(error: unknown): number {
  const ms = error instanceof WaybillError ? error.details['retryAfterMs'] : undefined;
  return typeof ms === 'number' ? ms : 0;
}

function codeOf(error: unknown): string {
  if (!(error instanceof WaybillError)) return 'an unexpected error';
  const status = error.details['status'];
  return typeof status === 'number' ? `${error.code} (${status})` : error.code;
}
