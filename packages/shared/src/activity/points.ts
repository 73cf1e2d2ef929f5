import type { Attributes } from '@opentelemetry/api';
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { Selection } from './states.ts';

/** What one metric says of one interval, for one combination of attributes. */
export type Point = {
  readonly metric: string;
  readonly attributes: Attributes;
  /** Of a counter what was added, of a gauge its value, of a histogram the highest value. */
  readonly value: number;
  /** Of a histogram how many values; of a counter what was added; 1 of a gauge. */
  readonly times: number;
};

/** The points of what a reader with delta temporality has collected. */
export function pointsOf(metrics: readonly MetricData[]): readonly Point[] {
  return metrics.flatMap(ofMetric);
}

function ofMetric(data: MetricData): Point[] {
  const metric = data.descriptor.name;
  switch (data.dataPointType) {
    case DataPointType.SUM:
      return data.dataPoints.map(({ attributes, value }) => ({ metric, attributes, value, times: value }));
    case DataPointType.GAUGE:
      return data.dataPoints.map(({ attributes, value }) => ({ metric, attributes, value, times: 1 }));
    case DataPointType.HISTOGRAM:
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return data.dataPoints.map(({ attributes, value: { max = 0, count } }) => ({
        ...{ metric, attributes },
        ...{ value: max, times: count },
      }));
  }
}

/** The points of a metric with these attributes. Values that are no numbers are left out. */
export function selected(points: readonly Point[], { metric, where = {} }: Selection): readonly Point[] {
  return points.filter(
    (point) =>
      point.metric === metric &&
      Number.isFinite(point.value) &&
      Object.entries(where).every(([key, value]) => point.attributes[key] === value),
  );
}

export function timesOf(points: readonly Point[]): number {
  return points.reduce((sum, { times }) => sum + times, 0);
}
