import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import { published } from '../../test/embedded-metric-format.ts';
import { metricDefinitions } from '../metrics.ts';
import { cloudWatchLines } from './cloudwatch-lines.ts';

const at = Date.parse('2026-05-11T21:11:34Z');

type Values = readonly { readonly [key: string]: string | number }[];

function pointsOf(values: Values) {
  return values.map(({ value, ...attributes }) => ({
    startTime: [0, 0] satisfies [number, number],
    endTime: [1, 0] satisfies [number, number],
    attributes,
    value: Number(value),
  }));
}

function counter(name: string, values: Values): MetricData {
  return {
    descriptor: { name, unit: '{failure}', description: '', valueType: 1 },
    aggregationTemporality: AggregationTemporality.DELTA,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: pointsOf(values),
  };
}

const reasons = (count: number, length = 1) =>
  Array.from({ length: count }, (_, i) => ({ reason: `R${i}`.padEnd(length, 'x'), value: 1 }));

const histogram = (name: string): MetricData => ({
  descriptor: { name, unit: 's', description: '', valueType: 1 },
  aggregationTemporality: AggregationTemporality.DELTA,
  dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
  dataPoints: [
    {
      startTime: [0, 0],
      endTime: [1, 0],
      attributes: {},
      value: {
        count: 96e9,
        sum: 1 / 3,
        scale: 3,
        zeroCount: 0,
        positive: { offset: -40, bucketCounts: Array<number>(96).fill(1e9) },
        negative: { offset: 0, bucketCounts: [] },
        min: 0.001,
        max: 1e9,
      },
    },
  ],
});

describe('lines', () => {
  test('end with a line break and have none within', () => {
    const lines = cloudWatchLines([counter('waybill.processor.failures', reasons(3))], 'Waybill/test', at);
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/^[^\n]+\n$/);
  });

  test('hold a metric once and a hundred of them at most, and lose none', () => {
    const metrics = Array.from({ length: 250 }, () => counter('waybill.feed.pages', [{ value: 1 }]));
    const others = Array.from({ length: 3 }, () => counter('waybill.feed.events', [{ value: 1 }]));
    const documents = cloudWatchLines([...metrics, ...others], 'Waybill/test', at).map(published);
    expect(documents.flat()).toHaveLength(253);
    for (const document of documents) {
      expect(new Set(document.map(({ name }) => name)).size).toBe(document.length);
    }
  });

  test('are shorter than what Docker cuts, and lose nothing by it', () => {
    // Every metric stands for a histogram that may come.
    const names = Object.entries(metricDefinitions).flatMap(([name, definition]) =>
      'cloudWatch' in definition && definition.cloudWatch.some((keys) => keys.length === 0) ? [name] : [],
    );
    const lines = cloudWatchLines(names.map(histogram), 'Waybill/test', at);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(16_384);
    const found = lines.flatMap(published).filter(({ dimensions }) => Object.keys(dimensions).length === 0);
    expect(found.map(({ name }) => name)).toEqual(names);
  });

  test('keep distributions apart, so that a refused one takes no state along', () => {
    const mixed = [
      counter('waybill.feed.pages', [{ value: 1 }]),
      histogram('waybill.processor.scan_to_state'),
      counter('waybill.feed.events', [{ value: 1 }]),
    ];
    const documents = cloudWatchLines(mixed, 'Waybill/test', at).map(published);
    expect(documents.map((document) => document.map(({ name }) => name))).toEqual([
      ['waybill.feed.pages', 'waybill.feed.events'],
      ['waybill.processor.scan_to_state'],
    ]);
  });

  test('hold no value that JSON cannot tell', () => {
    const broken = counter('waybill.feed.pages', [{ value: Number.NaN }, { value: Number.POSITIVE_INFINITY }]);
    expect(cloudWatchLines([broken], 'Waybill/test', at)).toEqual([]);
  });

  test('of gauges with several values show the highest', () => {
    const lags: MetricData = {
      descriptor: { name: 'waybill.feed.lag', unit: 's', description: '', valueType: 1 },
      aggregationTemporality: AggregationTemporality.DELTA,
      dataPointType: DataPointType.GAUGE,
      dataPoints: pointsOf([
        { value: 3, feed: 'a' },
        { value: 7, feed: 'b' },
        { value: 5, feed: 'c' },
      ]),
    };
    const [highest] = cloudWatchLines([lags], 'Waybill/test', at);
    expect(published(highest ?? '')).toMatchObject([{ name: 'waybill.feed.lag', value: 7 }]);
  });

  test('have nothing of metrics that are not Waybill’s, or not for CloudWatch', () => {
    const others = [counter('http.server.requests', [{ value: 1 }]), counter('waybill.queue.sends', [{ value: 1 }])];
    expect(cloudWatchLines(others, 'Waybill/test', at)).toEqual([]);
  });
});
