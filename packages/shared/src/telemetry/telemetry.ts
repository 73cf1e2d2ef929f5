import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Meter } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { pino } from 'pino';
import { CloudWatchReader } from './cloudwatch-reader.ts';

export type Telemetry = {
  readonly meter: Meter;
  /** Answers a GET of `/metrics` in the Prometheus text format. */
  readonly serveMetrics: (request: IncomingMessage, response: ServerResponse) => void;
  /** Pushes what is left; never rejects, because a stop must not fail on a collector that is away. */
  readonly stop: () => Promise<void>;
};

export type TelemetryOptions = {
  /** The metrics' service name, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` give another. */
  readonly service: string;
  /** Pushes by OTLP/HTTP; `OTEL_EXPORTER_OTLP_*` say where and how. */
  readonly otlp: boolean;
  /** Writes the metrics that are for CloudWatch to standard output, unless it is empty. */
  readonly cloudWatchNamespace?: string;
  /** Milliseconds between two pushes. */
  readonly exportIntervalMs?: number;
  /** Where CloudWatch's lines go instead of standard output. */
  readonly writeLine?: (line: string) => unknown;
};

/** Metrics for Prometheus to fetch, and pushed to where the options say. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const { exportIntervalMs: intervalMs = 60_000, cloudWatchNamespace: namespace = '' } = options;
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const otlp = () =>
    new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), exportIntervalMillis: intervalMs });
  const cloudWatch = () =>
    new CloudWatchReader({ namespace, intervalMs, write: options.writeLine ?? standardOutput(), now: Date.now });
  const readers = [prometheus, ...(options.otlp ? [otlp()] : []), ...(namespace === '' ? [] : [cloudWatch()])];
  const named = resourceFromAttributes({ 'service.name': options.service });
  const resource = named.merge(detectResources({ detectors: [envDetector] }));
  const provider = new MeterProvider({ resource, readers });
  return {
    meter: provider.getMeter('waybill'),
    serveMetrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    stop: () => provider.shutdown({ timeoutMillis: 5_000 }).catch(() => undefined),
  };
}

/**
 * Writes to standard output, whole, before it returns, also where a pipe is full for a while: as the log does, so that
 * the lines of both never mix.
 */
function standardOutput(): (line: string) => unknown {
  const output = pino.destination({ fd: 1, sync: true });
  return (line) => output.write(line);
}
