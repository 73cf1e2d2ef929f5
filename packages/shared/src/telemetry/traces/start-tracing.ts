import { setTimeout as delay } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { resourceOf } from '../resource.ts';
import type { SamplerName } from './sampler-names.ts';
import { samplerOf } from './samplers.ts';
import { createTracing, type Tracing } from './tracing.ts';

export type TraceSettings = {
  readonly sampler: SamplerName;
  /** Of traces that begin here, 0 to 1; for samplers by ratio. */
  readonly ratio: number;
  /** Milliseconds between two exports. */
  readonly scheduleDelayMs: number;
};

export type StartedTracing = {
  readonly tracing: Tracing;
  /** Exports what is left, for 5 s or `limitMs` at most. Never rejects. */
  readonly stop: (limitMs?: number) => Promise<void>;
};

/** Milliseconds that the last export may take. */
const exportLimitMs = 5_000;

/**
 * Traces that are exported by OTLP/HTTP; `OTEL_EXPORTER_OTLP_*` say where and how. Up to 2,048 spans wait for an export; more are
 * dropped, as while a collector is away.
 *
 * @param service the traces' service name, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` name another
 */
export function startTracing(service: string, { sampler, ratio, scheduleDelayMs }: TraceSettings): StartedTracing {
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(),
    scheduledDelayMillis: scheduleDelayMs,
  });
  const { tracing, provider } = createTracing({
    sampler: samplerOf(sampler, ratio),
    resource: resourceOf(service),
    spanProcessors: [processor],
  });
  return {
    tracing,
    stop: async (limitMs = exportLimitMs) => {
      const limit = new AbortController();
      const over = delay(Math.min(limitMs, exportLimitMs), undefined, { signal: limit.signal, ref: false });
      await Promise.race([provider.shutdown(), over]).catch(() => undefined);
      limit.abort();
      over.catch(() => undefined);
    },
  };
}
