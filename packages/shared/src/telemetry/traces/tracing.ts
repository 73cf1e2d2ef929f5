import {
  createContextKey,
  ROOT_CONTEXT,
  type SpanContext,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { RandomIdGenerator, type Sampler, TracerProvider, type TracerProviderOptions } from '@opentelemetry/sdk-trace';
import { TraceSpan } from './trace-span.ts';

/** Where traces begin and go on. Wherever it is undefined, traces are off. */
export type Tracing = {
  /** Begins a trace. Undefined where the sampler leaves it out. */
  readonly begin: (name: string, options?: SpanOptions) => TraceSpan | undefined;
  /**
   * Goes on with what a message brings: a span of the same trace that links to `origin`, and is no child of it. Undefined where the
   * sampler leaves it out.
   */
  readonly follow: (origin: SpanContext, name: string, options?: SpanOptions) => TraceSpan | undefined;
};

/** Where a sampler finds what a span follows: it decides as if that were the parent. */
const followed = createContextKey('waybill followed');

/**
 * Makes spans with OpenTelemetry's own SDK. What it has no words for is a span that has no parent and belongs to a trace: that is
 * made by the trace id that it asks for.
 */
export function createTracing(options: TracerProviderOptions & { readonly sampler: Sampler }): {
  readonly tracing: Tracing;
  readonly provider: TracerProvider;
} {
  const random = new RandomIdGenerator();
  let traceId: string | undefined;
  const provider = new TracerProvider({
    ...options,
    sampler: following(options.sampler),
    idGenerator: {
      generateTraceId: () => traceId ?? random.generateTraceId(),
      generateSpanId: () => random.generateSpanId(),
    },
  });
  const tracer = provider.getTracer('waybill');
  return {
    provider,
    tracing: {
      begin: (name, spanOptions = {}) => recorded(tracer, tracer.startSpan(name, spanOptions, ROOT_CONTEXT)),
      follow: (origin, name, spanOptions = {}) => {
        const links = [{ context: origin }, ...(spanOptions.links ?? [])];
        // It is asked for before `startSpan` returns.
        traceId = origin.traceId;
        try {
          const context = ROOT_CONTEXT.setValue(followed, trace.wrapSpanContext(origin));
          return recorded(tracer, tracer.startSpan(name, { ...spanOptions, links }, context));
        } finally {
          traceId = undefined;
        }
      },
    },
  };
}

function recorded(tracer: Tracer, span: ReturnType<Tracer['startSpan']>): TraceSpan | undefined {
  return span.isRecording() ? new TraceSpan(tracer, span) : undefined;
}

function following(sampler: Sampler): Sampler {
  return {
    shouldSample: (context, ...rest) => {
      const origin = context.getValue(followed);
      return sampler.shouldSample(isSpan(origin) ? trace.setSpan(context, origin) : context, ...rest);
    },
    toString: () => sampler.toString(),
  };
}

function isSpan(value: unknown): value is ReturnType<typeof trace.wrapSpanContext> {
  return typeof value === 'object' && value !== null && 'spanContext' in value;
}
