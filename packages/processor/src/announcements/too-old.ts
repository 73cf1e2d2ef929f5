import type { Clock } from '@waybill/shared/clock.ts';
import type { Announcement } from '@waybill/shared/domain/announcement.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';

/** Milliseconds between two lines: a catch-up over years meets thousands of them per second. */
const quietMs = 60_000;

export type TooOldDependencies = {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
  readonly metrics: Metrics;
};

/** Counts milestones that nobody is told of for their age, and says so once a minute. */
export class TooOld {
  readonly #deps: TooOldDependencies;
  #loggedAt = Number.NEGATIVE_INFINITY;
  /** Since the last line. */
  #count = 0;

  constructor(deps: TooOldDependencies) {
    this.#deps = deps;
  }

  note(milestones: readonly Announcement[]): void {
    const { clock, log, metrics } = this.#deps;
    metrics['waybill.announcements.too_old'].add(milestones.length);
    this.#count += milestones.length;
    const now = clock.monotonic();
    const [first] = milestones;
    if (!first || now - this.#loggedAt < quietMs) return;
    const { parcelId, milestone, eventId } = first;
    log.info(
      { milestones: this.#count, parcelId, milestone, eventId },
      'milestones older than ANNOUNCE_MAX_AGE_HOURS, nobody is told of them',
    );
    this.#loggedAt = now;
    this.#count = 0;
  }
}
