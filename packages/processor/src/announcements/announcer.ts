import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { Milestones } from '@waybill/shared/domain/milestones.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import { AnnouncementQueue, type AnnouncementTarget } from './announcement-queue.ts';
import { reachedMilestones } from './reached-milestones.ts';
import { TooOld } from './too-old.ts';

export type AnnouncerSettings = {
  readonly queues: readonly AnnouncementTarget[];
  /** A milestone that is older is not announced, milliseconds; undefined: all are announced. */
  readonly maxAgeMs: number | undefined;
};

export type AnnouncerDependencies = AnnouncerSettings & {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
};

/** Announces the milestones that messages brought, to each of the queues. */
export class Announcer {
  readonly #deps: AnnouncerDependencies;
  readonly #queues: readonly AnnouncementQueue[];
  readonly #tooOld: TooOld;

  constructor(deps: AnnouncerDependencies) {
    this.#deps = deps;
    this.#queues = deps.queues.map((target) => new AnnouncementQueue({ ...deps, ...target }));
    this.#tooOld = new TooOld(deps);
  }

  /**
   * Announces which of a message's events are stored as milestones. Resolves once each queue has confirmed all of them;
   * waits for as long as one does not. Rejects once `signal` aborts, which is the same in every call.
   *
   * @param stored the milestones that are stored, by parcel
   * @param span of the work on the message, where it is traced
   */
  async announce(
    events: readonly ScanEvent[],
    stored: ReadonlyMap<number, Milestones>,
    signal: AbortSignal,
    span?: TraceSpan,
  ): Promise<void> {
    const { clock, maxAgeMs, metrics } = this.#deps;
    const sinceMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : clock.now() - maxAgeMs;
    const { announced, tooOld } = reachedMilestones(events, stored, sinceMs);
    if (tooOld.length > 0) this.#tooOld.note(tooOld);
    if (announced.length === 0) return;
    const begunAt = clock.monotonic();
    await Promise.all(this.#queues.map((queue) => queue.announce(announced, signal, span)));
    metrics['waybill.announcements.delay'].record((clock.monotonic() - begunAt) / 1_000);
  }

  /** For readiness: a queue that does not take announcements holds the messages that bring milestones. */
  finding(): Finding {
    const away = this.#queues.filter(({ state }) => state !== 'closed');
    if (away.length === 0) return { ok: true, detail: 'closed' };
    return { ok: false, detail: away.map(({ name, state }) => `${name}: ${state}`).join(', ') };
  }
}
