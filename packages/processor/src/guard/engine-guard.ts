import type { Clock, Random } from '@waybill/shared/clock.ts';
import { hasCode } from '@waybill/shared/error.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { Admission, type Lane } from './admission.ts';

export type BreakerState = 'closed' | 'half-open' | 'open';

export type GuardDependencies = {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls to the engine at once. */
  readonly concurrency: number;
  /** The engine failed; the work is held and will be tried again, in `waitMs` or when a probe has found the engine well. */
  readonly onEngineError: (error: unknown, waitMs: number) => void;
  readonly onStateChange: (state: BreakerState) => void;
  /** Ends the probing: nothing is held any more. */
  readonly signal: AbortSignal;
};

/**
 * Errors of a table or of one hot key alike: DynamoDB limits each partition, too (3,000 read and 1,000 write units a
 * second, "Burst and adaptive capacity").
 */
const throttlings: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/** Failure records written at once, besides the parcels: behind a backlog of parcels the reason for a dead letter would come too late. */
const recordsAtOnce = 8;

/** Failures in a row after which the engine is taken to be down. */
const failuresToOpen = 5;
/**
 * Milliseconds of failures and nothing else after which it is, too, however few, counted from the beginning of the first
 * call that failed. Noticed when a call fails: at worst one that began just before, after one that took just as long, and
 * the backoff between, is still within the 15 s in which readiness is lost (design, "Environment").
 */
const failingToOpenMs = 7_000;
/** Time between probes of an engine that is down; grows while it stays down. Jitter takes away half of it at most. */
const probeBackoff: Backoff = { firstMs: 1_000, maxMs: 10_000 };
/** Time between attempts of one piece of work while the breaker is closed. */
const workBackoff: Backoff = { firstMs: 100, maxMs: 2_000 };

/**
 * Stands between the work and DynamoDB. Whatever fails and does not name the item is the engine's failure: the work is
 * held and tried again in place, and after a few failures in a row a circuit breaker lets a single probe at a time
 * through. All else waits for the breaker to close, and does nothing meanwhile.
 */
export class EngineGuard {
  readonly #dependencies: GuardDependencies;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #admission: Admission;
  /** Items throttled since any call last succeeded. */
  readonly #throttledItems = new Set<string>();
  /** Errors that were met already: a call that carries the writes of many parcels fails once, though each of them fails. */
  readonly #counted = new WeakSet<object>();
  readonly #told = new WeakSet<object>();
  /** Monotonic milliseconds since which the engine has failed and done nothing else. */
  #failingSince: number | undefined;
  /** Monotonic milliseconds of its last answer. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** What failed last: a probe of the other lane would say little, unless all that waits in this one was throttled. */
  #suspect: Lane = 'parcels';
  /** Probes since the breaker was last closed. */
  #probes = 0;

