import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { storedParcel } from '@waybill/shared/parcels/parcel-item.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { pass, useVirtualTime } from '../../consumer/test/service-rig.ts';
import { packed, rig, scan } from '../test/processor-rig.ts';

beforeEach(useVirtualTime);

/** A processor with one write at a time, the first of which, of parcel 1, hangs until `release`. */
function busyRig() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const all = rig({ writeConcurrency: 1 });
  all.parcels.before = ({ parcelId }) => (parcelId === 1 ? released : undefined);
  all.queue.put(packed(scan(1)));
  all.processor.start();
  return { ...all, release };
}

test('events of later receives join the write that waits for their parcel', async () => {
  const { queue, parcels, journal, release, stop } = busyRig();
  await pass(1);
  for (const eventId of [72, 70, 71]) {
    queue.put(packed(scan(eventId, { parcelId: 7, type: eventId === 70 ? 'PICKUP' : 'STATUS' })));
    await pass(1);
  }
  release();
  await pass(5);
  expect(parcels.parcels.get(7)?.state).toMatchObject({
    latest: { eventId: 72 },
    milestones: { pickup: { eventId: 70 } },
  });
  expect(parcels.writes).toBe(2);
  expect(journal.lines(/^deleted/).toSorted()).toEqual(['deleted m1', 'deleted m2', 'deleted m3', 'deleted m4']);
  await stop();
});

test('a write that has begun is joined no more: what comes then is written after it', async () => {
  const { queue, parcels, release, stop } = busyRig();
  await pass(1);
  queue.put(packed(scan(2, { parcelId: 1 })));
  await pass(1);
  release();
  await pass(5);
  expect(parcels.parcels.get(1)).toMatchObject({ state: { latest: { eventId: 2 } }, revision: 2 });
  await stop();
});

test('of events that were joined, only the rejected one is split off from its own message', async () => {
  const { queue, parcels, journal, release, stop } = busyRig();
  const { before } = parcels;
  parcels.before = (state) => {
    if (state.latest.eventId === 8) throw new WaybillError('STORE_REJECTED', 'not this one');
    return before(state);
  };
  await pass(1);
  queue.put(packed(scan(6, { parcelId: 7 }), scan(20)));
  await pass(1);
  queue.put(packed(scan(8, { parcelId: 7 }), scan(21)));
  await pass(1);
  release();
  await pass(1);
  expect(parcels.parcels.get(7)?.state.latest.eventId).toBe(6);
  expect(journal.lines(/^(sent|deleted)/)).toEqual(
    expect.arrayContaining(['deleted m1', 'deleted m2', 'sent m4', 'deleted m3']),
  );
  await stop();
});

test('a parcel whose stored item cannot be read costs a message two writes, and its events fail with the reason', async () => {
  const { queue, parcels, failures, journal, processor, stop } = rig();
  const corrupt = { parcelId: { N: '7' }, lastEventId: { S: 'five' } };
  const tries: (readonly number[])[] = [];
  parcels.before = ({ parcelId, latest, milestones: { pickup } }) => {
    if (parcelId !== 7) return;
    tries.push([latest.eventId, ...(pickup ? [pickup.eventId] : [])]);
    storedParcel(corrupt, 7);
  };
  const triesBeforeSend: number[] = [];
  queue.before = (operation) => {
    if (operation === 'send') triesBeforeSend.push(tries.length);
    return [];
  };
  queue.put(
    packed(scan(6, { parcelId: 7 }), scan(20), scan(8, { parcelId: 7, type: 'PICKUP' }), scan(9, { parcelId: 7 })),
  );
  processor.start();
  await pass(60);
  expect(triesBeforeSend).toEqual([2]);
  expect(tries.slice(0, 2)).toEqual([[9, 8], [9]]);
  expect(journal.lines(/^sent/)).toHaveLength(3);
  expect(parcels.ids).toEqual([20]);
  expect([...failures.records.values()].map(({ failureId, reason }) => [failureId, reason]).toSorted()).toEqual([
    ['event-6', 'STORE_REJECTED'],
    ['event-8', 'STORE_REJECTED'],
    ['event-9', 'STORE_REJECTED'],
  ]);
  expect(failures.records.get('event-6')?.detail).toContain('the stored item of parcel 7 is not a parcel');
  await stop();
});

