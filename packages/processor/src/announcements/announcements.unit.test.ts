import { systemClock } from '@waybill/shared/clock.ts';
import { milestoneNameOf, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { announceAttribute, announceNever } from '@waybill/shared/queue/message-attributes.ts';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { engineError, pass, useVirtualTime } from '../../../consumer/test/service-rig.ts';
import { measured } from '../../../poller/test/observed.ts';
import { type ProcessorRigOptions, packed, rig, scan } from '../../test/processor-rig.ts';

beforeEach(useVirtualTime);

/** A processor that announces to one queue. */
function announcingRig(options: ProcessorRigOptions = {}) {
  const all = rig({ announcementQueues: 1, ...options });
  const [announcements] = all.announcements;
  if (!announcements) throw new Error('no queue of announcements');
  const announced = () =>
    announcements.announced.map(({ parcelId, milestone, eventId }) => `${parcelId} ${milestone} ${eventId}`);
  return { ...all, to: announcements, announced };
}

const delivery = (eventId: number, fields: Partial<ScanEvent> = {}) => scan(eventId, { type: 'DELIVERY', ...fields });
const pickup = (eventId: number, fields: Partial<ScanEvent> = {}) => scan(eventId, { type: 'PICKUP', ...fields });
const replayed = { attributes: { [announceAttribute]: announceNever } };
const away = () => {
  throw engineError('QueueDoesNotExist');
};
const hours = (count: number) => new Date(Date.now() - count * 3_600_000).toISOString();

describe('the milestones of a message', () => {
  test('are announced once they are stored, and the message is deleted once that is confirmed', async () => {
    const { queue, processor, journal, stop } = announcingRig();
    queue.put(packed(pickup(1, { parcelId: 7 }), scan(2), delivery(3, { parcelId: 8 })));
    processor.start();
    await pass(2);
    const lines = journal.lines(/^(stored|announced|deleted)/);
    expect(lines.slice(0, 3).toSorted()).toEqual(['stored 2', 'stored 7', 'stored 8']);
    expect(lines.slice(3)).toEqual(['announced 7 pickup 1', 'announced 8 delivery 3', 'deleted m1']);
    await stop();
  });

  test('are announced again when it comes again, though nothing is written: so a crash in between loses none', async () => {
    const { queue, processor, announced, parcels, stop } = announcingRig();
    queue.put(packed(delivery(3, { parcelId: 7 })));
    processor.start();
    await pass(2);
    queue.put(packed(delivery(3, { parcelId: 7 })));
    await pass(2);
    expect(parcels.parcels.get(7)?.revision).toBe(1);
    expect(announced()).toEqual(['7 delivery 3', '7 delivery 3']);
    await stop();
  });

  test('are not announced where an earlier one is stored, and are where they turn out to be the earlier one', async () => {
    const { queue, processor, announced, stop } = announcingRig();
    processor.start();
    for (const event of [delivery(5, { parcelId: 7 }), scan(20, { parcelId: 7 }), delivery(9, { parcelId: 7 })]) {
      queue.put(packed(event));
      await pass(2);
    }
    expect(announced()).toEqual(['7 delivery 5']);
    queue.put(packed(delivery(4, { parcelId: 7 })));
    await pass(2);
    expect(announced()).toEqual(['7 delivery 5', '7 delivery 4']);
    await stop();
  });

  test('of a replay are not announced, though they share a write with others', async () => {
    const { queue, processor, announced, parcels, stop } = announcingRig();
    queue.put(packed(pickup(1, { parcelId: 7 })), replayed);
    queue.put(packed(delivery(2, { parcelId: 7 })));
    processor.start();
    await pass(2);
    expect(parcels.writes).toBe(1);
    expect(announced()).toEqual(['7 delivery 2']);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('that the store rejects are not announced, and those beside them are', async () => {
    const { queue, processor, parcels, announced, stop } = announcingRig();
    parcels.before = ({ latest }) => {
      if (latest.eventId === 9) throw new WaybillError('STORE_REJECTED', 'not this one');
    };
    queue.put(
      packed(pickup(4, { parcelId: 7 }), delivery(9, { parcelId: 7 }), delivery(8, { parcelId: 7 }), delivery(6)),
    );
    processor.start();
    await pass(5);
    expect(announced().toSorted()).toEqual(['6 delivery 6', '7 delivery 8', '7 pickup 4']);
    await stop();
  });

  test('are announced to every queue, and one that is away keeps only itself waiting', async () => {
    const { queue, processor, announcements, journal, stop } = rig({ announcementQueues: 2 });
    const [one, other] = announcements;
    if (!one || !other) throw new Error('two queues were asked for');
    one.before = away;
    queue.put(packed(delivery(3, { parcelId: 7 })));
    processor.start();
    await pass(60);
    expect([one.announced.length, other.announced.length]).toEqual([0, 1]);
    expect(journal.lines(/^deleted/)).toEqual([]);
    one.before = () => [];
    await pass(30);
    expect([one.announced.length, other.announced.length]).toEqual([1, 1]);
    expect(journal.lines(/^deleted/)).toEqual(['deleted m1']);
    await stop();
  });

  test('without a queue of announcements are nobody’s business, and readiness has no part for it', async () => {
    const { processor } = rig();
    expect(Object.keys(processor.ready().parts)).not.toContain('announcements');
    expect(Object.keys(announcingRig().processor.ready().parts)).toContain('announcements');
  });
});

test('of any messages, in any order, however often they come: what is stored of those that are no replay is announced', async () => {
  const id = fc.integer({ min: 1, max: 30 });
  const event = fc.record({
    eventId: id,
    parcelId: fc.integer({ min: 1, max: 3 }),
    type: fc.constantFrom('PICKUP', 'DELIVERY', 'STATUS'),
  });
  const message = fc.record({
    events: fc.array(event, { minLength: 1, maxLength: 4 }),
    isReplay: fc.boolean(),
    waits: fc.integer({ min: 0, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 8 }), fc.boolean(), async (messages, isRefusing) => {
      const { queue, processor, parcels, announced, to, stop } = announcingRig();
      parcels.before = () => new Promise((resolve) => setTimeout(resolve, 500));
      let requests = 0;
      to.before = () => (isRefusing && ++requests % 2 === 1 ? [0] : []);
      processor.start();
      const brought = new Set<string>();
      for (const { events, isReplay, waits } of [...messages, ...messages.slice(0, 2)]) {
        const scans = events.map((fields) => scan(fields.eventId, fields));
        queue.put(packed(...scans), isReplay ? replayed : {});
        for (const { parcelId, type, eventId } of isReplay ? [] : scans)
          brought.add(`${parcelId} ${milestoneNameOf(type)} ${eventId}`);
        await pass(waits / 2);
      }
      await pass(60);
      await stop();
      expect(queue.messages).toEqual([]);
      const stored = [...parcels.parcels.values()].flatMap(({ state: { parcelId, milestones } }) =>
        milestoneNames.flatMap((name) => {
          const milestone = milestones[name];
          return milestone ? [`${parcelId} ${name} ${milestone.eventId}`] : [];
        }),
      );
      const due = stored.filter((one) => brought.has(one));
      expect(announced()).toEqual(expect.arrayContaining(due));
      expect(announced().filter((one) => !brought.has(one))).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

describe('a queue of announcements', () => {
  test('gets what several messages brought in one request, and more than ten in each under load', async () => {
    const { queue, processor, to, announced, stop } = announcingRig({ receivers: 4 });
    for (let eventId = 1; eventId <= 300; eventId += 1) queue.put(packed(delivery(eventId)));
    processor.start();
    await pass(20);
    expect(new Set(announced()).size).toBe(300);
    expect(300 / to.requests.length).toBeGreaterThan(10);
    await stop();
  });

  test('that is away for two minutes holds what brought milestones and nothing else, and nothing is lost or given up', async () => {
    const { queue, processor, to, parcels, announced, journal, failures, lines, stop } = announcingRig();
    to.before = away;
    queue.put(packed(delivery(1)));
    queue.put(packed(scan(2)));
    processor.start();
    await pass(15);
    expect(processor.ready()).toMatchObject({
      ok: false,
      parts: { announcements: { ok: false, detail: 'announcements-1: open' }, breaker: { ok: true } },
    });
    for (let eventId = 3; eventId <= 30; eventId += 1) {
      queue.put(packed(eventId % 3 === 0 ? delivery(eventId) : scan(eventId)));
      await pass(3.75);
    }
    expect(parcels.ids).toHaveLength(30);
    expect(queue.messages).toHaveLength(11);
    const asked = to.requests.length;
    to.before = () => [];
    await pass(15);
    expect(announced()).toHaveLength(11);
    // Probes while it was away, and then what had gathered in a few requests.
    expect([asked < 40, to.requests.length - asked <= 6]).toEqual([true, true]);
    expect(queue.messages).toEqual([]);
    expect([queue.deadLetters, failures.records.size, journal.lines(/^visibility .* 0$/)]).toEqual([[], 0, []]);
    expect(processor.ready()).toMatchObject({ ok: true });
    const said = lines.filter(({ level, msg }) => level === 'warn' && /announcement/.test(String(msg)));
    expect(said.length).toBeLessThan(12);
    await stop();
  });

  test('that is away delays what is told, and not what is stored', async () => {
    const { metrics, value } = measured();
    const { queue, processor, to, stop } = announcingRig({ ports: { metrics } });
    to.before = away;
    queue.put(packed(delivery(1, { createdDateTimeUtc: new Date().toISOString() })));
    processor.start();
    await pass(60);
    to.before = () => [];
    await pass(15);
    expect(value('waybill.processor.scan_to_state')).toBeLessThan(2);
    expect(value('waybill.announcements.delay')).toBeGreaterThan(58);
    expect(value('waybill.announcements.sent{announcements-1}')).toBe(1);
    await stop();
  });

  test('that is away lets the hand fill, and no further', async () => {
    const { queue, processor, to, parcels, announced, stop } = announcingRig({ receivers: 1 });
    to.before = away;
    for (let eventId = 1; eventId <= 100; eventId += 1) queue.put(packed(delivery(eventId)));
    processor.start();
    await pass(300);
    expect(parcels.parcels.size).toBe(20);
    to.before = () => [];
    await pass(30);
    expect(new Set(announced()).size).toBe(100);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('that is away at a stop gets the milestones from whoever receives the messages next', async () => {
    const { queue, processor, to, parcels, journal, stop } = announcingRig();
    to.before = away;
    queue.put(packed(delivery(1)));
    queue.put(packed(delivery(2)), { receiveCount: 2 });
    processor.start();
    await pass(30);
    expect(await stop()).toBeLessThan(40);
    expect(parcels.ids).toEqual([1, 2]);
    expect(journal.lines(/^(visibility .* 0|sent)/).toSorted()).toEqual(['sent m3', 'visibility m1 0']);
    const next = announcingRig({ ports: { queue } });
    next.processor.start();
    await pass(5);
    expect(next.announced().toSorted()).toEqual(['1 delivery 1', '2 delivery 2']);
    expect([queue.messages, queue.deadLetters]).toEqual([[], []]);
    await next.stop();
  });
});

test('a message is sent on for its throttled rest only once what is stored of it is announced', async () => {
  const { queue, processor, to, parcels, journal, announced, stop } = announcingRig({
    receivers: 1,
    writeConcurrency: 16,
  });
  let isThrottled = true;
  parcels.before = async ({ parcelId }) => {
    await systemClock.sleep(400, new AbortController().signal);
    if (isThrottled && parcelId % 10 === 3) throw engineError('ProvisionedThroughputExceededException');
  };
  to.before = away;
  const messages = 25;
  const each = 20;
  for (let first = 1; first <= messages * each; first += each)
    queue.put(packed(...Array.from({ length: each }, (_, index) => delivery(first + index))));
  processor.start();
  await pass(30);
  expect(announced()).toEqual([]);
  expect(journal.lines(/^(sent|deleted)/)).toEqual([]);
  to.before = () => [];
  await pass(60);
  // Nothing is sent or deleted before what was stored of it is announced.
  const sent = queue.messages.filter(({ attributes }) => attributes?.['sentOn'] !== undefined);
  expect(sent.length).toBeGreaterThan(10);
  const due = [...parcels.parcels.keys()].map((id) => `${id} delivery ${id}`);
  expect(announced()).toEqual(expect.arrayContaining(due));
  isThrottled = false;
  await pass(1_200);
  expect(new Set(announced()).size).toBe(messages * each);
  expect([queue.messages, queue.deadLetters]).toEqual([[], []]);
  await stop();
});

describe('milestones of long ago', () => {
  test('are not announced, and one line a minute says how many', async () => {
    const { metrics, value } = measured();
    const { queue, processor, announced, lines, stop } = announcingRig({
      announceMaxAgeHours: 72,
      ports: { metrics },
    });
    processor.start();
    for (let eventId = 1; eventId <= 90; eventId += 1) {
      queue.put(packed(pickup(eventId, { createdDateTimeUtc: hours(73) })));
      await pass(1);
    }
    expect(announced()).toEqual([]);
    expect(value('waybill.announcements.too_old')).toBe(90);
    expect(queue.messages.length).toBeLessThan(2);
    const said = lines.filter(({ msg }) => String(msg).startsWith('milestones older than'));
    expect(said).toHaveLength(2);
    expect(said[0]).toMatchObject({ milestones: 1, parcelId: 1, milestone: 'pickup', eventId: 1 });
    expect(said[1]).toMatchObject({ milestones: expect.any(Number) });
    await stop();
  });

  test('are announced where a fresh one of their parcel is stored, which may wait for them', async () => {
    const { queue, processor, announced, stop } = announcingRig({ announceMaxAgeHours: 72 });
    processor.start();
    queue.put(packed(delivery(9, { parcelId: 7, createdDateTimeUtc: hours(1) })));
    await pass(2);
    queue.put(packed(pickup(3, { parcelId: 7, createdDateTimeUtc: hours(300) })));
    await pass(2);
    expect(announced()).toEqual(['7 delivery 9', '7 pickup 3']);
    await stop();
  });
});
