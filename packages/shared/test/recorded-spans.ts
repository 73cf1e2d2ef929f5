import { InMemorySpanExporter, type Sampler, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import type { SamplerName } from '../src/telemetry/traces/sampler-names.ts';
import { samplerOf } from '../src/telemetry/traces/samplers.ts';
import { createTracing, type Tracing } from '../src/telemetry/traces/tracing.ts';

/** A span that has ended. */
export type RecordedSpan = {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** Ids of the spans that it links to. */
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isFailed: boolean;
  /** Milliseconds. */
  readonly tookMs: number;
};

/** Traces by a sampler, all unless given, and the spans that have ended, in that order. */
export function recordedSpans(
  name: SamplerName = 'parentbased_always_on',
  ratio = 1,
): {
  readonly tracing: Tracing;
  readonly spans: () => readonly RecordedSpan[];
  /** The only span of this name. */
  readonly spanOf: (name: string) => RecordedSpan;
} {
  const exporter = new InMemorySpanExporter();
  const sampler: Sampler = samplerOf(name, ratio);
  const { tracing } = createTracing({ sampler, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const spans = () =>
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      parentId: span.parentSpanContext?.spanId,
      links: span.links.map(({ context }) => context.spanId),
      attributes: span.attributes,
      isFailed: span.status.code === 2,
      tookMs: span.duration[0] * 1_000 + span.duration[1] / 1e6,
    }));
  return {
    tracing,
    spans,
    spanOf: (wanted) => {
      const [found, ...others] = spans().filter((span) => span.name === wanted);
      if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} spans are named ${wanted}`);
      return found;
    },
  };
}
