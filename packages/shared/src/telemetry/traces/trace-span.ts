import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { WaybillError } from '../../error.ts';
import { traceparentOf } from './trace-context.ts';

/**
 * A span that is recorded. It is handed on as a value, to whatever has steps of its own to show; where there is none, nothing is
 * traced. So nothing looks up what is under way, and without traces there is nothing to look up.
 */
export class TraceSpan {
  readonly #tracer: Tracer;
  readonly #span: Span;
  #isEnded = false;

  constructor(tracer: Tracer, span: Span) {
    this.#tracer = tracer;
    this.#span = span;
  }

  /** 32 hex digits. */
  get traceId(): string {
    return this.context.traceId;
  }

  get context(): SpanContext {
    return this.#span.spanContext();
  }

  /** What a message carries that this span sends. */
  get traceparent(): string {
    return traceparentOf(this.context);
  }

  /** A step of this one: its child. */
  step(name: string, options: SpanOptions = {}): TraceSpan {
    return new TraceSpan(this.#tracer, this.#tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, this.#span)));
  }

  /** A request of this one to another program. */
  request(name: string, attributes: Attributes): TraceSpan {
    return this.step(name, { kind: SpanKind.CLIENT, attributes });
  }

  /** Links to a span that goes on with this one's work together with that of others. */
  link(to: TraceSpan): void {
    this.#span.addLink({ context: to.context });
  }

  /**
   * Only the first end counts, so that whoever gives up may end what may have ended.
   *
   * @param atMs when it ended, milliseconds since 1970; now unless given
   */
  end(attributes: Attributes = {}, atMs?: number): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#span.setAttributes(attributes).end(atMs);
  }

  /** Ends with what failed: its code or name. An error's text may hold what no span may. */
  fail(error: unknown, attributes: Attributes = {}): void {
    if (this.#isEnded) return;
    this.mark(error instanceof WaybillError ? error.code : error instanceof Error ? error.name : 'unknown');
    this.end(attributes);
  }

  /** Says that it failed, and by which code. It goes on. */
  mark(code: string): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', code);
  }

  /** Ends when the work does. */
  async around<T>(work: Promise<T>, resultOf: (result: T) => Attributes = () => ({})): Promise<T> {
    try {
      const result = await work;
      this.end(resultOf(result));
      return result;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }
}

/** Counts and ids that a log line has, as attributes: `firstEventId` is `waybill.first_event_id`. */
export function attributesOf(facts: Readonly<Record<string, unknown>>): Attributes {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return typeof value === 'number' ? [[`waybill.${snake}`, value] as const] : [];
    }),
  );
}
