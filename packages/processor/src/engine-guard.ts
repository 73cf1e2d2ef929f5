import type { Clock, Random } from '@waybill/shared/clock.ts';
import { hasCode } from '@waybill/shared/error.ts';
import { type Backoff, backoffMs, retry } from '@waybill/shared/retry.ts';
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

/** Failures in a row after which the engine is taken to be down. */
const failuresToOpen = 5;
/** Time between probes of an engine that is down; grows while it stays down. */
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

  constructor(dependencies: GuardDependencies) {
    this.#dependencies = dependencies;
    this.#slots = bulkhead(dependencies.concurrency, Number.POSITIVE_INFINITY);
    this.#breaker = circuitBreaker(
      handleWhen((error) => !hasCode(error, 'STORE_REJECTED')),
      {
        breaker: new ConsecutiveBreaker(failuresToOpen),
        // At least half of each step, so that jitter never makes the probes hot.
        halfOpenAfter: new DelegateBackoff(({ attempt }) => {
          const step = probeBackoff.firstMs / 2 + backoffMs(attempt, probeBackoff, dependencies.random) / 2;
          return Math.min(step, probeBackoff.maxMs);
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
   * Runs `call` until it works. Rejects with `STORE_REJECTED` when the store names the item, and with the engine's last
   * error once `signal` aborts: then the caller hands the work back. A call under way is never cut off.
   */
  async hold<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random, onEngineError } = this.#dependencies;
    return await retry(() => this.#breaker.execute(() => this.#slots.execute(call, signal)), {
      clock,
      random,
      signal,
      backoff: workBackoff,
      onFailure: (error, _attempt, waitMs) => {
        if (hasCode(error, 'STORE_REJECTED')) throw error;
        if (!(error instanceof BrokenCircuitError)) onEngineError(error, waitMs);
      },
    });
  }
}
