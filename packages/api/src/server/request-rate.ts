import type { Clock } from '@waybill/shared/clock.ts';

/**
 * At most `perSecond` requests per second for each key, and at once no more than one second's worth: a token bucket, kept
 * as the time at which it will be full again (the generic cell rate algorithm). Knows `mostKeys` keys, and forgets the one
 * not seen for longest.
 */
export class RequestRate {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #perSecond: number;
  readonly #mostKeys: number;
  readonly #fullAt = new Map<string, number>();

  /** @param options `perSecond` 0 for no limit */
  constructor(options: {
    readonly clock: Pick<Clock, 'monotonic'>;
    readonly perSecond: number;
    readonly mostKeys: number;
  }) {
    this.#clock = options.clock;
    this.#perSecond = options.perSecond;
    this.#mostKeys = options.mostKeys;
  }

  /** Whole seconds after which the request may come again; 0 where it may go on, and is counted. */
  take(key: string): number {
    if (this.#perSecond === 0) return 0;
    const now = this.#clock.monotonic();
    const costMs = 1_000 / this.#perSecond;
    const fullAt = Math.max(now, this.#fullAt.get(key) ?? now);
    const waitMs = fullAt - now - (1_000 - costMs);
    // A sum of fractions: a millionth of a millisecond is none.
    const mustWait = waitMs > 1e-6;
    this.#fullAt.delete(key);
    this.#fullAt.set(key, mustWait ? fullAt : fullAt + costMs);
    for (const oldest of this.#fullAt.keys()) {
      if (this.#fullAt.size <= this.#mostKeys) break;
      this.#fullAt.delete(oldest);
    }
    return mustWait ? Math.ceil(waitMs / 1_000) : 0;
  }
}
