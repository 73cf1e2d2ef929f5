import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';
import { traceparentAttribute } from '../../queue/message-attributes.ts';

/** Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header-field-values; what a later one adds is passed over. */
const form = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The context as `traceparent` spells it: 55 characters. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

/** The context in the attributes of a message. Any sender can set them: what is not one is none. */
export function originOf(attributes: Readonly<Record<string, string>>): SpanContext | undefined {
  const text = attributes[traceparentAttribute];
  if (text === undefined) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = form.exec(text) ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

/** The trace that shows the message, 32 hex digits; undefined where it was not sampled. */
export function traceIdOf(attributes: Readonly<Record<string, string>>): string | undefined {
  const origin = originOf(attributes);
  return origin && origin.traceFlags !== TraceFlags.NONE ? origin.traceId : undefined;
}
