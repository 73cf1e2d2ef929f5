import type { Clock, Random } from '@waybill/shared/clock.ts';
import { hasCode } from '@waybill/shared/error.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';
import {
  BrokenCircuitError,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
} from 'cockatiel';

export type BreakerState = 'closed' | 'half-open' | 'open';

export type GuardDependencies = {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls to the engine at once. */
  readonly concurrency: number;
  /** The engine failed; the work is held and will be tried again. */
  readonly onEngineError: (error: unknown, waitMs: number) => void;
  readonly onStateChange: (state: BreakerState) => void;
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
/** Time between probes of an engine that is down; grows while it stays down. Jitter takes away half of it at most. */
const probeBackoff: Backoff = { firstMs: 1_000, maxMs: 10_000 };
/** Time between attempts of one piece of work. While the breaker is open an attempt costs no request. */
const workBackoff: Backoff = { firstMs: 100, maxMs: 2_000 };

/**
 * Stands between the work and DynamoDB. Whatever fails and does not name the item is the engine's failure: the work is
 * held and tried again in place, and after a few failures in a row a circuit breaker lets a single probe at a time through.
 */
export class EngineGuard {
  readonly #dependencies: GuardDependencies;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #slots;
  /** Items throttled since any call last succeeded. */
  readonly #throttledItems = new Set<string>();
  /** Errors that were met already: a call that carries the writes of many parcels fails once, though each of them fails. */
  readonly #counted = new WeakSet<object>();
  readonly #told = new WeakSet<object>();

  constructor(dependencies: GuardDependencies) {
    this.#dependencies = dependencies;
    this.#slots = {
      parcels: bulkhead(dependencies.concurrency, Number.POSITIVE_INFINITY),
      records: bulkhead(recordsAtOnce, Number.POSITIVE_INFINITY),
    };
    this.#breaker = circuitBreaker(
      handleWhen((error) => this.#isEnginesFault(error)),
      {
        breaker: new ConsecutiveBreaker(failuresToOpen),
        halfOpenAfter: new DelegateBackoff(({ attempt }) => {
          const step = Math.min(probeBackoff.maxMs, probeBackoff.firstMs * 2 ** Math.min(attempt - 1, 30));
          return (step / 2) * (1 + dependencies.random());
        }),
      },
    );
    this.#breaker.onStateChange(() => dependencies.onStateChange(this.state));
  }

  get state(): BreakerState {
    if (this.#breaker.state === CircuitState.Closed) return 'closed';
    return this.#breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /**
   * Runs `call` until it works. `item` names what it writes. Rejects with `STORE_REJECTED` when the store names the item,
   * and with the engine's or the breaker's error once `signal` aborts: then the caller hands the work back. A call under way is never
   * cut off.
   */
  async hold<T>(
    item: string,
    call: () => Promise<T>,
    signal: AbortSignal,
    kind: 'parcels' | 'records' = 'records',
  ): Promise<T> {
    const { clock, random, onEngineError } = this.#dependencies;
    const attempt = () => this.#breaker.execute(() => this.#noting(item, call));
    // Slots outside, breaker inside: what waited for a slot while the engine went down must not reach it.
    return await retry(() => this.#slots[kind].execute(attempt, signal), {
      clock,
      random,
      signal,
      backoff: workBackoff,
      onFailure: (error, _attempt, waitMs) => {
        if (hasCode(error, 'STORE_REJECTED')) throw error;
        const engines = error instanceof StillThrottled ? error.cause : error;
        if (!(error instanceof BrokenCircuitError) && isFirst(engines, this.#told)) onEngineError(engines, waitMs);
      },
    });
  }

  /** Tells an item that is throttled again and again from several that are. */
  async #noting<T>(item: string, call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      this.#throttledItems.clear();
      return result;
    } catch (error) {
      if (!(error instanceof Error && throttlings.has(error.name))) throw error;
      if (this.#throttledItems.has(item)) throw new StillThrottled('throttled again', { cause: error });
      this.#throttledItems.add(item);
      throw error;
    }
  }

  /** One hot parcel alone must not stop the others; a probe that is throttled has not found the engine well, whatever it wrote. */
  #isEnginesFault(error: unknown): boolean {
    if (hasCode(error, 'STORE_REJECTED') || hasCode(error, 'STORE_CONTENDED')) return false;
    if (this.state !== 'closed') return true;
    return !(error instanceof StillThrottled) && isFirst(error, this.#counted);
  }
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
