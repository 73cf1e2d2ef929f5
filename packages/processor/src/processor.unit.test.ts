import { createHash } from 'node:crypto';
import { WaybillError } from '@waybill/shared/error.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeConsumer } from '../../consumer/test/consumer-suite.ts';
import { pass, useVirtualTime } from '../../consumer/test/service-rig.ts';
import { anyEvent, anyJson, anyText } from '../../shared/test/arbitrary-events.ts';
import { packed, packOf, rig, scan } from '../test/processor-rig.ts';

for (const [name, announcementQueues, type] of [
  ['the processor', 0, 'STATUS'],
  ['the processor that announces every event', 1, 'DELIVERY'],
] as const) {
  describeConsumer(name, (options) => {
    const { processor, parcels, ...others } = rig({ ...options, announcementQueues });
    return {
      ...others,
      service: processor,
      body: (...ids) => packed(...ids.map((id) => scan(id, { type }))),
      failureId: (id) => `event-${id}`,
      beforeWork: (before) => {
        parcels.before = ({ parcelId }) => before(parcelId);
      },
      rejection: () => new WaybillError('STORE_REJECTED', 'the item is at fault'),
      done: () => parcels.ids,
    };
  });
}

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
