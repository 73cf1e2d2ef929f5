import type { RequestListener, ServerResponse } from 'node:http';
import type { Meter } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, type MetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { pino } from 'pino';
import { describeError } from '../error.ts';
import { CloudWatchReader } from './cloudwatch-reader.ts';
import { resourceOf } from './resource.ts';

export type Telemetry = {
  readonly meter: Meter;
  /** Serves a GET of `/metrics` in the Prometheus text format. */
  readonly serveMetrics: RequestListener;
  /** Exports what is left, for 5 s or `limitMs` at most. Never rejects: an unreachable collector must not make a stop fail. */
  readonly stop: (limitMs?: number) => Promise<void>;
};

export type TelemetryOptions = {
  /** The metrics' service name, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` name another. */
  readonly service: string;
  /** Exports by OTLP/HTTP; `OTEL_EXPORTER_OTLP_*` say where and how. */
  readonly otlp: boolean;
  /** Writes the metrics for CloudWatch to standard output; empty for none. */
  readonly cloudWatchNamespace?: string;
  /** Milliseconds between two exports. */
  readonly exportIntervalMs?: number;
  /** Takes CloudWatch's lines, instead of standard output. */
  readonly writeLine?: (line: string) => unknown;
  /** Reads all metrics, too. */
  readonly reader?: MetricReader;
  /** Metrics of other libraries, for Prometheus only: the text of its page. */
  readonly otherMetrics?: () => Promise<string>;
};

/** Milliseconds that the last export may take. */
const exportLimitMs = 5_000;

/** Metrics that Prometheus can fetch, and that are exported where the options say. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const { exportIntervalMs: intervalMs = 60_000, cloudWatchNamespace: namespace = '' } = options;
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const otlp = () =>
    new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), exportIntervalMillis: intervalMs });
  const cloudWatch = () =>
    new CloudWatchReader({ namespace, intervalMs, write: options.writeLine ?? standardOutput(), now: Date.now });
  const readers = [
    prometheus,
    ...(options.otlp ? [otlp()] : []),
    ...(namespace === '' ? [] : [cloudWatch()]),
    ...(options.reader ? [options.reader] : []),
  ];
  const provider = new MeterProvider({ resource: resourceOf(options.service), readers });
  const serializer = new PrometheusSerializer();
  const page = async () => {
    const { resourceMetrics } = await prometheus.collect();
    // Alerts are about Waybill's own: what reads the process, /proc for example, must not take them along.
    const others = await options.otherMetrics?.().catch(commentOf);
    return `${serializer.serialize(resourceMetrics)}${others ?? ''}`;
  };
  return {
    meter: provider.getMeter('waybill'),
    serveMetrics: (_, response) => void sendPage(response, page),
    stop: (limitMs = exportLimitMs) =>
      provider.shutdown({ timeoutMillis: Math.min(limitMs, exportLimitMs) }).catch(() => undefined),
  };
}

/** A line that Prometheus passes over. */
function commentOf(error: unknown): string {
  return `# no metrics of the process: ${describeError(error).replaceAll(/\s+/g, ' ')}\n`;
}

async function sendPage(response: ServerResponse, page: () => Promise<string>): Promise<void> {
  try {
    const text = await page();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`no metrics: ${describeError(error)}\n`);
  }
}

/**
 * Writes whole lines to standard output before it returns, even while a pipe is full. The log does the same, so their
 * lines never mix.
 */
function standardOutput(): (line: string) => unknown {
  const output = pino.destination({ fd: 1, sync: true });
  return (line) => output.write(line);
}
