import type { SpanContext } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordedSpans } from '../../../test/recorded-spans.ts';
import { WaybillError } from '../../error.ts';
import type { SamplerName } from './sampler-names.ts';
import { originOf, traceIdOf, traceparentOf } from './trace-context.ts';
import { attributesOf } from './trace-span.ts';

const hex = (length: number) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((text) => /[^0]/.test(text));

const contextOf = (traceFlags: number): SpanContext => ({
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  traceFlags,
});

describe('traceparent', () => {
  test('brings back the context that it was made of', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom(0, 1), (traceId, spanId, traceFlags) => {
        const traceparent = traceparentOf({ traceId, spanId, traceFlags });
        expect(traceparent).toHaveLength(55);
        expect(originOf({ traceparent })).toEqual({ traceId, spanId, traceFlags, isRemote: true });
        expect(traceIdOf({ traceparent })).toBe(traceFlags === 1 ? traceId : undefined);
      }),
    );
  });

  test.for([
    '',
    '00-1-2-01',
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`,
    `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01\n`,
    'x'.repeat(10_000),
  ])('%j, as any sender may set it, is none', (traceparent) => {
    expect(originOf({ traceparent })).toBeUndefined();
    expect(traceIdOf({ traceparent })).toBeUndefined();
  });

  test('of a later version is read as far as this one goes', () => {
    const traceparent = `01-${'a'.repeat(32)}-${'b'.repeat(16)}-03-more`;
    expect(originOf({ traceparent })).toMatchObject(contextOf(1));
  });
});

describe('what follows a message', () => {
  test('is in its trace, links to it, and is no child of it', () => {
    const { tracing, spanOf } = recordedSpans();
    const span = tracing.follow(contextOf(1), 'process queue');
    span?.step('write parcels').end();
    span?.end();
    const followed = spanOf('process queue');
    expect(followed).toMatchObject({ traceId: 'a'.repeat(32), parentId: undefined, links: ['b'.repeat(16)] });
    expect(spanOf('write parcels')).toMatchObject({ traceId: 'a'.repeat(32), parentId: followed.spanId, links: [] });
  });

  test('leaves the traces that begin after it their own ids', () => {
    const { tracing, spanOf } = recordedSpans();
    tracing.follow(contextOf(1), 'process queue')?.end();
    tracing.begin('page')?.end();
    expect(spanOf('page').traceId).not.toBe('a'.repeat(32));
  });

  test.for([
    // A sampler, and whether it records what begins, what follows a sampled message, and what follows another.
    ['always_on', 1, [true, true, true]],
    ['always_off', 1, [false, false, false]],
    ['traceidratio', 0, [false, false, false]],
    ['traceidratio', 1, [true, true, true]],
    ['parentbased_always_on', 1, [true, true, false]],
    ['parentbased_always_off', 1, [false, true, false]],
    ['parentbased_traceidratio', 0, [false, true, false]],
    ['parentbased_traceidratio', 1, [true, true, false]],
  ] satisfies [SamplerName, number, boolean[]][])(
    'is recorded by %s with %d as that says',
    ([name, ratio, recorded]) => {
      const { tracing, spans } = recordedSpans(name, ratio);
      const made = [
        tracing.begin('page'),
        tracing.follow(contextOf(1), 'process queue'),
        tracing.follow(contextOf(0), 'process queue'),
      ];
      expect(made.map((span) => span !== undefined)).toEqual(recorded);
      expect(spans()).toEqual([]);
    },
  );

  test('is sampled by the same share of ids in every process', () => {
    const [first, second] = [recordedSpans('traceidratio', 0.25), recordedSpans('traceidratio', 0.25)];
    fc.assert(
      fc.property(hex(32), (traceId) => {
        const origin = { ...contextOf(1), traceId };
        const recorded = [first, second].map(({ tracing }) => tracing.follow(origin, 'process') !== undefined);
        expect(recorded[0]).toBe(recorded[1]);
      }),
    );
  });
});

describe('a span', () => {
  test('ends once, whoever ends it again', () => {
    const { tracing, spans, spanOf } = recordedSpans();
    const span = tracing.begin('page');
    span?.end({ first: 1 });
    span?.fail(new Error('late'), { second: 2 });
    expect(spans()).toHaveLength(1);
    expect(spanOf('page')).toMatchObject({ attributes: { first: 1 }, isFailed: false });
  });

  test('of work that fails has the code, and nothing of the text, which may name anything', async () => {
    const { tracing, spans, spanOf } = recordedSpans();
    const failing = Promise.reject(new WaybillError('QUEUE_REFUSED', 'the secret text'));
    await expect(tracing.begin('page')?.around(failing)).rejects.toThrow('the secret text');
    expect(spanOf('page')).toMatchObject({ attributes: { 'error.type': 'QUEUE_REFUSED' }, isFailed: true });
    expect(JSON.stringify(spans())).not.toContain('secret');
  });

  test('has the counts and ids of a log line, and no text of it', () => {
    expect(attributesOf({ firstEventId: 7, events: 3, person: 'Ada' })).toEqual({
      'waybill.first_event_id': 7,
      'waybill.events': 3,
    });
  });
});
