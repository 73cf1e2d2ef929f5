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
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.requests'>;
  /** `SCAN_API_LIMIT`. */
  readonly limit: number;
  readonly reportHealth: (part: 'feed', finding: Finding) => void;
};

/** One answer of the feed. */
export type FeedAnswer = {
  readonly elements: readonly unknown[];
  readonly limit: number;
  /** It has as many elements as the feed returns at most, as far as that is known: there may be more. */
  readonly isFull: boolean;
};

/** Asks for the page with another limit, or for the same page after a wait. */
type Remedy = 'again' | 'wait';

/** From a hiccup to a feed that is down: a request every 15 s on average does no harm. */
const feedBackoff: Backoff = { firstMs: 250, maxMs: 30_000 };

/** Failures in a row after which the process is not ready. */
const toleratedFailures = 3;

/** Pages read with a lowered `Limit` before it is doubled again: a stretch of large pages must not halve the speed for ever, and must not cost a failed request with every page. */
const pagesUntilRaised = 10;

/**
 * Reads pages at the pace that the feed allows, with a `Limit` that fits its answers. Several callers may read at once:
 * they wait together after a failure, which counts once. Each brings the clock of its own loop.
 */
export class PageReader {
  readonly #deps: ReaderDependencies;
  /** `SCAN_API_LIMIT`, or less where answers were too large. */
  #limit: number;
  #pagesSinceLowered = 0;
  /** Length of the largest page within the limit: a server may cap `Limit`. */
  #largest = 0;
  #failures = 0;
  /** Monotonic times: of the last failure that counted, and until when no request is made. */
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

  /** Reads the page from `fromEventId` on, for as long as it takes. Undefined once `signal` aborts. */
  async read(fromEventId: number, clock: Clock, signal: AbortSignal): Promise<FeedAnswer | undefined> {
    const lowerLimit = (error: unknown): Remedy => {
      if (!isTooLarge(error) || this.#limit === 1) return 'wait';
      this.#limit = Math.ceil(this.#limit / 2);
      this.#pagesSinceLowered = 0;
      return 'again';
    };
    const elements = await this.#repeat(fromEventId, () => this.#limit, lowerLimit, clock, signal);
    if (!elements) return undefined;
    const limit = this.#limit;
    // A page larger than requested is not the server's cap: if it counted as one, every later page would seem short.
    if (elements.length <= limit) this.#largest = Math.max(this.#largest, elements.length);
    this.#raiseLimit();
    return { elements, limit, isFull: elements.length >= Math.min(limit, this.#largest) };
  }

  /** As {@link read}, with a limit of the caller's. A page too large for that limit rejects. */
  async readAt(
    fromEventId: number,
    limit: number,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<readonly unknown[] | undefined> {
    const rejectTooLarge = (error: unknown): Remedy => {
      if (isTooLarge(error)) throw error;
      return 'wait';
    };
    const elements = await this.#repeat(fromEventId, () => limit, rejectTooLarge, clock, signal);
    // Readers that catch up find out, too, that pages fit again.
    if (elements && limit === this.#limit) this.#raiseLimit();
    return elements;
  }

  /**
   * As {@link readAt}, but tried once: undefined when that failed. Neither answer nor failure counts for readiness. A
   * failure makes others wait only for as long as the feed asks for.
   */
  async readOnce(
    fromEventId: number,
    limit: number,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<readonly unknown[] | undefined> {
    if (!(await this.#whenAllowed(clock, signal))) return undefined;
    try {
      return await this.#request(fromEventId, limit, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#pauseFor(retryAfterMs(error), clock);
      this.#deps.log.info({ fromEventId, limit, err: error }, 'optional request failed, not repeated');
      return undefined;
    }
  }

  /** Undefined once `signal` aborts. `remedy` may throw to give up. */
  async #repeat(
    fromEventId: number,
    limit: () => number,
    remedy: (error: unknown) => Remedy,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<readonly unknown[] | undefined> {
    const { random, log } = this.#deps;
    while (await this.#whenAllowed(clock, signal)) {
      const startedAt = clock.monotonic();
      const request = { fromEventId, limit: limit() };
      try {
        const elements = await this.#request(fromEventId, request.limit, signal);
        this.#succeeded(clock.monotonic() - startedAt);
        return elements;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (remedy(error) === 'again') {
          log.warn({ ...request, err: error }, 'page too large, lowering Limit');
          continue;
        }
        const isCounted = startedAt >= this.#failedAt;
        const waitMs = Math.max(isCounted ? backoffMs(this.#failures, feedBackoff, random) : 0, retryAfterMs(error));
        this.#pauseFor(waitMs, clock);
        if (isCounted) this.#failed(error, { ...request, waitMs }, clock);
      }
    }
    return undefined;
  }

  /** Waits for the end of the pause after the last failure, and for a token. Resolves with whether to ask now: not once `signal` aborts. */
  async #whenAllowed(clock: Clock, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const ms = this.#pausedUntil - clock.monotonic();
      if (ms <= 0) break;
      await clock.sleep(Math.ceil(ms), signal);
    }
    await this.#deps.bucket.take(signal);
    return !signal.aborted;
  }

  async #request(fromEventId: number, limit: number, signal: AbortSignal): Promise<readonly unknown[]> {
    const { feed, metrics } = this.#deps;
    try {
      const elements = await feed.read(fromEventId, limit, signal);
      metrics['waybill.feed.requests'].add(1, { outcome: 'ok' });
      return elements;
    } catch (error) {
      const outcome = error instanceof WaybillError ? error.code : 'UNKNOWN';
      if (!signal.aborted) metrics['waybill.feed.requests'].add(1, { outcome });
      throw error;
    }
  }

  #pauseFor(ms: number, clock: Clock): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, clock.monotonic() + ms);
  }

  #succeeded(roundTripMs: number): void {
    this.#failures = 0;
    this.#roundTripMs = this.#roundTripMs === 0 ? roundTripMs : (this.#roundTripMs + roundTripMs) / 2;
    this.#deps.reportHealth('feed', { ok: true, detail: 'responds' });
  }

  #failed(error: unknown, request: { fromEventId: number; limit: number; waitMs: number }, clock: Clock): void {
    const { log, reportHealth } = this.#deps;
    this.#failures += 1;
    this.#failedAt = clock.monotonic();
    const isRepeated = this.#failures >= toleratedFailures;
    const detail = `${this.#failures} requests in a row failed, the last with ${codeOf(error)}`;
    if (isRepeated) reportHealth('feed', { ok: false, detail });
    log[isRepeated ? 'error' : 'warn'](
      { ...request, failures: this.#failures, err: error },
      'feed request failed, will be retried',
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
