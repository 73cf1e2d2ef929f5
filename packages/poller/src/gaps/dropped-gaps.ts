import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { type GapLedger, mostOpenGaps } from './gap-ledger.ts';

export type DroppedGapsDependencies = {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.dropped_gaps'>;
  /** `GAP_PATIENCE_SECONDS`, in milliseconds. */
  readonly patienceMs: number;
};

/** Open gaps at which an episode is over: far enough below the limit that an episode does not end and begin with every page. */
const fewGaps = mostOpenGaps / 2;

/**
 * Counts gaps that were dropped because there were too many, and logs each episode once: the watermark has passed ids
 * that were not asked for as long as they should have been.
 */
export class DroppedGaps {
  readonly #deps: DroppedGapsDependencies;
  /** Dropped in this episode; 0 while there is none. */
  #dropped = 0;

  constructor(deps: DroppedGapsDependencies) {
    this.#deps = deps;
  }

  /** Notes that `dropped` gaps were dropped at `now`, and that this ledger is left. Milliseconds of the ledger's clock. */
  note(dropped: number, ledger: GapLedger, now: number): void {
    if (dropped === 0 && this.#dropped === 0) return;
    const { log, metrics, patienceMs } = this.#deps;
    const open = { watched: ledger.length, reachSeconds: reachMs(ledger, now) / 1_000 };
    if (dropped > 0) {
      metrics['waybill.feed.dropped_gaps'].add(dropped);
      if (this.#dropped === 0)
        log.warn(
          { dropped, ...open, patienceSeconds: patienceMs / 1_000 },
          'too many open gaps: dropped the oldest, the watermark moves past them',
        );
      this.#dropped += dropped;
    }
    if (ledger.length <= fewGaps) {
      log.info({ dropped: this.#dropped, ...open }, 'open gaps back within the limit');
      this.#dropped = 0;
    }
  }
}

/** Age of the oldest watched gap, milliseconds: new gaps will be watched for about as long. */
function reachMs(ledger: GapLedger, now: number): number {
  return ledger.reduce((most, { seenAt }) => Math.max(most, now - seenAt), 0);
}
