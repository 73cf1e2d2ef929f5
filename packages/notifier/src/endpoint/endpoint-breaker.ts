import type { BreakerLimits } from '@waybill/consumer/guard/breaker-limits.ts';
import type { BreakerState, BreakerView } from '@waybill/consumer/guard/breaker-state.ts';
import { type Fault, Guard } from '@waybill/consumer/guard/guard.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import { describeError, hasCode } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { calmLog } from '@waybill/shared/process/calm-log.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';

export type EndpointName = 'webhook' | 'report';

export type EndpointBreakerDependencies = {
  readonly name: EndpointName;
  /** Requests at once. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Ends the probing. */
  readonly signal: AbortSignal;
  readonly onStateChange: (state: BreakerState) => void;
};

/** For people. */
const shownNames: Readonly<Record<EndpointName, string>> = {
  webhook: 'the webhook',
  report: 'the endpoint of reports',
};

/**
 * By what somebody else's endpoint is taken to be away (docs/notifications.md, "What your response means"). It is asked less
 * often than an engine of ours: it may be away for days. While it is not away, one notification that it cannot take is tried as
 * seldom.
 */
const endpointLimits: BreakerLimits = {
  failuresToOpen: 5,
  failingToOpenMs: 7_000,
  probeBackoff: { firstMs: 1_000, maxMs: 60_000 },
  workBackoff: { firstMs: 500, maxMs: 60_000 },
  askedWaitMs: (error) =>
    hasCode(error, 'ENDPOINT_UNAVAILABLE') ? numberOf(error.details['retryAfterMs']) : undefined,
  probesOthersFirst: true,
};

/**
 * Stands before an endpoint that is not ours. What it refuses for itself is rejected; anything else is held, and made again until
 * the endpoint takes it.
 */
export class EndpointBreaker implements BreakerView {
  readonly #deps: EndpointBreakerDependencies;
  readonly #guard: Guard<'requests'>;
  #lastError = '';

  constructor(deps: EndpointBreakerDependencies) {
    this.#deps = deps;
    const { name, concurrency, log } = deps;
    const engine = shownNames[name];
    const calm = calmLog(deps);
    const failed = `${engine} failed, what it was asked is held`;
    const changed = `breaker of ${engine} changed`;
    this.#guard = new Guard({
      ...deps,
      engine,
      lanes: { requests: concurrency },
      faultOf,
      limits: endpointLimits,
      onEngineError: (error, waitMs) => {
        this.#lastError = describeError(error);
        calm.warn({ err: error, waitMs: Math.round(waitMs) }, failed);
      },
      onStateChange: (state) => {
        deps.onStateChange(state);
        if (state !== 'closed') return calm.warn({ breaker: state }, changed);
        log.warn({ breaker: state }, changed);
        calm.over(changed);
        calm.over(failed, `${engine} works again`);
      },
    });
  }

  get state(): BreakerState {
    return this.#guard.state;
  }

  get needsFreshProbe(): boolean {
    return this.#guard.needsFreshProbe;
  }

  finding(): Finding {
    if (this.state === 'closed') return { ok: true, detail: 'closed' };
    return { ok: false, detail: `${this.state}, the last failure: ${this.#lastError}` };
  }

  /**
   * Makes the request until the endpoint takes it. Rejects with `NOTIFICATION_REFUSED` where it refuses this one, with
   * `NOT_ASKED` where `request` does and has asked nothing, and once `signal` aborts, which also ends a request under way: it
   * may have been taken, and is made again under the same id.
   */
  async call<T>(item: string, request: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.#guard.execute(item, () => this.#measured(request, signal), signal, 'requests');
  }

  async #measured<T>(request: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { name: endpoint, clock, metrics } = this.#deps;
    const begunAt = clock.monotonic();
    const ended = (outcome: string) =>
      metrics['waybill.notifier.request_duration'].record((clock.monotonic() - begunAt) / 1_000, { endpoint, outcome });
    try {
      const taken = await request(signal);
      ended('taken');
      return taken;
    } catch (error) {
      if (hasCode(error, 'NOTIFICATION_REFUSED')) ended('refused');
      else if (!signal.aborted && !hasCode(error, 'NOT_ASKED')) {
        ended('failed');
        metrics['waybill.notifier.endpoint_errors'].add(1, { endpoint, error: statusOf(error) });
      }
      throw error;
    }
  }
}

function faultOf(error: unknown): Fault {
  if (hasCode(error, 'NOT_ASKED')) return 'unasked';
  return hasCode(error, 'NOTIFICATION_REFUSED') ? 'item' : 'engine';
}

function statusOf(error: unknown): string {
  const status = hasCode(error, 'ENDPOINT_UNAVAILABLE') ? numberOf(error.details['status']) : undefined;
  return status === undefined ? 'none' : String(status);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
