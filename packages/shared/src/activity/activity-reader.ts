import { AggregationTemporality, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Clock } from '../clock.ts';
import type { Item, ProcessIdentity } from './activity-item.ts';
import { activityItem } from './activity-item.ts';
import type { ActivityLog } from './activity-log.ts';
import { emptyLog, withInterval } from './activity-log.ts';
import { pointsOf } from './points.ts';

export type ActivityReaderOptions = {
  readonly identity: ProcessIdentity;
  /** Milliseconds between two writes. */
  readonly intervalMs: number;
  /** Writes the item. What it rejects with is told to `failed`, and nothing else happens. */
  readonly put: (item: Item) => Promise<void>;
  readonly failed: (error: unknown) => void;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
};

/** Milliseconds between two writes of a process: six write units per minute. */
export const activityIntervalMs = 10_000;

/**
 * Keeps what this process did in the last hour, from its own metrics, and has it written every so often: the loops know nothing
 * of it. While one write is under way, the next is left out; the item that follows says it all. The last one says that the
 * process stops.
 *
 * Not an exporter for the SDK's periodic reader: that one exports nothing while nothing changes.
 */
export class ActivityReader extends MetricReader {
  readonly #options: ActivityReaderOptions;
  #log: ActivityLog;
  /** The end of the last interval, by the clock that is never set. */
  #endedAt: number;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #hasTold = false;

  constructor(options: ActivityReaderOptions) {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
    this.#options = options;
    this.#log = emptyLog(options.identity.kind, options.clock.now());
    this.#endedAt = options.clock.monotonic();
  }

  protected override onInitialized(): void {
    this.#timer = setInterval(() => void this.#tell(), this.#options.intervalMs);
    this.#timer.unref();
  }

  protected override async onForceFlush(): Promise<void> {
    await this.#tell();
    await this.#writing;
  }

  protected override async onShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#tell({ isLast: true });
    await this.#writing;
  }

  async #tell(how: { readonly isLast?: boolean } = {}): Promise<void> {
    const { identity, put, failed, clock } = this.#options;
    try {
      const { resourceMetrics } = await this.collect();
      const points = pointsOf(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics));
      const endedAt = clock.monotonic();
      this.#log = withInterval(this.#log, points, clock.now(), Math.max(1, Math.round(endedAt - this.#endedAt)));
      this.#endedAt = endedAt;
    } catch (error) {
      failed(error);
    }
    if (this.#writing !== undefined || (how.isLast && this.#hasNothingToSay())) return;
    this.#hasTold = true;
    this.#writing = put(activityItem(identity, this.#log, how))
      .catch(failed)
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** Of a process that ends where it has just begun: one that is started again and again must not fill the table. */
  #hasNothingToSay(): boolean {
    return !this.#hasTold && this.#log.recent.every(({ counts }) => [...counts.values()].every((count) => count === 0));
  }
}
