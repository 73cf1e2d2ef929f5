import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Distribution, distributionOf, maxBuckets } from './cloudwatch-distribution.ts';

class Reader extends MetricReader {
  constructor() {
    super({
      aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
      aggregationSelector: () => ({
        type: AggregationType.EXPONENTIAL_HISTOGRAM,
        options: { maxSize: maxBuckets },
      }),
    });
  }
  protected override async onForceFlush() {}
  protected override async onShutdown() {}
}

/** What the SDK's own histogram makes of the values. */
async function distributed(values: readonly number[]): Promise<Distribution> {
  const reader = new Reader();
  const histogram = new MeterProvider({ readers: [reader] }).getMeter('test').createHistogram('ages');
  for (const value of values) histogram.record(value);
  const { resourceMetrics } = await reader.collect();
  const [metric] = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  if (metric?.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM || !metric.dataPoints[0])
    throw new Error('no exponential histogram');
  return distributionOf(metric.dataPoints[0].value);
}

/** The distribution as the values that CloudWatch knows of. */
function unfolded({ Values, Counts }: Distribution): number[] {
  return Values.flatMap((value, i) => Array<number>(Counts[i] ?? 0).fill(value));
}

const ages = (most: number) =>
  fc.array(fc.double({ min: 0.001, max: most, noNaN: true }), { minLength: 1, maxLength: 300 });

describe('a distribution', () => {
  test.for([
    [3.7, 0.0453],
    [14_000, 0.0947],
    [604_800, 0.2072],
  ] as const)('of values from 1 ms to %d s shows every percentile within %d of it', async ([most, bound]) => {
    await fc.assert(
      fc.asyncProperty(ages(most), async (values) => {
        const shown = unfolded(await distributed(values));
        const sorted = values.toSorted((a, b) => a - b);
        expect(shown).toHaveLength(sorted.length);
        for (const [i, value] of sorted.entries()) {
          const error = Math.abs((shown[i] ?? Number.NaN) - value) / value;
          expect(error).toBeLessThan(bound);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('fits in what CloudWatch takes of a metric, and is exact in count, sum and extremes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }), async (values) => {
        const { Values, Counts, ...exact } = await distributed(values);
        expect(Values.length).toBeLessThanOrEqual(100);
        expect(Counts).toHaveLength(Values.length);
        expect(exact).toEqual({
          Count: values.length,
          Sum: values.reduce((a, b) => a + b),
          Min: Math.min(...values),
          Max: Math.max(...values),
        });
      }),
      { numRuns: 50 },
    );
  });

  test('of one value is that value', async () => {
    expect(await distributed([2.7])).toEqual({ Values: [2.7], Counts: [1], Count: 1, Sum: 2.7, Min: 2.7, Max: 2.7 });
  });

  test('keeps zeros', async () => {
    expect(await distributed([0, 0, 3])).toMatchObject({ Values: [0, 3], Counts: [2, 1] });
  });
});
