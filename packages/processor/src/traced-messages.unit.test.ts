import { queueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { engineError, pass, useVirtualTime } from '../../consumer/test/service-rig.ts';
import { recordedSpans } from '../../shared/test/recorded-spans.ts';
import { type ProcessorRigOptions, packed, packOf, rig, scan } from '../test/processor-rig.ts';

beforeEach(useVirtualTime);

const traceId = 'a'.repeat(32);
const traced = { attributes: { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` } };

function tracingRig(options: ProcessorRigOptions = {}) {
  const spans = recordedSpans();
  const traces = queueTraces(spans.tracing, 'scans');
  const all = rig({ announcementQueues: 1, ...options, ports: { ...options.ports, traces } });
  return { ...all, ...spans, to: all.announcements[0] };
}

type Queue = ReturnType<typeof tracingRig>['queue'];

/** The attributes of what was split off, which may be dead by now. */
const splitWith = ({ messages, deadLetters }: Queue) => [...messages, ...deadLetters].map((one) => one.attributes);

describe('a traced message', () => {
  test('shows its writes, its announcement, and what became of it; the announcement carries the trace on', async () => {
    const { queue, processor, spanOf, to, lines, stop } = tracingRig();
    queue.put(packed(scan(1), scan(2, { type: 'DELIVERY' })), traced);
    processor.start();
    await pass(5);
    const [work, write, send] = [spanOf('process scans'), spanOf('write parcels'), spanOf('send announcements-1')];
    expect(work).toMatchObject({
      traceId,
      isFailed: false,
      attributes: {
        'waybill.events': 2,
        'waybill.first_event_id': 1,
        'waybill.last_event_id': 2,
        'waybill.settlement': 'deleted',
      },
    });
    expect(write).toMatchObject({ parentId: work.spanId, attributes: { 'waybill.parcels': 2, 'waybill.rejected': 0 } });
    expect(send).toMatchObject({ parentId: work.spanId, traceId });
    expect(to?.attributes).toEqual([{ traceparent: `00-${traceId}-${send.spanId}-01` }]);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'message settled', traceId }));
    await stop();
  });

  test('is named by its failures, and what is split off carries the same trace on', async () => {
    const { queue, processor, failures, spans, lines, stop } = tracingRig();
    queue.put(packOf(scan(1), { eventId: 2 }), traced);
    processor.start();
    await pass(1);
    expect(splitWith(queue)).toEqual([{ failureId: 'event-2', ...traced.attributes }]);
    expect(failures.records.get('event-2')).toMatchObject({ traceId });
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'failure recorded', traceId }));
    const attributes = { 'waybill.settlement': 'split', 'error.type': 'INVALID_EVENT' };
    expect(spans()).toContainEqual(
      expect.objectContaining({ attributes: expect.objectContaining(attributes), isFailed: true }),
    );
    expect(new Set(spans().map((span) => span.traceId))).toEqual(new Set([traceId]));
    await stop();
  });

  test('that a stop gives back ends as failed, and is given back as it was', async () => {
    const { queue, processor, parcels, spanOf, stop } = tracingRig();
    parcels.before = () => {
      throw engineError('InternalServerError');
    };
    const { attributes } = queue.put(packed(scan(1)), traced);
    processor.start();
    await pass(5);
    await stop();
    expect(queue.messages.map((message) => message.attributes)).toEqual([attributes]);
    expect(spanOf('process scans')).toMatchObject({ isFailed: true });
  });
});

test('a message without a trace begins none, and adds no attribute to anything', async () => {
  const { queue, processor, failures, spans, to, lines, stop } = tracingRig();
  queue.put(packOf(scan(1, { type: 'DELIVERY' }), { eventId: 2 }));
  processor.start();
  await pass(1);
  expect(spans()).toEqual([]);
  expect(to?.attributes).toEqual([undefined]);
  expect(splitWith(queue)).toEqual([{ failureId: 'event-2' }]);
  expect(failures.records.get('event-2')).not.toHaveProperty('traceId');
  expect(lines.filter((line) => 'traceId' in line)).toEqual([]);
  await stop();
});

test('with traces off a traced message is worked on as any other: its failures still name its trace', async () => {
  const { queue, processor, failures, announcements, stop } = rig({ announcementQueues: 1 });
  queue.put(packOf(scan(1, { type: 'DELIVERY' }), { eventId: 2 }), traced);
  processor.start();
  await pass(1);
  expect(announcements[0]?.attributes).toEqual([undefined]);
  expect(splitWith(queue)).toEqual([{ failureId: 'event-2', ...traced.attributes }]);
  expect(failures.records.get('event-2')).toMatchObject({ traceId });
  await stop();
});
