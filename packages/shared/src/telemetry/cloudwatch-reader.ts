import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import { definitionOf } from '../metrics.ts';
import { maxBuckets } from './cloudwatch-distribution.ts';
import { cloudWatchLines } from './cloudwatch-lines.ts';

export type CloudWatchOptions = {
  readonly namespace: string;
  /** Milliseconds between two exports. */
  readonly intervalMs: number;
  /** Writes a line (with its line break) before it returns. */
  readonly write: (line: string) => unknown;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/**
 * Writes what changed since the last export, as lines from which CloudWatch Logs makes metrics: increments of counters,
 * gauges that were recorded, and gauges of a state in any case. A line that cannot be written is lost, without an
 * error.
 *
 * Not an exporter for the SDK's periodic reader: that one exports nothing while nothing changes, states included.
 */
export class CloudWatchReader extends MetricReader {
  readonly #options: CloudWatchOptions;
  readonly #states = new Map<string, MetricData>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CloudWatchOptions) {
    super({
      aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
      aggregationSelector: (instrument) =>
        instrument === InstrumentType.HISTOGRAM
          ? { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: maxBuckets } }
          : { type: AggregationType.DEFAULT },
    });
    this.#options = options;
  }

  protected override onInitialized(): void {
    this.#timer = setInterval(() => void this.#export(), this.#options.intervalMs);
    this.#timer.unref();
  }

  protected override async onForceFlush(): Promise<void> {
    await this.#export();
  }

  protected override async onShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#export();
  }

  async #export(): Promise<void> {
    const { namespace, write, now } = this.#options;
    try {
      const { resourceMetrics } = await this.collect();
      const changed = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
      for (const metric of changed) {
        if (definitionOf(metric.descriptor.name)?.lasting) this.#states.set(metric.descriptor.name, metric);
      }
      const passing = changed.filter(({ descriptor }) => !this.#states.has(descriptor.name));
      for (const line of cloudWatchLines([...this.#states.values(), ...passing], namespace, now())) write(line);
    } catch {
      // Standard output is gone, and the log with it.
    }
  }
}
