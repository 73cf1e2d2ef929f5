import type { Clock } from '../clock.ts';

/**
 * At most `perSecond` tokens per second, and at once no more than one second's worth (at least one token). Taking
 * reserves the next token and waits until it is there, so that callers are served in their order.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  readonly #clock: Clock;
  /** Monotonic time before which the server wants no request. Whoever has taken a token looks at it once more. */
  pausedUntil = Number.NEGATIVE_INFINITY;
  /** Negative: reserved ahead of time. */
  #tokens: number;
  #countedAt: number;

  constructor(options: { readonly perSecond: number; readonly clock: Clock }) {
    this.#perSecond = options.perSecond;
    this.#capacity = Math.max(1, options.perSecond);
    this.#clock = options.clock;
    this.#tokens = this.#capacity;
    this.#countedAt = options.clock.monotonic();
  }

  /** Resolves once a token was taken, or early and without one when `signal` aborts: callers check the signal. */
  async take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#fill();
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    // A timer may fire a fraction of a millisecond early; rounding up keeps the promise to the server.
    await this.#clock.sleep(Math.ceil((-this.#tokens * 1_000) / this.#perSecond), signal);
    if (signal.aborted) this.#tokens += 1;
  }

  /**
   * Takes a token, and resolves with true, when a request may begin: after {@link pausedUntil} and after the time that
   * `notBefore` returns, both monotonic, which may move while this waits. Resolves with false once `signal` aborts.
   *
   * @param clock of the caller's loop
   */
  async takeWhenAllowed(notBefore: () => number, clock: Clock, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const ms = Math.max(notBefore(), this.pausedUntil) - clock.monotonic();
      if (ms > 0) await clock.sleep(Math.ceil(ms), signal);
      else {
        await this.take(signal);
        if (signal.aborted) return false;
        if (this.pausedUntil <= clock.monotonic()) return true;
        // The feed has asked others to wait since.
        this.giveBack();
      }
    }
    return false;
  }

  /** A token that was taken is not used. */
  giveBack(): void {
    this.#fill();
    this.#tokens = Math.min(this.#capacity, this.#tokens + 1);
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    const filled = this.#tokens + ((now - this.#countedAt) * this.#perSecond) / 1_000;
    this.#tokens = Math.min(this.#capacity, filled);
    this.#countedAt = now;
  }
}
