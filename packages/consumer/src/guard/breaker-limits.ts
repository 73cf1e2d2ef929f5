import type { Backoff } from '@waybill/shared/retry.ts';

/** Failure records written at once, besides the work: behind a backlog of work the reason for a dead letter would come too late. */
export const recordsAtOnce = 8;
/** Failures in a row after which the engine is taken to be down. */
const failuresToOpen = 5;
/**
 * Milliseconds of failures only, after which the breaker opens even below that count. They count from the beginning of the
 * first call that failed, and are noticed when a call fails. At worst that call began just before, after one that took as
 * long, with a backoff between: still within the 15 s in which readiness is lost (design, "Environment").
 */
const failingToOpenMs = 7_000;
/**
 * Milliseconds after the last call that was done, in which throttling does not count as a failure in a row: it hits one
 * part of the engine. More than a hand full of throttled messages needs to be sent on (`send-on.ts`), and well below the 15 s.
 */
export const throttlingCountsAfterMs = 5_000;
/** Time between probes of an engine that is down; grows while it stays down. Jitter takes away half of it at most. */
const probeBackoff: Backoff = { firstMs: 1_000, maxMs: 10_000 };
/** Time between attempts of one piece of work while the breaker is closed. */
const workBackoff: Backoff = { firstMs: 100, maxMs: 2_000 };

/** By what a guard takes its engine to be down, and how it asks whether it is back. */
export type BreakerLimits = {
  readonly failuresToOpen: number;
  readonly failingToOpenMs: number;
  readonly probeBackoff: Backoff;
  readonly workBackoff: Backoff;
  /**
   * Milliseconds for which an error asks that nothing be sent (`Retry-After`). The breaker opens at once, and no probe is made
   * before, for an hour at most. Undefined: it asks for nothing.
   */
  readonly askedWaitMs?: (error: unknown) => number | undefined;
  /** An item that failed as a probe is tried after all others: it may be the only one that fails. */
  readonly probesOthersFirst?: boolean;
};

/** Of an engine of ours. */
export const engineLimits: BreakerLimits = { failuresToOpen, failingToOpenMs, probeBackoff, workBackoff };

/** Longest wait that an error may ask for. */
export const longestAskedWaitMs = 3_600_000;
