import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { published } from '../../test/embedded-metric-format.ts';
import { serveUntilTestEnds } from '../../test/local-service.ts';
import { metricDefinitions } from '../metrics.ts';
import { createMetrics } from './create-metrics.ts';
import { startTelemetry, type Telemetry } from './telemetry.ts';

afterEach(() => void vi.unstubAllEnvs());

async function scrape(telemetry: Telemetry): Promise<string> {
  const url = await serveUntilTestEnds(telemetry.serveMetrics);
  return await (await fetch(`${url}/metrics`)).text();
}

/** Every metric moved once, with the attributes it is defined with. */
function moveEach(telemetry: Telemetry): void {
  const metrics = createMetrics(telemetry.meter);
  for (const [name, definition] of Object.entries(metricDefinitions)) {
    const keys = 'attributes' in definition ? Object.keys(definition.attributes) : [];
    const attributes = Object.fromEntries(keys.map((key) => [key, `${key}-tried`]));
    // The names are the definitions' own; Object.entries cannot say so.
    const instrument = metrics[name as keyof typeof metricDefinitions];
    if ('add' in instrument) instrument.add(3, attributes);
    else instrument.record(3, attributes);
  }
}

/** The name under which Prometheus has a metric. */
function prometheusName(name: string, kind: string): string {
  return `${name.replaceAll('.', '_')}${kind === 'counter' ? '_total' : ''}`;
}

describe('the Prometheus page', () => {
  test.for(Object.entries(metricDefinitions))(
    'has %s with its unit, its kind and its meaning',
    async ([name, definition]) => {
      const telemetry = startTelemetry({ service: 'test', otlp: false });
      moveEach(telemetry);
      const page = await scrape(telemetry);
      const shown = prometheusName(name, definition.kind);
      expect(page).toContain(`# HELP ${shown} ${definition.meaning.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`);
      expect(page).toContain(`# TYPE ${shown} ${definition.kind}`);
      expect(page).toContain(`# UNIT ${shown} ${definition.unit}`);
      expect(page).toMatch(new RegExp(`^${shown}(_sum)?(\\{.*\\})? 3$`, 'm'));
      if ('attributes' in definition)
        for (const key of Object.keys(definition.attributes))
          expect(page).toMatch(new RegExp(`^${shown}.*${key}="${key}-tried"`, 'm'));
      if ('buckets' in definition)
        for (const bound of definition.buckets)
          expect(page).toMatch(new RegExp(`^${shown}_bucket\\{.*le="${bound}"`, 'm'));
      await telemetry.stop();
    },
  );

  test('adds up what is counted', async () => {
    const telemetry = startTelemetry({ service: 'test', otlp: false });
    const metrics = createMetrics(telemetry.meter);
    metrics['waybill.feed.events'].add(100);
    metrics['waybill.feed.events'].add(1);
    metrics['waybill.feed.rejections'].add(1, { reason: 'INVALID_ID' });
    metrics['waybill.feed.rejections'].add(2, { reason: 'TOO_LONG' });
    const page = await scrape(telemetry);
    expect(page).toMatch(/^waybill_feed_events_total(\{[^}]*\})? 101$/m);
    expect(page).toMatch(/^waybill_feed_rejections_total\{.*reason="INVALID_ID".*\} 1$/m);
    expect(page).toMatch(/^waybill_feed_rejections_total\{.*reason="TOO_LONG".*\} 2$/m);
    await telemetry.stop();
  });
});

describe('metric definitions', () => {
  test('say what they mean, in names that alarms can rely on', () => {
    for (const [name, { meaning, unit }] of Object.entries(metricDefinitions)) {
      expect(name).toMatch(/^waybill\.[a-z_]+\.[a-z_]+$/);
      expect(meaning).toMatch(/./);
      expect(unit).toMatch(/^(s|1|\{[a-z]+\})$/);
    }
  });
});

