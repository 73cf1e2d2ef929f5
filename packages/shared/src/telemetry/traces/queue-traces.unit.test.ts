import { expect, test } from 'vitest';
import { recordedSpans } from '../../../test/recorded-spans.ts';
import type { OutgoingMessage, ReceivedMessage } from '../../queue/message-queue.ts';
import { sizeOf } from '../../queue/send.ts';
import { carrying, gatheredSpan, queueTraces } from './queue-traces.ts';

const received = (attributes: Record<string, string>): ReceivedMessage => ({
  messageId: 'm1',
  receiptHandle: 'r1',
  body: '{}',
  attributes,
  receiveCount: 2,
  sentAtMs: 0,
});

test('each message carries a span of its own, which ends once the queue has confirmed it', async () => {
  const { tracing, spans } = recordedSpans();
  const traces = queueTraces(tracing, 'scans');
  const page = traces?.begin('page');
  if (!traces || !page) throw new Error('the page is traced');
  let refused = [{ index: 1, code: 'InternalError', detail: '' }];
  const sent: OutgoingMessage[][] = [];
  const { messages, queue } = traces.sending(page, [{ body: 'a' }, { body: 'b', attributes: { batchId: '1' } }], {
    sendBatch: async (batch) => {
      sent.push([...batch]);
      return refused;
    },
  });
  await queue.sendBatch(messages);
  expect(spans()).toHaveLength(1);
  refused = [];
  await queue.sendBatch(messages.slice(1));
  page.end();
  const [first, second, ofPage] = spans();
  expect(sent.flat()).toEqual([
    { body: 'a', attributes: { traceparent: `00-${page.traceId}-${first?.spanId}-01` } },
    ...Array(2).fill({
      body: 'b',
      attributes: { batchId: '1', traceparent: `00-${page.traceId}-${second?.spanId}-01` },
    }),
  ]);
  expect([first, second].map((span) => span?.parentId)).toEqual([ofPage?.spanId, ofPage?.spanId]);
  expect(first).toMatchObject({
    name: 'send scans',
    attributes: {
      'messaging.system': 'aws_sqs',
      'messaging.destination.name': 'scans',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.message.body.size': 1,
    },
  });
});

test('a message that SQS would refuse for the attribute goes without', () => {
  const span = recordedSpans().tracing.begin('page');
  const fits = { body: 'x'.repeat(262_144 - 72) };
  expect(sizeOf(carrying(fits, span))).toBe(262_144);
  const whole = { body: `${fits.body}x` };
  expect(carrying(whole, span)).toBe(whole);
});

test('a message that brings no trace begins none', () => {
  const { tracing } = recordedSpans('always_on');
  expect(queueTraces(tracing, 'scans')?.process(received({}))).toBeUndefined();
  expect(queueTraces(tracing, 'scans')?.process(received({ traceparent: 'x' }))).toBeUndefined();
});

test('a message that is received again is worked on in the same trace, as another span', () => {
  const { tracing, spans } = recordedSpans();
  const traces = queueTraces(tracing, 'scans');
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  for (let receive = 1; receive <= 2; receive += 1) traces?.process(received({ traceparent }))?.end();
  const [first, second] = spans();
  expect(first?.spanId).not.toBe(second?.spanId);
  for (const span of [first, second])
    expect(span).toMatchObject({
      name: 'process scans',
      traceId: 'a'.repeat(32),
      links: ['b'.repeat(16)],
      attributes: { 'messaging.message.id': 'm1', 'waybill.message.receive_count': 2 },
    });
});

test('what several traces bring into one message goes on in the first, and each other one links there and back', () => {
  const { tracing, spanOf } = recordedSpans();
  const works = ['first', 'second'].map((name) => tracing.begin(name));
  const spans = works.flatMap((span) => span ?? []);
  gatheredSpan(spans, 'announcements', { body: '{}' })?.end();
  for (const span of spans) span.end();
  const [first, second, send] = [spanOf('first'), spanOf('second'), spanOf('send announcements')];
  expect(send).toMatchObject({ traceId: first.traceId, parentId: first.spanId, links: [second.spanId] });
  expect(second.links).toEqual([send.spanId]);
  expect(first.links).toEqual([]);
});

test('without tracing there is nothing to call, so nothing is made', () => {
  expect(queueTraces(undefined, 'scans')).toBeUndefined();
});
