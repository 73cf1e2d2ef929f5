import type { Clock, Random } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import { isAboutPage, isRefusal, isTooLarge, nameOf, obeyRetryAfter } from '@waybill/shared/scan-api/page-failure.ts';
import { PageLimit } from '@waybill/shared/scan-api/page-limit.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import type { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';
import type { Attempt, FeedPage, UnreadablePage } from './answer.ts';
import { PageCap } from './page-cap.ts';

export type ReaderDependencies = {
  readonly feed: ScanFeed;
  readonly bucket: TokenBucket;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.requests' | 'waybill.feed.errors'>;
  /** `SCAN_API_LIMIT`. */
  readonly limit: number;
  readonly reportHealth: (part: 'feed', finding: Finding) => void;
};

/** From a hiccup to a feed that is down: a request every 15 s on average does no harm. */
const feedBackoff: Backoff = { firstMs: 250, maxMs: 30_000 };

/** Failures in a row after which the process is not ready. */
const toleratedFailures = 3;

/** Equal failures in a row after which a page is taken for unreadable. */
const equalFailures = 3;

/** How often a question that may go unanswered is asked. */
const optionalTries = 3;

/**
 * Reads pages at the pace that the feed allows, with a `Limit` that fits its answers. Several callers may read at once.
 * Only {@link read}, at the position, insists on an answer. Each caller brings the clock of its own loop.
 */
export class PageReader {
  readonly #deps: ReaderDependencies;
  readonly #limit: PageLimit;
  readonly #cap = new PageCap();
  #failures = 0;
  /** Monotonic time until when nothing is asked after failures at the position. */
  #backedOffUntil = Number.NEGATIVE_INFINITY;
  #roundTripMs = 0;
  #isNarrowing = false;
  /** The latest failures in a row of one question that may be its page's. */
  #equal = { question: '', failures: 0 };
  #readableFrom: number | undefined;

  constructor(deps: ReaderDependencies) {
    this.#deps = deps;
    this.#limit = new PageLimit(deps.limit);
  }

  /** The largest `Limit` that fits the feed's answers, as far as that is known. */
  get limit(): number {
    return this.#limit.current;
  }

  /** Elements of a full page, as far as that is known: the limit, or the server's cap. */
  get pageLength(): number {
    return this.#cap.largest === 0 ? this.limit : Math.min(this.limit, this.#cap.largest);
  }

  /** How long the feed takes to answer, from what the last answers took, milliseconds. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Whether the limit is being lowered around a page that cannot be read. */
  get isNarrowing(): boolean {
    return this.#isNarrowing;
  }

  /** The id from which on the latest page with elements was read. */
  get readableFrom(): number | undefined {
    return this.#readableFrom;
  }

