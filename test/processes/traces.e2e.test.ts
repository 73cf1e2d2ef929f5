import { writeFileSync } from 'node:fs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { failureList, listedFailureShape } from '@waybill/operations/failures/failure-list.ts';
import { describe, expect, type TestContext, test } from 'vitest';
import { rigs } from './rig.ts';
import { type CollectedSpan, startTraceCollector, type TraceCollector } from './trace-collector.ts';
import { tracePicture } from './trace-picture.ts';
import { until } from './until.ts';

const openRig = rigs();

async function collector({ onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const started = await startTraceCollector();
  onTestFinished(() => started.stop());
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: started.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
  return { ...started, env };
}

/** What leads to a span: its parent, or what it links to. */
function before({ spans }: Pick<TraceCollector, 'spans'>, span: CollectedSpan): CollectedSpan {
  const id = span.parentSpanId || span.links[0]?.spanId;
  const found = spans.find(({ spanId }) => spanId === id);
  if (!found) throw new Error(`nothing leads to ${span.name}`);
  return found;
}

/** What leads to a span, itself last. */
function wayTo(collected: Pick<TraceCollector, 'spans'>, span: CollectedSpan): readonly CollectedSpan[] {
  return span.name === 'page' ? [span] : [...wayTo(collected, before(collected, span)), span];
}

const stopped = (...services: readonly ServiceProcess[]) => Promise.all(services.map((service) => service.stop()));

/** What an attribute may be about: no person, payload, token or query has a name here. */
const allowed =
  /^(messaging\.(system|destination\.name|operation\.(name|type)|message\.(id|body\.size)|batch\.message_count)|db\.system\.name|http\.(request\.(method|resend_count)|response\.status_code)|server\.address|error\.type|waybill\.(page\.\w+|message\.receive_count|events|parcels|rejected|first_event_id|last_event_id|settlement|announcements|notified|already_notified|unmet))$/;

describe.concurrent('a trace', () => {
  test('leads from a page over its messages, the writes and the announcement to the webhook', async (context) => {
    const collected = await collector(context);
    const rig = await openRig(context, { seed: 29, events: 120 });
    const receiver = await rig.receiver();
    const processor = rig.announcer(collected.env);
    const notifier = rig.notifier(receiver, collected.env);
    const poller = rig.poller({ ...collected.env, SCAN_API_LIMIT: '30', MESSAGE_MAX_BYTES: '2048' });
    await rig.drained(poller);
    await until('all is told', async () => receiver.told().size > 0 && (await rig.isAllTold()));
    // What is left is exported by the stop.
    await stopped(poller, processor, notifier);
    const told = collected.spans.find(({ name }) => name === 'POST webhook');
    if (!told) throw new Error('a webhook is told in a trace');
    const way = wayTo(collected, told);
    const [scans, announcements] = [rig.resources.scanQueueUrl, rig.resources.announcementQueueUrl].map((url) =>
      url.split('/').at(-1),
    );
    expect(way.map(({ service, name }) => `${service} ${name}`)).toEqual([
      'waybill-poller page',
      `waybill-poller send ${scans}`,
      `waybill-processor process ${scans}`,
      `waybill-processor send ${announcements}`,
      `waybill-notifier process ${announcements}`,
      'waybill-notifier POST webhook',
    ]);
    const [page, send, work, announce, telling] = way;
    expect(new Set(way.map(({ traceId }) => traceId)).size).toBe(1);
    // A message is no child of what sent it.
    for (const [span, sent] of [
      [work, send],
      [telling, announce],
    ] as const) {
      expect(span?.parentSpanId ?? '').toBe('');
      expect(span?.links).toMatchObject([{ spanId: sent?.spanId, traceId: page?.traceId }]);
    }
    const children = (parent: CollectedSpan | undefined) =>
      collected.spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId).map(({ name }) => name);
    expect(children(page).filter((name) => name === `send ${scans}`).length).toBeGreaterThan(1);
    expect(children(page)).toContain('read page');
    expect(children(work)).toContain('write parcels');
    expect(told.attributes).toMatchObject({ 'http.request.method': 'POST', 'server.address': '127.0.0.1' });
    const names = new Set(collected.spans.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...names].filter((name) => !allowed.test(name))).toEqual([]);
    const picture = process.env['TRACE_PICTURE'];
    if (picture)
      writeFileSync(picture, tracePicture(collected.spans.filter(({ traceId }) => traceId === told.traceId)));
  });

  test('is kept by redelivery, the dead-letter queue and a redrive, and named by the failure', async (context) => {
    const collected = await collector(context);
    const maxReceiveCount = 2;
    const rig = await openRig(context, { seed: 11, events: 60, shares: { bad: 0.1 }, queue: { maxReceiveCount } });
    const processor = rig.processor(collected.env);
    const poller = rig.poller(collected.env);
    await rig.drained(poller);
    const [dead] = await rig.deadLetters();
    const listed = await failureList(
      {
        documents: DynamoDBDocumentClient.from(rig.clients.dynamodb),
        deployment: { failuresTable: rig.resources.failuresTable },
      },
      { limit: 10 },
      { signal: new AbortController().signal, onProgress: () => undefined },
    );
    const failure = listedFailureShape.parse(listed.failures[0]);
    expect(dead).toBeDefined();
    expect(failure.traceId).toMatch(/^[0-9a-f]{32}$/);
    const works = () =>
      collected.spans.filter(
        ({ name, traceId, attributes }) =>
          name.startsWith('process ') && traceId === failure.traceId && attributes['error.type'] !== undefined,
      );
    const bySend = () => [...Map.groupBy(works(), (work) => before(collected, work))];
    await until('the failure was received to its end', () =>
      bySend().some(([, { length }]) => length === maxReceiveCount),
    );
    await rig.redrive();
    // Each receive is a span of its own: of the first time as of a redrive, which takes along what is dead again.
    await until('each was redriven and failed again', () =>
      bySend().every(([, { length }]) => length >= 2 * maxReceiveCount),
    );
    await until('the queue is empty again', () => rig.isQueueEmpty());
    await stopped(poller, processor);
    for (const [send, { length: receives }] of bySend()) {
      expect(send.name).toMatch(/^send /);
      expect(receives % maxReceiveCount).toBe(0);
    }
    expect(new Set(works().map(({ status }) => status.code))).toEqual(new Set([2]));
  });
});