test('where one of a parcel’s events heals what is stored and could not be read, the others are stored, too', async () => {
  const { queue, parcels, failures, processor, stop } = rig();
  // Its scan lacks an attribute; its ids can be compared.
  const corrupt = { parcelId: { N: '7' }, lastEventId: { N: '20' }, pickupEventId: { N: '10' } };
  const tries: (readonly number[])[] = [];
  parcels.before = ({ parcelId, latest, milestones: { pickup } }) => {
    tries.push([latest.eventId, ...(pickup ? [pickup.eventId] : [])]);
    if (parcels.parcels.has(parcelId)) return;
    if (latest.eventId < 20 || (pickup && pickup.eventId <= 10)) storedParcel(corrupt, parcelId);
    const earlier = [scan(20, { parcelId }), scan(10, { parcelId, type: 'PICKUP' })].map(stateOf);
    parcels.parcels.set(parcelId, { state: earlier.reduce(merge), revision: 1 });
  };
  const type = 'PICKUP';
  queue.put(packed(scan(5, { parcelId: 7, type }), scan(30, { parcelId: 7 }), scan(4, { parcelId: 7 })));
  processor.start();
  await pass(10);
  expect(tries.slice(0, 3)).toEqual([[30, 5], [30], [5, 5]]);
  expect(parcels.parcels.get(7)?.state).toMatchObject({
    latest: { eventId: 30 },
    milestones: { pickup: { eventId: 5 } },
  });
  expect(queue.messages).toEqual([]);
  expect(failures.records.size).toBe(0);
  await stop();
});

test('an event that is rejected for itself leaves the older ones of its parcel their try', async () => {
  const { queue, parcels, failures, processor, stop } = rig();
  parcels.before = ({ latest }) => {
    if (latest.eventId === 9) throw new WaybillError('STORE_REJECTED', 'not this one');
  };
  queue.put(packed(scan(6, { parcelId: 7 }), scan(9, { parcelId: 7 }), scan(8, { parcelId: 7 })));
  processor.start();
  await pass(10);
  expect(parcels.parcels.get(7)?.state.latest.eventId).toBe(8);
  expect([...failures.records.keys()]).toEqual(['event-9']);
  await stop();
});

describe('while far behind', () => {
  const parcelsEach = 100;
  /** A queue of packs, each of a scan of each of a hundred parcels more; every parcel comes again 20 packs later. */
  function deepQueue(messages: number, writeMs: number) {
    const all = rig({ writeConcurrency: 8, receivers: 4 });
    const { queue, parcels } = all;
    parcels.before = () => new Promise((resolve) => setTimeout(resolve, writeMs));
    let mostInHand = 0;
    let inHand = 0;
    queue.beforeAnswer = () => {
      inHand = queue.messages.filter(({ visibleAt }) => visibleAt > Date.now()).length;
      mostInHand = Math.max(mostInHand, inHand);
    };
    for (let message = 0; message < messages; message += 1) {
      const scans = Array.from({ length: parcelsEach }, (_, index) =>
        scan(message * parcelsEach + index + 1, { parcelId: ((message % 20) * parcelsEach + index) % 2_000 }),
      ).map((event) => ({ ...event, parcelId: event.parcelId + 1 }));
      queue.put(packed(...scans));
    }
    return { ...all, mostInHand: () => mostInHand };
  }

  test('more is in hand than two receives a receiver, so that one write carries several scans of a parcel', async () => {
    const { queue, parcels, processor, stop, mostInHand } = deepQueue(300, 10);
    processor.start();
    await pass(120);
    expect(queue.messages).toEqual([]);
    expect(mostInHand()).toBeGreaterThan(200);
    // 30,000 scans of 2,000 parcels.
    expect(parcels.writes).toBeLessThan(8_000);
    await stop();
  });
});

describe('one parcel with ten thousand scans in a moment', () => {
  test('is written as often as one write after the other can be, and keeps no other waiting', async () => {
    const { queue, parcels, processor, stop } = rig({ writeConcurrency: 64, receivers: 4 });
    const writeMs = 20;
    let atOnce = 0;
    let mostAtOnce = 0;
    const hotWrites: number[] = [];
    parcels.before = async ({ parcelId }) => {
      if (parcelId === 1) {
        atOnce += 1;
        mostAtOnce = Math.max(mostAtOnce, atOnce);
        hotWrites.push(Date.now());
      }
      await new Promise((resolve) => setTimeout(resolve, writeMs));
      if (parcelId === 1) atOnce -= 1;
    };
    const others = Array.from({ length: 100 }, (_, index) => index + 2);
    for (let message = 0; message < 100; message += 1) {
      const burst = Array.from({ length: 100 }, (_, index) => scan(message * 200 + index + 1, { parcelId: 1 }));
      queue.put(packed(...burst, scan(message * 200 + 150, { parcelId: others[message] ?? 0 })));
    }
    processor.start();
    const begun = Date.now();
    await pass(2);
    expect(parcels.ids).toEqual([1, ...others]);
    expect(parcels.parcels.get(1)?.state.latest.eventId).toBe(99 * 200 + 100);
    expect(mostAtOnce).toBe(1);
    // A partition takes 1,000 write units a second; one write after the other makes a twentieth of it here.
    expect(hotWrites.length).toBeLessThanOrEqual(20);
    expect((hotWrites.at(-1) ?? 0) - begun).toBeLessThan(2_000);
    await stop();
  });
});
