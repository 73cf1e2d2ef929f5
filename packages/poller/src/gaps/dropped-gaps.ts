import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';

export type DroppedGapsDependencies = {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.dropped_gaps'>;
  /** `GAP_PATIENCE_SECONDS`, in milliseconds. */
  readonly patienceMs: number;
};

/** Ranges that are still open, and the age up to which skipped ids are asked for. */
type Watched = { readonly open: number; readonly reachMs: number };

/**
 * Counts gaps that were dropped before their patience was over, and logs each episode once: the watermark has passed ids
 * that were not asked for as long as they should have been. An episode is over when none was dropped for a whole patience.
 */
export class DroppedGaps {
  readonly #deps: DroppedGapsDependencies;
  /** Dropped in this episode; 0 while there is none. */
  #dropped = 0;
  #droppedAt = 0;

  constructor(deps: DroppedGapsDependencies) {
    this.#deps = deps;
  }

  /** Notes that `dropped` gaps were dropped at `now`, milliseconds of one monotonic clock. To be called with 0, too. */
  note(dropped: number, { open, reachMs }: Watched, now: number): void {
    if (dropped === 0 && this.#dropped === 0) return;
    const { log, metrics, patienceMs } = this.#deps;
    const watched = { open, reachSeconds: Math.round(reachMs / 1_000), patienceSeconds: patienceMs / 1_000 };
    if (dropped > 0) {
      metrics['waybill.feed.dropped_gaps'].add(dropped);
      if (this.#dropped === 0)
        log.warn({ dropped, ...watched }, 'gaps dropped before their patience was over, the watermark moves past them');
      this.#dropped += dropped;
      this.#droppedAt = now;
    } else if (now - this.#droppedAt >= patienceMs) {
      log.info({ dropped: this.#dropped, ...watched }, 'gaps are watched for their whole patience again');
      this.#dropped = 0;
    }
  }
}