  constructor(dependencies: GuardDependencies) {
    this.#dependencies = dependencies;
    const wasThrottled = (item: string) => this.#throttledItems.has(item);
    this.#admission = new Admission({ parcels: dependencies.concurrency, records: recordsAtOnce }, wasThrottled);
    const inARow = new ConsecutiveBreaker(failuresToOpen);
    this.#breaker = circuitBreaker(
      handleWhen((error) => this.#isEnginesFault(error)),
      {
        breaker: {
          state: undefined,
          success: () => inARow.success(),
          failure: () => inARow.failure() || this.#isFailingForLong(),
        },
        // When to probe is for the admission to say, by a clock that cannot be set.
        halfOpenAfter: Number.NEGATIVE_INFINITY,
      },
    );
    this.#breaker.onStateChange(() => {
      dependencies.onStateChange(this.state);
      if (this.state === 'open') void this.#probeLater();
      else if (this.state === 'closed') this.#resume();
    });
  }

  get state(): BreakerState {
    if (this.#breaker.state === CircuitState.Closed) return 'closed';
    return this.#breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** Whatever is held was throttled: only another item can tell whether it is hot, or the table is. */
  get needsAnother(): boolean {
    return !this.#admission.hasUntried;
  }

  /**
   * Runs `call` until it works. `item` names what it writes. Rejects with `STORE_REJECTED` when the store names the item,
   * and with the engine's error or `STOPPED` once `signal` aborts: then the caller hands the work back. A call under way is
   * never cut off.
   */
  async hold<T>(item: string, call: () => Promise<T>, signal: AbortSignal, lane: Lane = 'records'): Promise<T> {
    const { clock, random, onEngineError } = this.#dependencies;
    const attempt = () => this.#breaker.execute(() => this.#noting(item, call));
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#admission.run(lane, item, attempt, signal);
      } catch (error) {
        if (hasCode(error, 'STORE_REJECTED')) throw error;
        const engines = error instanceof StillThrottled ? error.cause : error;
        if (signal.aborted) throw engines;
        this.#suspect = lane;
        const waitMs = backoffMs(failures, workBackoff, random);
        if (isFirst(engines, this.#told)) onEngineError(engines, waitMs);
        // Else it waits for its admission, which needs no timer of its own.
        if (this.state === 'closed') await clock.sleep(waitMs, signal);
        if (signal.aborted) throw engines;
      }
    }
  }

  /** Shuts the gate, and lets one call through it after a while: its outcome opens the gate or calls this again. */
  async #probeLater(): Promise<void> {
    const { clock, random, signal } = this.#dependencies;
    this.#admission.shut();
    const step = Math.min(probeBackoff.maxMs, probeBackoff.firstMs * 2 ** Math.min(this.#probes, 30));
    this.#probes += 1;
    await clock.sleep((step / 2) * (1 + random()), signal);
    if (!signal.aborted) this.#admission.letOneThrough(this.#suspect);
  }

  #resume(): void {
    this.#probes = 0;
    this.#failingSince = undefined;
    this.#admission.open();
  }

  /** Takes note of how long the engine has failed, and tells an item that is throttled again and again from several that are. */
  async #noting<T>(item: string, call: () => Promise<T>): Promise<T> {
    const begunAt = this.#dependencies.clock.monotonic();
    try {
      const result = await call();
      this.#throttledItems.clear();
      this.#answered();
      return result;
    } catch (error) {
      if (isAnswer(error)) this.#answered();
      // A call that hangs while others are answered says nothing of that time.
      else this.#failingSince ??= Math.max(begunAt, this.#answeredAt);
      if (!(error instanceof Error && throttlings.has(error.name))) throw error;
      if (this.#throttledItems.has(item)) throw new StillThrottled('throttled again', { cause: error });
      this.#throttledItems.add(item);
      throw error;
    }
  }

  #answered(): void {
    this.#failingSince = undefined;
    this.#answeredAt = this.#dependencies.clock.monotonic();
  }

  /**
   * One hot parcel alone must not stop the others, unless nothing else has worked for long; a probe that is throttled has
   * not found the engine well, whatever it wrote.
   */
  #isEnginesFault(error: unknown): boolean {
    if (isAnswer(error)) return false;
    if (this.state !== 'closed') return true;
    if (error instanceof StillThrottled) return this.#isFailingForLong();
    return isFirst(error, this.#counted);
  }

  #isFailingForLong(): boolean {
    const since = this.#failingSince;
    return since !== undefined && this.#dependencies.clock.monotonic() - since >= failingToOpenMs;
  }
}

/** The engine is well: the item is at fault, or other writers are. */
function isAnswer(error: unknown): boolean {
  return hasCode(error, 'STORE_REJECTED') || hasCode(error, 'STORE_CONTENDED');
}

/** Whether this very object was not met before; remembers it. */
function isFirst(error: unknown, met: WeakSet<object>): boolean {
  if (typeof error !== 'object' || error === null) return true;
  const first = !met.has(error);
  met.add(error);
  return first;
}

/** An item was throttled that was throttled before, and nothing else succeeded in between. */
class StillThrottled extends Error {}
