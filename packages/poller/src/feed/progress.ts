import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { Hole } from './position.ts';

export type ProgressDependencies = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<
    Metrics,
    'waybill.feed.pages' | 'waybill.feed.lag' | 'waybill.feed.holes' | 'waybill.feed.retention_holes'
  >;
  /** What readiness says of the progress. */
  readonly find: (finding: Finding) => void;
};

/** A page that cannot move the position, and what was seen around it. */
export type Standstill = { readonly fromEventId: number; readonly elements: number; readonly seen: number };

/** Tells readiness, metrics and the log how the position gets on. */
export class Progress {
  readonly #deps: ProgressDependencies;
  /** Nothing was found beyond a page that cannot move the position. */
  #standsStill = false;

  constructor(deps: ProgressDependencies) {
    this.#deps = deps;
  }

  /** The position moved, or stands where there is nothing newer. */
  isWell(detail: string): void {
    this.#standsStill = false;
    this.#deps.find({ ok: true, detail });
  }

  /**
   * These pages were read at the position, the newest event in them scanned then (milliseconds since 1970). They count
   * unless the position stands still. What looks around elsewhere is no progress, and not to be counted here.
   */
  count(pages: number, newestScannedAt?: number): void {
    const { metrics, clock } = this.#deps;
    if (this.#standsStill) return;
    metrics['waybill.feed.pages'].add(pages);
    if (newestScannedAt !== undefined)
      metrics['waybill.feed.lag'].record(Math.max(0, clock.now() - newestScannedAt) / 1_000);
  }

  /** The feed has nothing newer. */
  isUpToDate(): void {
    this.#deps.metrics['waybill.feed.lag'].record(0);
  }

  crossed(hole: Hole, elements: number, isFarLarger: boolean): void {
    const { metrics, log } = this.#deps;
    metrics['waybill.feed.holes'].add(1);
    if (isFarLarger) metrics['waybill.feed.retention_holes'].add(1);
    log[isFarLarger ? 'error' : 'warn'](
      { ...hole, elements },
      isFarLarger
        ? 'hole far larger than the feed’s gaps crossed: its retention may have passed us'
        : 'hole in the feed crossed',
    );
  }

  /** The feed's tail, where an element without a usable id just stays. */
  isAtEnd(last: number, standstill: Standstill): void {
    this.isWell(`at ${last}, the end of the feed`);
    this.#deps.log.info(standstill, 'end of the feed');
  }

  isStuck(standstill: Standstill): void {
    const { log, find } = this.#deps;
    this.#standsStill = true;
    find({ ok: false, detail: `no progress: from ${standstill.fromEventId} on the feed shows no usable id` });
    log.error(
      standstill,
      'no progress: the feed shows no usable id; nothing is lost, but nothing newer is read either',
    );
  }
}
