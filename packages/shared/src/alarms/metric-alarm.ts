import type { CloudWatchMetricName } from '../metrics.ts';

/** `critical`: data is at risk or does not move, act now; `warning`: look at it within the working day. */
export type Severity = 'critical' | 'warning';

/**
 * An alarm about one of Waybill's own metrics. The alarms of CloudWatch are made from these, and so can rules of Prometheus.
 * It is raised when the value meets `comparison` and `threshold` in `datapoints` (default: all) of the last `periods` periods.
 */
export type MetricAlarm = {
  readonly severity: Severity;
  /** What it means for the users of the data, in sentences. */
  readonly impact: string;
  readonly metric: CloudWatchMetricName;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Over a period: of a counter the sum of its increments, of a gauge the highest value of all processes. */
  readonly statistic: 'Sum' | 'Maximum';
  /** Instead of the sum: percent that it is of itself and this metric together; 0 where it is below `atLeast`. */
  readonly percentWith?: { readonly metric: CloudWatchMetricName; readonly atLeast: number };
  readonly comparison: '>' | '>=' | '<';
  readonly threshold: number;
  /** A multiple of 60. */
  readonly periodSeconds: number;
  readonly periods: number;
  readonly datapoints?: number;
  /** What a period without data counts as. Processes publish a counter only while it counts. */
  readonly missing: 'breaching' | 'notBreaching';
};

/** When processes publish, milliseconds: `OTEL_METRIC_EXPORT_INTERVAL`. */
export type Publishing = { readonly exportIntervalMs: number };

/** Seconds. */
export const minute = 60;
export const hour = 60 * minute;

/**
 * A period of at least `seconds` in which something that comes every `everyMs` comes at least once, whenever the period
 * begins and however late one of them is.
 */
export function periodFor(seconds: number, everyMs: number): number {
  return Math.max(seconds, Math.ceil((2 * everyMs) / 60_000) * minute);
}

/** The default export, every minute, is as long as the shortest period: CloudWatch looks farther back for one that is missing. */
export function publishedEvery({ exportIntervalMs }: Publishing): number {
  return exportIntervalMs <= 60_000 ? 0 : exportIntervalMs;
}
