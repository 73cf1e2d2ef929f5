import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import { type Published, published } from '../../test/embedded-metric-format.ts';
import { metricDefinitions } from '../metrics.ts';
import { CloudWatchReader } from './cloudwatch-reader.ts';
import { createMetrics } from './create-metrics.ts';

const now = Date.parse('2026-05-11T21:11:34Z');

/** The instruments, and what CloudWatch makes of what is exported of them. */
function exported(write?: (line: string) => void) {
  const lines: string[] = [];
  const reader = new CloudWatchReader({
    namespace: 'Waybill/test',
    intervalMs: 3_600_000,
    write: write ?? ((line) => lines.push(line)),
    now: () => now,
  });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    metrics: createMetrics(provider.getMeter('waybill')),
    lines,
    /** What one more export brings. */
    next: async (): Promise<Published[]> => {
      const before = lines.length;
      await provider.forceFlush();
      return lines.slice(before).flatMap(published);
    },
    stop: () => provider.shutdown(),
  };
}

const valuesOf = (found: readonly Published[], name: string) =>
  found.filter((metric) => metric.name === name).map(({ dimensions, value }) => ({ dimensions, value }));

describe('what CloudWatch gets', () => {
  test('is each metric that is for it, once for each of its dimension sets, and nothing else', async () => {
    const { metrics, next } = exported();
    for (const [name, definition] of Object.entries(metricDefinitions)) {
      const keys = 'attributes' in definition ? Object.keys(definition.attributes) : [];
      const attributes = Object.fromEntries(keys.map((key) => [key, `${key}-tried`]));
      // The names are the definitions' own; Object.entries cannot say so.
      const instrument = metrics[name as keyof typeof metricDefinitions];
      if ('add' in instrument) instrument.add(3, attributes);
      else instrument.record(3, attributes);
    }
    const found = (await next()).map(({ name, dimensions }) => [name, Object.keys(dimensions)]);
    const expected = Object.entries(metricDefinitions).flatMap(([name, definition]) =>
      'cloudWatch' in definition ? definition.cloudWatch.map((keys) => [name, [...keys]]) : [],
    );
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  test('is in the namespace, dated with the export, in units of its own', async () => {
    const { metrics, next } = exported();
    metrics['waybill.feed.lag'].record(1.5);
    metrics['waybill.feed.pages'].add(1);
    metrics['waybill.poller.lease'].record(1);
    const found = await next();
    expect(found).toHaveLength(3);
    for (const metric of found) expect(metric).toMatchObject({ namespace: 'Waybill/test', at: now });
    expect(Object.fromEntries(found.map(({ name, unit }) => [name, unit]))).toEqual({
      'waybill.feed.lag': 'Seconds',
      'waybill.feed.pages': 'Count',
      'waybill.poller.lease': 'None',
    });
  });

  test('of a counter is what came since the last export: by its dimensions, and summed over all', async () => {
    const { metrics, next } = exported();
    const requests = metrics['waybill.feed.requests'];
    requests.add(5, { outcome: 'ok' });
    requests.add(2, { outcome: 'FEED_UNREADABLE' });
    expect(valuesOf(await next(), 'waybill.feed.requests')).toEqual([
      { dimensions: {}, value: 7 },
      { dimensions: { outcome: 'ok' }, value: 5 },
      { dimensions: { outcome: 'FEED_UNREADABLE' }, value: 2 },
    ]);
    requests.add(1, { outcome: 'ok' });
    expect(valuesOf(await next(), 'waybill.feed.requests')).toEqual([
      { dimensions: {}, value: 1 },
      { dimensions: { outcome: 'ok' }, value: 1 },
    ]);
  });

  test('of a counter that stood still is nothing', async () => {
    const { metrics, next } = exported();
    metrics['waybill.feed.pages'].add(1);
    expect(await next()).toHaveLength(1);
    expect(await next()).toEqual([]);
  });

  test('of a state is what it last was, at every export', async () => {
    const { metrics, next } = exported();
    const breaker = metrics['waybill.processor.breaker'];
    breaker.record(0);
    breaker.record(2);
    expect(valuesOf(await next(), 'waybill.processor.breaker')).toEqual([{ dimensions: {}, value: 2 }]);
    expect(valuesOf(await next(), 'waybill.processor.breaker')).toEqual([{ dimensions: {}, value: 2 }]);
    breaker.record(0);
    expect(valuesOf(await next(), 'waybill.processor.breaker')).toEqual([{ dimensions: {}, value: 0 }]);
  });

  test('of a lag is nothing once no pages are read: a poller that lost the lease would report its last for ever', async () => {
    const { metrics, next } = exported();
    metrics['waybill.feed.lag'].record(3_000);
    expect(valuesOf(await next(), 'waybill.feed.lag')).toEqual([{ dimensions: {}, value: 3_000 }]);
    expect(await next()).toEqual([]);
  });

  test('of a histogram is the distribution since the last export', async () => {
    const { metrics, next } = exported();
    const latency = metrics['waybill.processor.scan_to_state'];
    for (const seconds of [1, 1, 1, 60]) latency.record(seconds);
    expect(valuesOf(await next(), 'waybill.processor.scan_to_state')).toEqual([
      {
        dimensions: {},
        value: { Values: [1, expect.closeTo(60, 1)], Counts: [3, 1], Count: 4, Sum: 63, Min: 1, Max: 60 },
      },
    ]);
    latency.record(5);
    expect(valuesOf(await next(), 'waybill.processor.scan_to_state')).toEqual([
      { dimensions: {}, value: { Values: [5], Counts: [1], Count: 1, Sum: 5, Min: 5, Max: 5 } },
    ]);
  });

  test('is left over at the stop too', async () => {
    const { metrics, lines, stop } = exported();
    metrics['waybill.feed.pages'].add(4);
    await stop();
    expect(valuesOf(lines.flatMap(published), 'waybill.feed.pages')).toEqual([{ dimensions: {}, value: 4 }]);
  });

  test.for([
    ['', 'unknown'],
    ['  ', 'unknown'],
    [':ok', '?ok'],
    ['Größe\n', 'Gr??e?'],
    ['x'.repeat(2_000), 'x'.repeat(1_024)],
  ] as const)('under the value %j has a dimension that CloudWatch takes', async ([reason, shown]) => {
    const { metrics, next } = exported();
    metrics['waybill.processor.failures'].add(1, { reason });
    expect(valuesOf(await next(), 'waybill.processor.failures')).toContainEqual({
      dimensions: { reason: shown },
      value: 1,
    });
  });

  test('has a dimension even where the attribute is missing', async () => {
    const { metrics, next } = exported();
    metrics['waybill.processor.failures'].add(1);
    expect(valuesOf(await next(), 'waybill.processor.failures')).toContainEqual({
      dimensions: { reason: 'unknown' },
      value: 1,
    });
  });
});

test('an export that cannot be written is lost, and the next one is not', async () => {
  const written: string[] = [];
  let isBroken = true;
  const { metrics, next, stop } = exported((line) => {
    if (isBroken) throw new Error('standard output is closed');
    written.push(line);
  });
  metrics['waybill.feed.pages'].add(1);
  await next();
  isBroken = false;
  metrics['waybill.feed.pages'].add(2);
  await next();
  await stop();
  expect(valuesOf(written.flatMap(published), 'waybill.feed.pages')).toEqual([{ dimensions: {}, value: 2 }]);
});
