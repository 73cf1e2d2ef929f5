import { createHash } from 'node:crypto';
import { WaybillError } from '@waybill/shared/error.ts';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { anyEvent, anyJson, anyText } from '../../shared/test/arbitrary-events.ts';
import { describeService } from '../../shared/test/service-suite.ts';
import { engineError, packed, packOf, pass, rig, scan, useVirtualTime } from '../test/processor-rig.ts';

describeService('the processor', () => {
  let checks = 0;
  let failing = false;
  const { processor, queue, lines } = rig({
    receiveWaitMs: 0,
    deps: {
      checkTables: async () => {
        checks += 1;
        if (failing) throw new WaybillError('TABLE_MISMATCH', 'the table is another one');
      },
    },
  });
  queue.waitSeconds = 0.02;
  return {
    service: processor,
    begun: () => checks,
    atWork: async () => {
      while (!lines.some(({ msg }) => msg === 'processing')) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    fail: () => {
      failing = true;
    },
    hang: () => {
      queue.beforeAnswer = () => new Promise(() => {});
    },
  };
});

describe('the start', () => {
  beforeEach(useVirtualTime);

  test('waits for engines that are down, receives nothing, is alive and not ready; then begins by itself', async () => {
    let down = true;
    const { processor, queue, parcels, stop } = rig({
      deps: {
        checkTables: async () => {
          if (down) throw engineError('ResourceNotFoundException');
        },
        probes: {
          dynamodb: async () => {
            if (down) throw engineError('ResourceNotFoundException');
          },
        },
      },
    });
    queue.put(packed(scan(1)));
    processor.start();
    await pass(60);
    expect(queue.receives).toBe(0);
    expect(processor.live().ok).toBe(true);
    expect(processor.ready()).toMatchObject({
      ok: false,
      parts: { tables: { ok: false }, dynamodb: { ok: false, detail: expect.stringMatching(/^ResourceNotFound/) } },
    });
    down = false;
    await pass(15);
    expect(processor.ready().ok).toBe(true);
    expect(parcels.ids).toEqual([1]);
    await stop();
  });

  test('ends the service where a table has another key, and touches nothing', async () => {
    const mismatch = new WaybillError('TABLE_MISMATCH', 'the table has another key');
    const { processor, queue } = rig({ deps: { checkTables: () => Promise.reject(mismatch) } });
    queue.put(packed(scan(1)));
    processor.start();
    await expect(processor.ended).rejects.toBe(mismatch);
    expect(queue.receives).toBe(0);
  });

  test('takes the last allowed receive from the queue’s own redrive policy', async () => {
    const { processor, queue, journal, lines, stop } = rig();
    queue.receiveCountLimit = 7;
    queue.put(packed(scan(1)), { receiveCount: 5 });
    queue.put(packed(scan(2)), { receiveCount: 6 });
    processor.start();
    await pass(1);
    expect(journal.lines(/^recorded/)).toEqual(['recorded event-2 REPEATEDLY_INTERRUPTED']);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'processing', maxReceiveCount: 7 }));
    await stop();
  });

  test('can be stopped while the engines are silent', async () => {
    const { processor, stop } = rig({ deps: { checkTables: () => Promise.reject(engineError('TimeoutError')) } });
    processor.start();
    await pass(30);
    expect(await stop()).toBe(0);
    await expect(processor.ended).resolves.toBeUndefined();
  });
});

test('is not ready while SQS answers, but refuses receives, and is ready again by itself', async () => {
  useVirtualTime();
  const { processor, queue, parcels, stop } = rig({ deps: { probes: { sqs: async () => 0 } } });
  queue.before = (operation) => {
    if (operation === 'receive') throw engineError('AccessDenied');
    return [];
  };
  processor.start();
  await pass(15);
  expect(processor.ready()).toMatchObject({
    ok: false,
    parts: { sqs: { ok: true }, receives: { ok: false, detail: expect.stringContaining('AccessDenied') } },
  });
  queue.before = () => [];
  await pass(20);
  expect(processor.ready().ok).toBe(true);
  queue.put(packed(scan(1)));
  await pass(1);
  expect(parcels.ids).toEqual([1]);
  await stop();
});

test('is alive with the longest visibility timeout, though its heartbeat looks every six minutes', async () => {
  useVirtualTime();
  const { processor, stop } = rig({ visibilityTimeoutMs: 3_600_000 });
  processor.start();
  for (let minutes = 0; minutes < 15; minutes += 1) {
    await pass(59);
    expect(processor.live()).toMatchObject({ ok: true });
  }
  await stop();
});

describe('whatever comes as a message', () => {
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const body = fc.oneof(
    anyText(80),
    fc.json(),
    anyJson.map((json) => JSON.stringify(json)),
    anyJson.map((json) => `{"version":1,"events":${JSON.stringify(json)}}`),
    anyJson.map((json) => `{"version":1,"unparsed":${JSON.stringify(json)}}`),
    anyJson.map((json) => packOf(scan(1), json, scan(2))),
    anyEvent({ parcelId: fc.integer({ min: 2_000, max: 2_005 }) }).map((event) => packed(event)),
  );
  const attributes = fc.dictionary(
    fc.constantFrom('failureId', 'origin'),
    fc.oneof(anyText(5), fc.constant('event-1')),
    {
      maxKeys: 2,
    },
  );

  test('every good event beside it is stored, every bad one is on record, and nothing stays', async () => {
    useVirtualTime();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(body, attributes), { maxLength: 8 }), async (bad) => {
        const { processor, queue, parcels, failures, lines, stop } = rig();
        const good = [scan(1_001), scan(1_002), scan(1_003)];
        queue.put(packed(...good));
        for (const [each, given] of bad) queue.put(each, { attributes: given });
        queue.put(
          packOf(...good.map((event) => ({ ...event, eventId: event.eventId + 10, parcelId: event.parcelId + 10 }))),
        );
        processor.start();
        await pass(400);
        await stop();
        expect(parcels.ids).toEqual(expect.arrayContaining([1_001, 1_002, 1_003, 1_011, 1_012, 1_013]));
        expect(queue.messages).toEqual([]);
        for (const dead of queue.deadLetters) {
          const ids = [...dead.body.matchAll(/"eventId":(\d+)/gi)].map(([, id]) => `event-${id}`);
          const names = [dead.attributes?.['failureId'] ?? '', `body-${sha(dead.body)}`, ...ids];
          expect(names.filter((name) => failures.records.has(name)).length).toBeGreaterThan(0);
        }
        expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
