import { systemClock } from '@waybill/shared/clock.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { queueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import type { SamplerName } from '@waybill/shared/telemetry/traces/sampler-names.ts';
import { describe, expect, test } from 'vitest';
import { recordedLog } from '../../../shared/test/recorded-log.ts';
import { recordedSpans } from '../../../shared/test/recorded-spans.ts';
import { measured } from '../../test/observed.ts';
import { type PageToSend, pageSender } from './send-page.ts';

const event = (eventId: number) => ({
  eventId,
  parcelId: eventId,
  type: 'STATUS',
  createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
  statusCode: '',
  runId: '',
});

const page: PageToSend = { events: [event(1), event(2), event(3)], rejected: [], last: 3 };
const times = { askedAtMs: 1_000, readAtMs: 1_250 };

/** Sends a page of three events in two messages. */
async function sent(more: Partial<PageToSend> = {}, sampler?: SamplerName) {
  const messages: OutgoingMessage[] = [];
  const { log, lines } = recordedLog();
  const recorded = sampler && recordedSpans(sampler);
  const send = pageSender({
    queue: {
      sendBatch: async (batch) => {
        messages.push(...batch);
        return [];
      },
    },
    clock: systemClock,
    random: Math.random,
    log,
    metrics: measured().metrics,
    messageMaxBytes: 300,
    reportHealth: () => undefined,
    traces: queueTraces(recorded?.tracing, 'scans'),
  });
  await send({ ...page, ...more }, new AbortController().signal);
  return { messages, lines, recorded };
}

describe('a page', () => {
  test('is sent with nothing but bodies where traces are off, or leave it out', async () => {
    for (const sampler of [undefined, 'parentbased_always_off'] as const) {
      const { messages, lines, recorded } = await sent(times, sampler);
      expect(messages.length).toBeGreaterThan(1);
      expect(messages).toEqual(messages.map(({ body }) => ({ body })));
      expect(messages.flatMap((message) => Object.keys(message))).toEqual(messages.map(() => 'body'));
      expect(lines.filter((line) => 'traceId' in line)).toEqual([]);
      expect(recorded?.spans() ?? []).toEqual([]);
    }
  });

  test('that is traced begins when it was asked for, and each of its messages carries the trace on', async () => {
    const { messages, lines, recorded } = await sent(times, 'always_on');
    const span = recorded?.spanOf('page');
    const sends = recorded?.spans().filter(({ name }) => name === 'send scans') ?? [];
    expect(span).toMatchObject({
      parentId: undefined,
      attributes: {
        'waybill.page.first_event_id': 1,
        'waybill.page.last_event_id': 3,
        'waybill.page.events': 3,
        'messaging.batch.message_count': messages.length,
      },
    });
    expect(messages.map(({ attributes }) => attributes?.['traceparent'])).toEqual(
      sends.map(({ spanId }) => `00-${span?.traceId}-${spanId}-01`),
    );
    expect(recorded?.spanOf('read page')).toMatchObject({ parentId: span?.spanId, tookMs: 250 });
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'page queued', traceId: span?.traceId }));
  });

  test('of which nothing is left to send begins no trace: an idle feed is asked every second', async () => {
    const { recorded } = await sent({ events: [] }, 'always_on');
    expect(recorded?.spans()).toEqual([]);
  });
});
