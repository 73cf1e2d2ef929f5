import { expect, test } from 'vitest';
import { serveUntilTestEnds } from '../../test/local-service.ts';
import { createMetrics } from './create-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { startTelemetry } from './telemetry.ts';

/** What a poller shows and writes in which nothing has happened yet but this. */
async function poller(happened: (metrics: ReturnType<typeof createMetrics>) => void, name?: string) {
  const lines: string[] = [];
  const telemetry = startTelemetry({
    service: 'test',
    otlp: false,
    cloudWatchNamespace: 'Waybill/test',
    writeLine: (line) => lines.push(line.replace(/"Timestamp":\d+/, '')),
    ...(name && { otherMetrics: processMetrics() }),
  });
  happened(createMetrics(telemetry.meter, name));
  const url = await serveUntilTestEnds(telemetry.serveMetrics);
  const page = await (await fetch(url)).text();
  await telemetry.stop();
  return { page, lines };
}

test('the page has what Prometheus knows of every process, by its names, and what cannot be counted from nothing at zero', async () => {
  const { page } = await poller(() => undefined, 'poller');
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'nodejs_heap_size_used_bytes',
    'nodejs_eventloop_lag_p99_seconds',
    ...(process.platform === 'linux' ? ['process_open_fds', 'process_max_fds'] : []),
  ])
    expect(page).toMatch(new RegExp(`^# HELP ${name} .+\\n# TYPE ${name} (gauge|counter)\\n${name} \\S+$`, 'm'));
  expect(page).toContain('# TYPE nodejs_gc_duration_seconds histogram');
  expect(page).toMatch(/^waybill_feed_retention_holes_total\{.*\} 0$/m);
  expect(page).toMatch(/^waybill_feed_unreadable_rows_total\{outcome="hole".*\} 0$/m);
  // Of a processor.
  expect(page).not.toContain('waybill_processor_failures_total');
});

test('CloudWatch gets the same bytes with it as without: each of these metrics would cost money every month', async () => {
  const happened = (metrics: ReturnType<typeof createMetrics>) => {
    metrics['waybill.build.info'].record(1, { service: 'poller', version: '0.1.0', commit: 'unknown', node: 'v24' });
    metrics['waybill.feed.pages'].add(2);
    metrics['waybill.feed.unreadable_rows'].add(1, { outcome: 'cut' });
    metrics['waybill.queue.dead_letters'].record(3, { queue: 'scans' });
    metrics['waybill.queue.depth'].record(3, { queue: 'scans' });
  };
  const [plain, whole] = [await poller(happened), await poller(happened, 'poller')];
  expect(whole.lines).toEqual(plain.lines);
  expect(whole.lines.join('')).not.toMatch(/build|dead_letters|depth|retention|process_|nodejs_/);
  expect(whole.lines).toHaveLength(1);
});

test('where they cannot be read, the page has the others and says so', async () => {
  const telemetry = startTelemetry({
    service: 'test',
    otlp: false,
    otherMetrics: () => Promise.reject(new Error('no such file')),
  });
  createMetrics(telemetry.meter)['waybill.feed.events'].add(3);
  const url = await serveUntilTestEnds(telemetry.serveMetrics);
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(
    /^waybill_feed_events_total(\{.*\})? 3$[\s\S]*^# no metrics of the process: .*no such file\n$/m,
  );
  await telemetry.stop();
});
