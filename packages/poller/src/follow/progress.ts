import type { Clock } from '@waybill/shared/clock.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';

export type ProgressDependencies = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<
    Metrics,
    'waybill.feed.pages' | 'waybill.feed.lag' | 'waybill.feed.holes' | 'waybill.feed.retention_holes'
  >;
  readonly reportHealth: (part: 'progress', finding: Finding) => void;
};

/** A page that cannot move the position, and how many elements were seen around it. */
export type Standstill = { readonly fromEventId: number; readonly elements: number; readonly seen: number };

/** Reports to readiness, metrics and the log how the position moves. */
export class Progress {
  readonly #deps: ProgressDependencies;
  /** Nothing was found beyond a page that cannot move the position. */
  #isStuck = false;

  constructor(deps: ProgressDependencies) {
    this.#deps = deps;
  }

  /** The position moved, or stands where there is nothing newer. */
  reportGood(detail: string): void {
    this.#isStuck = false;
    this.#deps.reportHealth('progress', { ok: true, detail });
  }

  /**
   * Counts pages that were read at the position, unless it is stuck. `newestScannedAt` is when their newest event was
   * scanned, milliseconds since 1970. Pages that a search reads elsewhere are not progress and not counted here.
   */
  countPages(pages: number, newestScannedAt?: number): void {
    const { metrics, clock } = this.#deps;
    if (this.#isStuck) return;
    metrics['waybill.feed.pages'].add(pages);
    if (newestScannedAt !== undefined)
      metrics['waybill.feed.lag'].record(Math.max(0, clock.now() - newestScannedAt) / 1_000);
  }

  /** The feed has nothing newer. */
  reportUpToDate(): void {
    this.#deps.metrics['waybill.feed.lag'].record(0);
  }

  reportHole(hole: IdRange, elements: number, isFarLarger: boolean): void {
    const { metrics, log } = this.#deps;
    metrics['waybill.feed.holes'].add(1);
    if (isFarLarger) metrics['waybill.feed.retention_holes'].add(1);
    log[isFarLarger ? 'error' : 'warn'](
      { ...hole, elements },
      isFarLarger
        ? 'hole far larger than usual crossed: the feed may have deleted events before they were read'
        : 'hole in the feed crossed',
    );
  }

  /** The end of the feed is an element without a usable id, which stays there. */
  reportEnd(last: number, standstill: Standstill): void {
    this.reportGood(`at ${last}, the end of the feed`);
    this.#deps.log.info(standstill, 'end of the feed');
  }

  reportStuck(standstill: Standstill): void {
    const { log, reportHealth } = this.#deps;
    this.#isStuck = true;
    const detail = `no progress: from ${standstill.fromEventId} on the feed shows no usable id`;
    reportHealth('progress', { ok: false, detail });
    log.error(
      standstill,
      'no progress: the feed shows no usable id; nothing is lost, but nothing newer is read either',
    );
  }
}
