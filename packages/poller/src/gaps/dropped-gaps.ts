import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { type GapLedger, mostOpenGaps } from './gap-ledger.ts';

export type DroppedGapsDependencies = {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.dropped_gaps'>;
  /** `GAP_PATIENCE_SECONDS`, in milliseconds. */
  readonly patienceMs: number;
};

/** Open gaps below which an episode is over: far enough below the most that there are, so that one does not end and begin with every page. */
const fewGaps = mostOpenGaps / 2;

/**
 * Counts gaps that were dropped because there were too many, and says so once an episode: the watermark has passed ids
 * that were not asked for as long as they should have been.
 */
export class DroppedGaps {
  readonly #deps: DroppedGapsDependencies;
  #dropped = 0;

  constructor(deps: DroppedGapsDependencies) {
    this.#deps = deps;
  }

  /** So many were dropped, of which these are left, at `now`. Milliseconds of the ledger's clock. */
  add(dropped: number, ledger: GapLedger, now: number): void {
    if (dropped === 0) return;
    const { log, metrics, patienceMs } = this.#deps;
    metrics['waybill.feed.dropped_gaps'].add(dropped);
    if (this.#dropped === 0)
      log.warn(
        {
          dropped,
          watched: ledger.length,
          patienceSeconds: patienceMs / 1_000,
          reachSeconds: reachMs(ledger, now) / 1_000,
        },
        'too many open gaps: dropped the oldest, the watermark moves past them',
      );
    this.#dropped += dropped;
  }

  /** The ledger as it is now, at `now`: where few gaps are left, the episode is over. */
  look(ledger: GapLedger, now: number): void {
    if (this.#dropped === 0 || ledger.length > fewGaps) return;
    const { log } = this.#deps;
    log.info(
      { dropped: this.#dropped, watched: ledger.length, reachSeconds: reachMs(ledger, now) / 1_000 },
      'open gaps back within the limit',
    );
    this.#dropped = 0;
  }
}

/** For how long the oldest gap has been watched: what is left of the patience for those that come now. */
function reachMs(ledger: GapLedger, now: number): number {
  return ledger.reduce((most, { seenAt }) => Math.max(most, now - seenAt), 0);
}