describe('the push by OTLP', () => {
  test('brings the metrics to the collector that the environment names, at the latest when stopping', async () => {
    const received = Promise.withResolvers<{ url: string | undefined; names: string[] }>();
    const collector = await serveUntilTestEnds(async (request, response) => {
      const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
      const metrics: { name: string }[] = body.resourceMetrics[0].scopeMetrics[0].metrics;
      received.resolve({ url: request.url, names: metrics.map(({ name }) => name) });
      response.end('{}');
    });
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector);
    const telemetry = startTelemetry({ service: 'test', otlp: true });
    moveEach(telemetry);
    await telemetry.stop();
    const { url, names } = await received.promise;
    expect(url).toBe('/v1/metrics');
    expect(names.toSorted()).toEqual(Object.keys(metricDefinitions).toSorted());
  });

  test('is off unless asked for', async () => {
    let pushed = 0;
    const collector = await serveUntilTestEnds((_, response) => {
      pushed += 1;
      response.end('{}');
    });
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector);
    const telemetry = startTelemetry({ service: 'test', otlp: false });
    moveEach(telemetry);
    await telemetry.stop();
    expect(pushed).toBe(0);
  });
});

describe('a collector that is away', () => {
  /** A port on which nobody listens. */
  const nobody = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  };

  test('because it refuses, never answers or is overloaded neither fails a stop nor hangs it', async () => {
    const silent = () => undefined;
    const overloaded: RequestListener = (_, response) => void response.writeHead(503).end();
    const collectors = await Promise.all([nobody(), serveUntilTestEnds(silent), serveUntilTestEnds(overloaded)]);
    const stops = collectors.map((collector) => {
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector);
      const telemetry = startTelemetry({ service: 'test', otlp: true });
      moveEach(telemetry);
      return telemetry.stop();
    });
    const before = performance.now();
    await Promise.all(stops);
    expect(performance.now() - before).toBeLessThan(8_000);
  });

  test('takes no more of a stop than is left of its time', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', await serveUntilTestEnds(() => undefined));
    const telemetry = startTelemetry({ service: 'test', otlp: true });
    moveEach(telemetry);
    const before = performance.now();
    await telemetry.stop(300);
    expect(performance.now() - before).toBeLessThan(3_000);
  });

  test('does not keep Prometheus from being answered', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', await serveUntilTestEnds(() => undefined));
    const telemetry = startTelemetry({ service: 'test', otlp: true });
    moveEach(telemetry);
    expect(await scrape(telemetry)).toContain('waybill_feed_pages_total');
    void telemetry.stop();
  });
});

describe('the lines for CloudWatch', () => {
  test('are written at the stop, whatever becomes of the push by OTLP', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', await serveUntilTestEnds(() => undefined));
    const lines: string[] = [];
    const telemetry = startTelemetry({
      service: 'test',
      otlp: true,
      cloudWatchNamespace: 'Waybill/test',
      writeLine: (line) => lines.push(line),
    });
    moveEach(telemetry);
    void telemetry.stop();
    await vi.waitFor(() => expect(lines).not.toEqual([]));
    const found = lines.flatMap(published);
    expect(found).toContainEqual(expect.objectContaining({ name: 'waybill.feed.pages', value: 3 }));
    for (const { namespace } of found) expect(namespace).toBe('Waybill/test');
  });

  test('are written every so often', async () => {
    const lines: string[] = [];
    const telemetry = startTelemetry({
      service: 'test',
      otlp: false,
      cloudWatchNamespace: 'Waybill/test',
      exportIntervalMs: 1,
      writeLine: (line) => lines.push(line),
    });
    createMetrics(telemetry.meter)['waybill.poller.lease'].record(1);
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(2));
    await telemetry.stop();
    const written = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(lines).toHaveLength(written);
  });

  test('are none without a namespace', async () => {
    const lines: string[] = [];
    const telemetry = startTelemetry({ service: 'test', otlp: false, writeLine: (line) => lines.push(line) });
    moveEach(telemetry);
    await telemetry.stop();
    expect(lines).toEqual([]);
  });

  test('do not take the fixed buckets from Prometheus', async () => {
    const telemetry = startTelemetry({
      service: 'test',
      otlp: false,
      cloudWatchNamespace: 'Waybill/test',
      writeLine: () => undefined,
    });
    createMetrics(telemetry.meter)['waybill.processor.scan_to_state'].record(3);
    expect(await scrape(telemetry)).toMatch(/^waybill_processor_scan_to_state_bucket\{.*le="5".*\} 1$/m);
    await telemetry.stop();
  });
});
