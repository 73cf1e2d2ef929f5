import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Meter } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

export type Telemetry = {
  readonly meter: Meter;
  /** Answers a GET of `/metrics` in the Prometheus text format. */
  readonly serveMetrics: (request: IncomingMessage, response: ServerResponse) => void;
  /** Pushes what is left; never rejects, because a stop must not fail on a collector that is away. */
  readonly stop: () => Promise<void>;
};

/**
 * Metrics for Prometheus to fetch, and pushed by OTLP/HTTP where `otlp` (then `OTEL_EXPORTER_OTLP_*` say where and how).
 * `service` is their service name, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` give another.
 */
export function startTelemetry(options: { readonly service: string; readonly otlp: boolean }): Telemetry {
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const readers = options.otlp
    ? [prometheus, new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })]
    : [prometheus];
  const named = resourceFromAttributes({ 'service.name': options.service });
  const resource = named.merge(detectResources({ detectors: [envDetector] }));
  const provider = new MeterProvider({ resource, readers });
  return {
    meter: provider.getMeter('waybill'),
    serveMetrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    stop: () => provider.shutdown({ timeoutMillis: 5_000 }).catch(() => undefined),
  };
}
