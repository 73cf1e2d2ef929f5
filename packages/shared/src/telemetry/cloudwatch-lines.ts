import type { Attributes } from '@opentelemetry/api';
import { DataPointType, type MetricData, type SumMetricData } from '@opentelemetry/sdk-metrics';
import { definitionOf } from '../metrics.ts';
import { type Distribution, distributionOf } from './cloudwatch-distribution.ts';

/** One metric for one combination of dimension values. */
type Reading = {
  readonly name: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number | Distribution;
};

/** Most metrics of one document (embedded metric format specification, "MetricDirective object"). */
const maxMetrics = 100;

/**
 * Longest line, with its line break: Docker's log drivers cut lines at 16 KiB (moby's `daemon/logger/copier.go`), and
 * half a document is not valid JSON. CloudWatch Logs itself accepts 256 KiB and more.
 */
const maxLineBytes = 16_384;

/** Most characters of a dimension's value (embedded metric format specification, "DimensionSet array"). */
const maxDimensionCharacters = 1_024;

/**
 * The metrics for CloudWatch as lines in its embedded metric format: one JSON document for each combination of
 * dimension values, ended by a line break. Metrics without a data point are left out.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param at when the values were read, milliseconds since 1970
 */
export function cloudWatchLines(metrics: readonly MetricData[], namespace: string, at: number): string[] {
  const groups = Object.groupBy(metrics.flatMap(readingsOf), ({ dimensions }) => JSON.stringify(dimensions));
  return Object.values(groups).flatMap((group = []) =>
    documentsOf(group).flatMap((readings) => lines(readings, namespace, at)),
  );
}

function readingsOf(metric: MetricData): Reading[] {
  const { name, unit } = metric.descriptor;
  const sets = definitionOf(name)?.cloudWatch ?? [];
  return sets.flatMap((keys) =>
    valuesOf(metric, keys).map(({ dimensions, value }) => ({ name, unit: cloudWatchUnit(unit), dimensions, value })),
  );
}

type Value = Pick<Reading, 'dimensions' | 'value'>;

/** A metric's data points, folded by these keys: counts are added, of gauges the highest is kept, as alarms read it. */
function valuesOf(metric: MetricData, keys: readonly string[]): Value[] {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      return folded(counted(metric), keys, (a, b) => a + b);
    case DataPointType.GAUGE:
      return folded(metric.dataPoints, keys, Math.max);
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return metric.dataPoints.map(({ attributes, value }) => ({
        dimensions: dimensionsOf(attributes, keys),
        value: distributionOf(value),
      }));
    case DataPointType.HISTOGRAM:
      // The reader asks for none of these: fixed buckets are too wide for percentiles.
      return [];
  }
}

/** Without the zeros with which a counter begins for Prometheus: here no data means 0, and costs nothing. */
function counted({ descriptor, dataPoints }: SumMetricData): SumMetricData['dataPoints'] {
  return definitionOf(descriptor.name)?.fromZero ? dataPoints.filter(({ value }) => value !== 0) : dataPoints;
}

function folded(
  points: readonly { readonly attributes: Attributes; readonly value: number }[],
  keys: readonly string[],
  fold: (a: number, b: number) => number,
): Value[] {
  const values = new Map<string, { dimensions: Record<string, string>; value: number }>();
  for (const { attributes, value } of points) {
    // JSON has no infinities, and CloudWatch refuses a document with a null for a value.
    if (!Number.isFinite(value)) continue;
    const dimensions = dimensionsOf(attributes, keys);
    const key = JSON.stringify(dimensions);
    const before = values.get(key);
    values.set(key, { dimensions, value: before ? fold(before.value, value) : value });
  }
  return [...values.values()];
}

function dimensionsOf(attributes: Attributes, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, dimensionValue(attributes[key])]));
}

/**
 * Text that CloudWatch accepts as a dimension's value: ASCII, not blank, no colon first (API reference, "Dimension").
 */
function dimensionValue(value: Attributes[string]): string {
  const text = String(value ?? '')
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/^:/, '?')
    .slice(0, maxDimensionCharacters);
  return text.trim() === '' ? 'unknown' : text;
}

/** OpenTelemetry's units (UCUM) as CloudWatch names them; `{event}` and the like count something. */
function cloudWatchUnit(unit: string): string {
  if (unit === 's') return 'Seconds';
  return unit.startsWith('{') ? 'Count' : 'None';
}

/**
 * Splits readings into documents of at most {@link maxMetrics}, each name once in a document. Distributions get
 * documents of their own: their form is not in the specification, and a refused document loses all that is in it, the
 * breaker's alarm included.
 */
function documentsOf(readings: readonly Reading[]): Reading[][] {
  const documents: Reading[][] = [];
  for (const reading of readings) {
    const fitting = documents.find(
      (document) =>
        document.length < maxMetrics &&
        document.every(({ name, value }) => name !== reading.name && typeof value === typeof reading.value),
    );
    if (fitting) fitting.push(reading);
    else documents.push([reading]);
  }
  return documents;
}

function lines(readings: readonly Reading[], namespace: string, at: number): string[] {
  // ASCII throughout, so that characters are bytes.
  const line = `${JSON.stringify(document(readings, namespace, at))}\n`;
  if (line.length <= maxLineBytes || readings.length === 1) return [line];
  const half = Math.ceil(readings.length / 2);
  return [readings.slice(0, half), readings.slice(half)].flatMap((part) => lines(part, namespace, at));
}

function document(readings: readonly Reading[], namespace: string, at: number) {
  const dimensions = readings[0]?.dimensions ?? {};
  return {
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [Object.keys(dimensions)],
          Metrics: readings.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(readings.map(({ name, value }) => [name, value])),
  };
}
