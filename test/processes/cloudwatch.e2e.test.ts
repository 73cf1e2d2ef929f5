import type { ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { cloudWatchNamespace } from '@waybill/shared/metrics.ts';
import { describe, expect, test } from 'vitest';
import { isMetricLine, type Published, published } from '../../packages/shared/test/embedded-metric-format.ts';
import { rigs } from './rig.ts';
import { until } from './until.ts';

const openRig = rigs();
const namespace = cloudWatchNamespace('e2e');
const clean = { code: 0, signal: null };

/** The metrics that CloudWatch makes of everything that the process wrote. */
function publishedBy(service: ServiceProcess): Published[] {
  return service.log().filter(isMetricLine).flatMap(published);
}

/** The sum over all exports of a counter without dimensions, or with these. */
function sumOf(metrics: readonly Published[], name: string, dimensions: Published['dimensions'] = {}): number {
  const asked = JSON.stringify(dimensions);
  return metrics
    .filter((metric) => metric.name === name && JSON.stringify(metric.dimensions) === asked)
    .reduce((sum, { value }) => sum + (typeof value === 'number' ? value : value.Count), 0);
}

describe('the bytes that a process writes for CloudWatch', () => {
  test('add up to what its /metrics says, over several exports and the last one at the stop', async (context) => {
    const rig = await openRig(context, { events: 600 });
    const env = { CLOUDWATCH_NAMESPACE: namespace, OTEL_METRIC_EXPORT_INTERVAL: '1000', LOG_LEVEL: 'warn' };
    const processor = rig.processor(env);
    const poller = rig.poller(env);
    await rig.drained(poller);
    await until('both wrote more than once', () =>
      [poller, processor].every((service) => new Set(publishedBy(service).map(({ at }) => at)).size > 1),
    );
    const [scrapedPoller, scrapedProcessor] = [await poller.metrics(), await processor.metrics()];
    expect(await Promise.all([poller.stop(), processor.stop()])).toEqual([clean, clean]);

    const ofPoller = publishedBy(poller);
    const ofProcessor = publishedBy(processor);
    for (const metric of [...ofPoller, ...ofProcessor]) expect(metric.namespace).toBe(namespace);

    expect(sumOf(ofPoller, 'waybill.feed.events')).toBe(scrapedPoller.sum('waybill_feed_events_total'));
    expect(sumOf(ofPoller, 'waybill.feed.rejections')).toBe(scrapedPoller.sum('waybill_feed_rejections_total'));
    // Pages are read until the stop.
    expect(sumOf(ofPoller, 'waybill.feed.pages')).toBeGreaterThanOrEqual(scrapedPoller.sum('waybill_feed_pages_total'));
    expect(lastOf(ofPoller, 'waybill.feed.position')).toBe(scrapedPoller.sum('waybill_feed_position'));

    const events = scrapedProcessor.sum('waybill_processor_events_total');
    expect(events).toBeGreaterThan(400);
    expect(sumOf(ofProcessor, 'waybill.processor.events')).toBe(events);
    const messages = scrapedProcessor.sum('waybill_processor_scan_to_state_count');
    expect(messages).toBeGreaterThan(0);
    expect(sumOf(ofProcessor, 'waybill.processor.scan_to_state')).toBe(messages);
    for (const [metric, attribute] of [
      ['waybill.processor.outcomes', 'outcome'],
      ['waybill.store.write_units', 'table'],
    ] as const) {
      const scraped = scrapedProcessor.by(`${metric.replaceAll('.', '_')}_total`, attribute);
      expect(Object.keys(scraped)).not.toEqual([]);
      for (const [value, count] of Object.entries(scraped))
        expect(sumOf(ofProcessor, metric, { [attribute]: value })).toBe(count);
    }
  });

  test('report its states at every export, though nothing changes, and the last one at the stop', async (context) => {
    const rig = await openRig(context);
    const holder = rig.poller();
    await until('it holds the lease', async () => (await holder.metrics()).sum('waybill_poller_lease') === 1);
    // Far shorter than the lease, so that only the state is left to report.
    const standby = rig.poller({ CLOUDWATCH_NAMESPACE: namespace, OTEL_METRIC_EXPORT_INTERVAL: '200' });
    const reported = () => publishedBy(standby).filter(({ name }) => name === 'waybill.poller.lease');
    await until('it reported its state several times', () => reported().length > 3);
    const before = reported().length;
    expect(await standby.stop()).toEqual(clean);
    expect(reported().length).toBeGreaterThan(before);
    for (const { value } of reported()) expect(value).toBe(0);
  });

  test('are none without a namespace', async (context) => {
    const rig = await openRig(context);
    const processor = rig.processor({ OTEL_METRIC_EXPORT_INTERVAL: '100' });
    await processor.ready();
    await processor.stop();
    expect(processor.log().filter(isMetricLine)).toEqual([]);
    expect(processor.log().length).toBeGreaterThan(0);
  });
});

/** A gauge's last value. */
function lastOf(metrics: readonly Published[], name: string): Published['value'] | undefined {
  return metrics.findLast((metric) => metric.name === name)?.value;
}
