import { type Attributes, type Link, SpanKind, type SpanOptions } from '@opentelemetry/api';
import { traceparentAttribute } from '../../queue/message-attributes.ts';
import type { MessageSender, OutgoingMessage, ReceivedMessage } from '../../queue/message-queue.ts';
import { sizeOf } from '../../queue/send.ts';
import { limits } from '../../resources.ts';
import { originOf } from './trace-context.ts';
import type { TraceSpan } from './trace-span.ts';
import type { Tracing } from './tracing.ts';

/** Traces of those who send to a queue or work on its messages. Wherever it is undefined, traces are off. */
export type QueueTraces = Pick<Tracing, 'begin'> & {
  /** Messages that carry on the trace of `span`, and the queue that ends the span of each once it is confirmed. */
  readonly sending: (span: TraceSpan, messages: readonly OutgoingMessage[], queue: MessageSender) => TracedSends;
  /** The work on a message that carries a trace on. Undefined where it carries none: none begins with a message. */
  readonly process: (message: ReceivedMessage) => TraceSpan | undefined;
};

export type TracedSends = { readonly messages: readonly OutgoingMessage[]; readonly queue: MessageSender };

/** @param name of the queue */
export function queueTraces(tracing: Tracing | undefined, name: string): QueueTraces | undefined {
  return (
    tracing && {
      begin: tracing.begin,
      sending: (span, messages, queue) => sending(span, name, messages, queue),
      process: (message) => {
        const origin = originOf(message.attributes);
        return origin && tracing.follow(origin, `process ${name}`, processOptions(name, message));
      },
    }
  );
}

/** The span of one message that is sent; `links` to what else it brings along. */
function sendSpan(span: TraceSpan, name: string, { body }: OutgoingMessage, links: readonly Link[] = []): TraceSpan {
  return span.step(`send ${name}`, {
    kind: SpanKind.PRODUCER,
    links: [...links],
    attributes: { ...messaging(name, 'send'), 'messaging.message.body.size': body.length },
  });
}

/**
 * The span of one message in which the work of several goes on: it belongs to the trace of the first, and links to the others, as
 * each of these does to it.
 */
export function gatheredSpan(
  spans: readonly TraceSpan[],
  name: string,
  message: OutgoingMessage,
): TraceSpan | undefined {
  const [first, ...others] = spans;
  const links = others.map(({ context }) => ({ context }));
  const span = first && sendSpan(first, name, message, links);
  if (span) for (const other of others) other.link(span);
  return span;
}

/** The message as one that the span sends; as it is where SQS would refuse it for the attribute. */
export function carrying(message: OutgoingMessage, span: TraceSpan | undefined): OutgoingMessage {
  if (!span) return message;
  const { traceparent } = span;
  const traced = { ...message, attributes: { ...message.attributes, [traceparentAttribute]: traceparent } };
  return sizeOf(traced) <= limits.sendBytes ? traced : message;
}

function sending(
  span: TraceSpan,
  name: string,
  messages: readonly OutgoingMessage[],
  queue: MessageSender,
): TracedSends {
  const spans = new Map<OutgoingMessage, TraceSpan>();
  for (const message of messages) {
    const send = sendSpan(span, name, message);
    spans.set(carrying(message, send), send);
  }
  return {
    messages: [...spans.keys()],
    queue: {
      sendBatch: async (batch) => {
        const failures = await queue.sendBatch(batch);
        const failed = new Set(failures.map(({ index }) => index));
        for (const [index, message] of batch.entries()) if (!failed.has(index)) spans.get(message)?.end();
        return failures;
      },
    },
  };
}

function processOptions(name: string, { messageId, body, receiveCount }: ReceivedMessage): SpanOptions {
  return {
    kind: SpanKind.CONSUMER,
    attributes: {
      ...messaging(name, 'process'),
      'messaging.message.id': messageId,
      'messaging.message.body.size': body.length,
      'waybill.message.receive_count': receiveCount,
    },
  };
}

/** As OpenTelemetry's conventions for messaging name it (https://opentelemetry.io/docs/specs/semconv/messaging/sqs/). */
function messaging(name: string, operation: 'send' | 'process'): Attributes {
  return {
    'messaging.system': 'aws_sqs',
    'messaging.destination.name': name,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
  };
}
