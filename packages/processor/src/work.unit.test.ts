import { WaybillError } from '@waybill/shared/error.ts';
import { beforeEach, expect, test } from 'vitest';
import { packed, pass, rig, scan, useVirtualTime } from '../test/processor-rig.ts';

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
  expect(parcels.parcels.get(7)?.state).toMatchObject({ latest: { eventId: 72 }, pickup: { eventId: 70 } });
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

test('while many writes wait, a receive is not made for each message as it comes', async () => {
  const { queue, processor, release, stop } = busyRig();
  let receives = 0;
  queue.before = (operation) => {
    if (operation === 'receive') receives += 1;
    return [];
  };
  queue.put(packed(...Array.from({ length: 20 }, (_, index) => scan(100 + index))));
  await pass(1);
  receives = 0;
  for (let id = 2; id <= 41; id += 1) {
    queue.put(packed(scan(id)));
    await pass(0.05);
  }
  // 40 messages in two seconds.
  expect(receives).toBeLessThanOrEqual(10);
  release();
  await pass(60);
  expect(queue.messages).toEqual([]);
  expect(processor.live().ok).toBe(true);
  await stop();
});