  /**
   * Reads the page from `fromEventId` on, for as long as it takes. Gives up only where the feed answers, several times in
   * a row and alike, and not with a page; while narrowing, at once. Undefined once `signal` aborts.
   */
  async read(fromEventId: number, clock: Clock, signal: AbortSignal): Promise<FeedPage | UnreadablePage | undefined> {
    while (await this.#whenAllowed(clock, signal)) {
      const limit = this.limit;
      try {
        const elements = await this.#request(fromEventId, limit, clock, signal);
        this.#succeeded();
        this.#limit.fits(limit);
        if (!this.#limit.isLowered) this.#isNarrowing = false;
        if (elements.length > 0) this.#readableFrom = fromEventId;
        return { kind: 'page', elements, limit };
      } catch (error) {
        if (signal.aborted) return undefined;
        obeyRetryAfter(error, { ...this.#deps, clock });
        if (isTooLarge(error) && this.#limit.lower()) {
          this.#deps.log.warn({ fromEventId, limit, err: error }, 'page too large, lowering Limit');
          continue;
        }
        if (isAboutPage(error) && this.#limit.refused(limit)) continue;
        const page: UnreadablePage = { kind: 'unreadable', error, limit };
        if (this.#isNarrowing && isAboutPage(error)) return page;
        this.#failed(error, { fromEventId, limit }, clock);
        if (this.#isUnreadable(page, fromEventId)) return page;
      }
    }
    return undefined;
  }

  /** Whether there may be more than this page at once. `isNews`: it held something that was not seen before. */
  isFull({ elements, limit }: FeedPage, isNews: boolean): boolean {
    return this.#cap.isFull(elements.length, limit, isNews);
  }

  /**
   * One request that may go unanswered. Neither answer nor failure counts for readiness. A failure makes others wait only
   * for as long as the feed asks for. Undefined once `signal` aborts.
   */
  async attempt(fromEventId: number, limit: number, clock: Clock, signal: AbortSignal): Promise<Attempt | undefined> {
    if (!(await this.#whenAllowed(clock, signal))) return undefined;
    try {
      return { kind: 'page', elements: await this.#request(fromEventId, limit, clock, signal) };
    } catch (error) {
      if (signal.aborted) return undefined;
      obeyRetryAfter(error, { ...this.#deps, clock });
      return { kind: 'failed', error };
    }
  }

  /**
   * The elements of {@link attempt}. Undefined when that failed, too: that is an answer like any other. One that may be
   * about a row farther on is followed by the question for the first row alone.
   */
  async readOnce(
    fromEventId: number,
    limit: number,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<readonly unknown[] | undefined> {
    const attempt = await this.attempt(fromEventId, limit, clock, signal);
    if (attempt?.kind !== 'failed') return attempt?.elements;
    this.#deps.log.info({ fromEventId, limit, err: attempt.error }, 'optional request failed');
    return isAboutPage(attempt.error) && limit > 1 ? this.readOnce(fromEventId, 1, clock, signal) : undefined;
  }

  /** As {@link attempt}, tried a few times before a failure is the answer. */
  async readOptional(
    fromEventId: number,
    limit: number,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<Attempt | undefined> {
    const { random, log } = this.#deps;
    for (let tries = 1; ; tries += 1) {
      const attempt = await this.attempt(fromEventId, limit, clock, signal);
      // Readers that catch up find out, too, that pages fit again.
      if (attempt?.kind === 'page') this.#limit.fits(limit);
      if (attempt?.kind !== 'failed') return attempt;
      const { error } = attempt;
      if (isAboutPage(error)) this.#limit.refused(limit);
      if (tries === optionalTries || isRefusal(error) || isTooLarge(error)) {
        log.info({ fromEventId, limit, tries, err: error }, 'optional request failed, given up');
        return attempt;
      }
      await clock.sleep(backoffMs(tries - 1, feedBackoff, random), signal);
    }
  }

  /** Halves the limit, and fails at once from now on: the page of this limit cannot be read. */
  narrow(): void {
    this.#isNarrowing = true;
    this.#limit.lower();
  }

  /** What could not be read is passed, or the feed as a whole fails. */
  endNarrowing(): void {
    this.#isNarrowing = false;
    this.#limit.raiseSoon();
  }

  #isUnreadable({ error, limit }: UnreadablePage, fromEventId: number): boolean {
    const question = `${fromEventId} ${limit} ${nameOf(error)}`;
    const failures = question === this.#equal.question ? this.#equal.failures + 1 : 1;
    this.#equal = isAboutPage(error) ? { question, failures } : { question: '', failures: 0 };
    return this.#equal.failures >= equalFailures;
  }

  /** Waits for the ends of pauses, and for a token. Resolves with whether to ask now: not once `signal` aborts. */
  #whenAllowed(clock: Clock, signal: AbortSignal): Promise<boolean> {
    return this.#deps.bucket.takeWhenAllowed(() => this.#backedOffUntil, clock, signal);
  }

  async #request(fromEventId: number, limit: number, clock: Clock, signal: AbortSignal): Promise<readonly unknown[]> {
    const { feed, metrics } = this.#deps;
    const startedAt = clock.monotonic();
    try {
      const elements = await feed.read(fromEventId, limit, signal);
      metrics['waybill.feed.requests'].add(1, { outcome: 'ok' });
      const tookMs = clock.monotonic() - startedAt;
      this.#roundTripMs = this.#roundTripMs === 0 ? tookMs : (this.#roundTripMs + tookMs) / 2;
      return elements;
    } catch (error) {
      const outcome = error instanceof WaybillError ? error.code : 'UNKNOWN';
      if (!signal.aborted) {
        metrics['waybill.feed.requests'].add(1, { outcome });
        metrics['waybill.feed.errors'].add(1, { error: statusOf(error) });
      }
      throw error;
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#equal = { question: '', failures: 0 };
    this.#deps.reportHealth('feed', { ok: true, detail: 'responds' });
  }

  #failed(error: unknown, request: { readonly fromEventId: number; readonly limit: number }, clock: Clock): void {
    const { random, log, reportHealth, bucket } = this.#deps;
    this.#backedOffUntil = clock.monotonic() + backoffMs(this.#failures, feedBackoff, random);
    const waitMs = Math.round(Math.max(this.#backedOffUntil, bucket.pausedUntil) - clock.monotonic());
    this.#failures += 1;
    const isRepeated = this.#failures >= toleratedFailures;
    const detail = `${counted(this.#failures, 'request')} in a row failed, the last with ${nameOf(error)}${adviceOf(error)}`;
    if (isRepeated) reportHealth('feed', { ok: false, detail });
    log[isRepeated ? 'error' : 'warn'](
      { ...request, waitMs, failures: this.#failures, err: error },
      'feed request failed, will be retried',
    );
  }
}

function statusOf(error: unknown): string {
  const status = error instanceof WaybillError ? (error.details['status'] ?? error.details['tokenStatus']) : undefined;
  return typeof status === 'number' ? String(status) : 'none';
}

/** What the error says, where it is one of ours: it says what to check, and nothing of what was received. */
function adviceOf(error: unknown): string {
  return error instanceof WaybillError ? `: ${error.message}` : '';
}
