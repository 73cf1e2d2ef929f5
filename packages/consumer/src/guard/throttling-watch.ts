import { throttlingCountsAfterMs } from './breaker-limits.ts';

/** A call that the guard repeats, as its caller sees it and may end it. */
export type HeldCall = {
  /** Monotonic milliseconds since which each of its attempts was throttled; undefined while it has not failed, or failed otherwise. */
  throttledAt: number | undefined;
  /** Set by the caller: nobody waits for its result any more. It is not attempted again and rejects. */
  isAbandoned: boolean;
};

/** When something last happened, monotonic milliseconds: shows whether throttling hits one part of the engine or all of it. */
export type ThrottlingSigns = {
  /** A call was throttled. */
  readonly throttledAt: number;
  /** A call failed otherwise, for the engine's fault. */
  readonly failedAt: number;
  /** A call of the handler succeeded. */
  readonly doneAt: number;
  /** A call succeeded that had been throttled before: throttling passes by itself. */
  readonly recoveredAt: number;
};

/** What the guard remembers of calls that the engine throttled. */
export class ThrottlingWatch implements ThrottlingSigns {
  throttledAt = Number.NEGATIVE_INFINITY;
  failedAt = Number.NEGATIVE_INFINITY;
  doneAt = Number.NEGATIVE_INFINITY;
  recoveredAt = Number.NEGATIVE_INFINITY;
  /** Items throttled, or tried as a probe where others go first, since any call last succeeded. */
  readonly items = new Set<string>();

  readonly wasTried = (item: string): boolean => this.items.has(item);

  /**
   * A call failed. Returns whether that is throttling which says nothing of the engine as a whole: the item was throttled
   * before, or others were done just now. Of a hand full of items in one throttled part each is new, and they say no more
   * than one does.
   */
  failed(item: string, isThrottled: boolean, now: number): boolean {
    if (!isThrottled) {
      this.failedAt = now;
      return false;
    }
    const isKnown = this.items.has(item) || now - this.doneAt < throttlingCountsAfterMs;
    this.items.add(item);
    this.throttledAt = now;
    return isKnown;
  }

  /** One attempt of the call failed. */
  noteFailure(held: HeldCall, isThrottled: boolean): void {
    held.throttledAt = isThrottled ? (held.throttledAt ?? this.throttledAt) : undefined;
  }
}
