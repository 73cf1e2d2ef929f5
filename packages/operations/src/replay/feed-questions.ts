import type { Clock, Random } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import { isAboutPage, isRefusal, isTooLarge, nameOf, obeyRetryAfter } from '@waybill/shared/scan-api/page-failure.ts';
import { PageLimit } from '@waybill/shared/scan-api/page-limit.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';

export type FeedQuestionsDependencies = {
  readonly feed: ScanFeed;
  readonly clock: Clock;
  readonly random: Random;
  /** Events per page, at most. */
  readonly limit: number;
  readonly requestsPerSecond: number;
  /** Milliseconds for which a feed that is down is asked again. */
  readonly patienceMs: number;
};

/** What one request brought. */
export type Attempt =
  | { readonly kind: 'page'; readonly elements: readonly unknown[]; readonly limit: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly limit: number };

/** What a question brought in the end. */
export type Answer =
  | Extract<Attempt, { readonly kind: 'page' }>
  /** The feed answers this question again and again, and not with a page. */
  | { readonly kind: 'unreadable'; readonly error: unknown; readonly limit: number }
  /** The feed failed for longer than the patience. */
  | { readonly kind: 'down'; readonly error: unknown };

const feedBackoff: Backoff = { firstMs: 250, maxMs: 30_000 };

/** Equal failures of a question after which its page is taken for unreadable. */
const equalFailures = 3;

/** Statuses that say that the caller may not read here. */
const denials: ReadonlySet<unknown> = new Set([401, 403, 407]);

/** Asks a feed at a pace of its own, with a `Limit` that fits its answers, and not before a time that the feed asks for. */
export class FeedQuestions {
  readonly #deps: FeedQuestionsDependencies;
  readonly #bucket: TokenBucket;
  readonly #limit: PageLimit;
  #isNarrowing = false;
  #failures = 0;
  /** Monotonic time of the first failure since a page was read at the position. */
  #downSince: number | undefined;
  #backedOffUntil = Number.NEGATIVE_INFINITY;
  #readableFrom: number | undefined;
  #hasRead = false;

  constructor(deps: FeedQuestionsDependencies) {
    this.#deps = deps;
    this.#bucket = new TokenBucket({ perSecond: deps.requestsPerSecond, clock: deps.clock });
    this.#limit = new PageLimit(deps.limit);
  }

  get limit(): number {
    return this.#limit.current;
  }

  /** Where a page with elements was read last. */
  get readableFrom(): number | undefined {
    return this.#readableFrom;
  }

  /** One request. Undefined once `signal` aborts. */
  async attempt(fromEventId: number, limit: number, signal: AbortSignal): Promise<Attempt | undefined> {
    const { feed, clock } = this.#deps;
    if (!(await this.#bucket.takeWhenAllowed(() => this.#backedOffUntil, clock, signal))) return undefined;
    try {
      const elements = await feed.read(fromEventId, limit, signal);
      this.#hasRead = true;
      if (elements.length > 0) this.#readableFrom = fromEventId;
      return { kind: 'page', elements, limit };
    } catch (error) {
      if (signal.aborted) return undefined;
      obeyRetryAfter(error, { bucket: this.#bucket, clock, log: silent });
      return { kind: 'failed', error, limit };
    }
  }

  /**
   * Asks for the page from `fromEventId` on until it is there, or until the feed has failed for too long, or has answered
   * several times alike, and not with a page. Undefined once `signal` aborts. Rejects where the feed refuses the caller and
   * has never answered.
   *
   * @param least the least `Limit` to ask with
   */
  async ask(fromEventId: number, least: number, signal: AbortSignal): Promise<Answer | undefined> {
    let equal = { name: '', failures: 0 };
    for (;;) {
      const limit = Math.max(least, this.limit);
      const attempt = await this.attempt(fromEventId, limit, signal);
      if (!attempt) return undefined;
      if (attempt.kind === 'page') {
        this.#succeeded(limit);
        return attempt;
      }
      const { error } = attempt;
      if (isTooLarge(error) && this.#limit.lower()) continue;
      if (isAboutPage(error) && this.#limit.refused(limit)) continue;
      if (!this.#hasRead && isDenied(error)) throw error;
      if (this.#failed()) return { kind: 'down', error };
      equal = { name: nameOf(error), failures: equal.name === nameOf(error) ? equal.failures + 1 : 1 };
      const isEnough = isRefusal(error) || (this.#isNarrowing && limit > 1) || equal.failures >= equalFailures;
      if (isAboutPage(error) && isEnough) return { kind: 'unreadable', error, limit };
    }
  }

  /** Notes that a page cannot be read, and that nothing else can either. Returns whether this has lasted for too long. */
  isDown(error: unknown): boolean {
    if (!this.#hasRead && isRefusal(error)) throw error;
    this.#isNarrowing = false;
    return this.#failed();
  }

  /** Halves the limit, and takes the first failure for an answer from now on. */
  narrow(): void {
    this.#isNarrowing = true;
    this.#limit.lower();
  }

  /** What could not be read is passed. */
  endNarrowing(): void {
    this.#isNarrowing = false;
    this.#limit.raiseSoon();
    this.#downSince = undefined;
  }

  #succeeded(limit: number): void {
    this.#failures = 0;
    this.#downSince = undefined;
    this.#limit.fits(limit);
    if (this.limit >= this.#deps.limit) this.#isNarrowing = false;
  }

  #failed(): boolean {
    const { clock, random, patienceMs } = this.#deps;
    const now = clock.monotonic();
    this.#downSince ??= now;
    this.#backedOffUntil = now + backoffMs(this.#failures, feedBackoff, random);
    this.#failures += 1;
    return now - this.#downSince >= patienceMs;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof WaybillError && denials.has(error.details['status']);
}

/** Operations write no log: what they met stands in their result. */
const silent = { warn: () => undefined };
