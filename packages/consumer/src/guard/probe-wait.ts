import type { Clock, Random } from '@waybill/shared/clock.ts';
import { type BreakerLimits, longestAskedWaitMs } from './breaker-limits.ts';

export type ProbeWaitDependencies = {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<BreakerLimits, 'probeBackoff' | 'askedWaitMs'>;
  readonly signal: AbortSignal;
};

/** When an engine that is down may be asked again. */
export class ProbeWait {
  readonly #deps: ProbeWaitDependencies;
  /** Probes since the breaker was last closed. */
  #probes = 0;
  /** Monotonic milliseconds before which the engine asks to be left alone. */
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(deps: ProbeWaitDependencies) {
    this.#deps = deps;
  }

  /** Remembers for how long the error asks to be left alone. Returns whether it does. */
  isAskedFor(error: unknown): boolean {
    const { clock, limits } = this.#deps;
    const asked = limits.askedWaitMs?.(error);
    if (asked === undefined) return false;
    this.#notBefore = Math.max(this.#notBefore, clock.monotonic() + Math.min(asked, longestAskedWaitMs));
    return true;
  }

  /** The engine works: the next outage begins with the shortest wait. */
  reset(): void {
    this.#probes = 0;
  }

  /** Waits until the next probe is due, or until the signal aborts. */
  async next(): Promise<void> {
    const { clock, random, limits, signal } = this.#deps;
    const { firstMs, maxMs } = limits.probeBackoff;
    const step = Math.min(maxMs, firstMs * 2 ** Math.min(this.#probes, 30));
    this.#probes += 1;
    let waitMs = (step / 2) * (1 + random());
    do {
      await clock.sleep(waitMs, signal);
      // A request that was under way may have asked for more meanwhile.
      waitMs = this.#notBefore - clock.monotonic();
    } while (waitMs > 0 && !signal.aborted);
  }
}
