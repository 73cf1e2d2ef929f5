import { describe, expect, test } from 'vitest';
import { callsOnce, callsThrice, delivery, deliveryRig, readParcel } from '../../test/delivery-rig.ts';
import type { StoredNotification } from '../notifications/notifications-table.ts';
import { deliver } from './deliver.ts';
import type { DeliveryCalls, LookOptions } from './delivery.ts';

type Rig = ReturnType<typeof deliveryRig>;

const onDemand: LookOptions = { again: false, recordsUnavailable: true };

async function pass(
  { deps }: Rig,
  parcelIds: readonly number[],
  options?: LookOptions,
  calls: DeliveryCalls = callsThrice,
) {
  const looks = parcelIds.map((parcelId) => ({ parcelId, announced: ['delivery'] as const }));
  const deliveries = await Promise.all(deliver(looks, calls, deps, options).values());
  return deliveries.flat();
}

const storedOf = ({ notifications }: Rig, parcelId: number, milestone = 'delivery') =>
  notifications.stored.get(`${milestone}-${parcelId}`);

function withParcels(parcelIds: readonly number[], ...rig: Parameters<typeof deliveryRig>): Rig {
  const made = deliveryRig(...rig);
  for (const id of parcelIds) made.parcels.stored.set(id, readParcel(id));
  return made;
}

describe('a pass over parcels', () => {
  test('reads all of them at once, tells each, and writes once for each', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => index + 1);
    const rig = withParcels(ids);
    const deliveries = await pass(rig, [...ids, 7, 7]);
    expect(deliveries).toHaveLength(100);
    expect(deliveries[6]).toEqual({ parcelId: 7, milestone: 'delivery', outcome: 'notified', corrected: false });
    expect(rig.parcels.reads).toEqual([ids]);
    expect(rig.notifications.reads).toHaveLength(1);
    expect(rig.endpoint.requests).toHaveLength(100);
    expect(rig.notifications.puts).toBe(100);
    expect(storedOf(rig, 7)).toMatchObject({
      state: 'notified',
      told: delivery,
      attempts: 1,
      notifiedCount: 1,
      lastStatus: 200,
      lastError: undefined,
      reportedAtUtc: undefined,
    });
    expect(rig.endpoint.requests[6]?.id).toMatch(/^delivery_[0-9a-f]{8}_7$/);
    expect(rig.endpoint.bodies[6]).toMatchObject({
      type: 'parcel.delivered',
      timestamp: delivery.timeUtc,
      data: { parcelId: 7, stage: 'delivered', delivery, pickup: null },
    });
  });

  test('of more keys than one read takes reads again for the rest', async () => {
    const ids = Array.from({ length: 120 }, (_, index) => index + 1);
    const rig = withParcels(ids, { milestones: ['pickup', 'delivery'] });
    await pass(rig, ids);
    expect(rig.parcels.reads.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(rig.notifications.reads.map(({ length }) => length)).toEqual([100, 100, 40]);
  });

  test('has told before what it is asked again, without a request or a write', async () => {
    const rig = withParcels([1]);
    await pass(rig, [1]);
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'already-notified' }]);
    expect([rig.endpoint.requests.length, rig.notifications.puts]).toEqual([1, 1]);
  });

  test('settles each parcel by itself: one that hangs or fails keeps no other waiting', async () => {
    const rig = withParcels([1, 2, 3]);
    const calls: DeliveryCalls = {
      ...callsOnce,
      webhook: (item, call) => (item === 'delivery-1' ? new Promise(() => undefined) : callsOnce.webhook(item, call)),
    };
    rig.endpoint.answer = (parcelId) => (parcelId === 2 ? undefined : 200);
    const looks = [1, 2, 3].map((parcelId) => ({ parcelId, announced: [] }));
    const deliveries = deliver(looks, calls, rig.deps);
    await expect(deliveries.get(2)).rejects.toMatchObject({ code: 'ENDPOINT_UNAVAILABLE' });
    expect(await deliveries.get(3)).toMatchObject([{ outcome: 'notified' }]);
    expect(storedOf(rig, 2)).toBeUndefined();
  });

  test('looks at every milestone that is to be told: a late pickup has a waiting delivery looked at', async () => {
    const rig = withParcels([1], { milestones: ['pickup', 'delivery'] });
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'not-reached' }, { outcome: 'notified' }]);
    expect(storedOf(rig, 1, 'pickup')).toBeUndefined();
    rig.parcels.stored.set(1, readParcel(1, { delivery, pickup: { eventId: 1, timeUtc: delivery.timeUtc } }));
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'notified' }, { outcome: 'already-notified' }]);
    expect(rig.endpoint.bodies.map(({ type }) => type)).toEqual(['parcel.delivered', 'parcel.picked_up']);
  });

  test('records what cannot be told: a parcel that has gone, an item that is not a parcel it names', async () => {
    const rig = withParcels([]);
    rig.parcels.stored.set(2, { problem: 'the stored item of parcel 2 is not a parcel' });
    for (let time = 0; time < 2; time += 1) {
      expect(await pass(rig, [1, 2])).toMatchObject([
        { parcelId: 1, outcome: 'requirements-not-met', unmet: ['reached'] },
        { parcelId: 2, outcome: 'unreadable', detail: 'the stored item of parcel 2 is not a parcel' },
      ]);
    }
    expect(storedOf(rig, 1)).toMatchObject({ state: 'requirements-not-met', unmet: ['reached'], attempts: 0 });
    expect(rig.notifications.puts).toBe(1);
  });
});

describe('a receiver', () => {
  test('that refuses one has that recorded, requests and all, and is told when it is asked again', async () => {
    const rig = withParcels([1, 2]);
    rig.endpoint.answer = (parcelId) => (parcelId === 1 ? 422 : 200);
    const detail = 'the endpoint responded 422';
    expect(await pass(rig, [1, 2])).toMatchObject([
      { outcome: 'refused', status: 422, detail },
      { outcome: 'notified' },
    ]);
    expect(storedOf(rig, 1)).toMatchObject({ state: 'failed', attempts: 1, lastStatus: 422, lastError: detail });
    rig.endpoint.answer = (_, attempt) => (attempt < 4 ? undefined : 204);
    await pass(rig, [1]);
    expect(storedOf(rig, 1)).toMatchObject({
      state: 'notified',
      attempts: 4,
      notifiedCount: 1,
      lastStatus: 204,
      lastError: undefined,
      firstAttemptAtUtc: '2026-11-29T06:00:00.040Z',
    });
  });

  test('that is away leaves no record of the notifier, and one of what was tried on demand', async () => {
    const rig = withParcels([1]);
    rig.endpoint.answer = () => undefined;
    rig.endpoint.retryAfterMs = 30_000;
    await expect(pass(rig, [1])).rejects.toMatchObject({ code: 'ENDPOINT_UNAVAILABLE' });
    expect(rig.notifications.puts).toBe(0);
    expect(await pass(rig, [1], onDemand)).toEqual([
      {
        parcelId: 1,
        milestone: 'delivery',
        outcome: 'unavailable',
        detail: 'the endpoint does not answer',
        retryAfterMs: 30_000,
      },
    ]);
    expect(storedOf(rig, 1)).toMatchObject({ state: 'failed', attempts: 3, notifiedCount: 0, told: delivery });
  });

  test('is told once more on demand under the same id; where that fails it stays told', async () => {
    const rig = withParcels([1]);
    await pass(rig, [1]);
    expect(await pass(rig, [1], { ...onDemand, again: true })).toMatchObject([
      { outcome: 'notified', corrected: false },
    ]);
    expect(storedOf(rig, 1)).toMatchObject({ attempts: 2, notifiedCount: 2 });
    expect(new Set(rig.endpoint.requests.map(({ id }) => id)).size).toBe(1);
    rig.endpoint.answer = () => 422;
    expect(await pass(rig, [1], { ...onDemand, again: true })).toMatchObject([{ outcome: 'refused' }]);
    expect(storedOf(rig, 1)).toMatchObject({ state: 'notified', attempts: 3, notifiedCount: 2, lastStatus: 422 });
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'already-notified' }]);
  });

  test('is told of a correction under an id of its own, with what it was told, until it has taken it', async () => {
    const rig = withParcels([1], { corrections: true });
    await pass(rig, [1]);
    const earlier = { eventId: 83_200, timeUtc: '2026-11-28T20:00:00Z' };
    rig.parcels.stored.set(1, readParcel(1, { delivery: earlier }));
    rig.endpoint.answer = () => 422;
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'refused' }]);
    expect(storedOf(rig, 1)).toMatchObject({ state: 'failed', told: delivery, notifiedCount: 1 });
    rig.endpoint.answer = () => 200;
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'notified', corrected: true }]);
    expect(storedOf(rig, 1)).toMatchObject({ state: 'notified', told: earlier, previous: delivery, notifiedCount: 2 });
    await pass(rig, [1], { ...onDemand, again: true });
    const [first, ...corrections] = rig.endpoint.requests.map(({ id }) => id);
    expect(new Set(corrections)).toEqual(new Set([`${first}_83200`]));
    for (const body of rig.endpoint.bodies.slice(1)) {
      expect(body).toMatchObject({
        type: 'parcel.delivery_corrected',
        data: { delivery: earlier, previous: delivery },
      });
    }
  });
});

describe('two workers', () => {
  test('that tell the same at once count it once', async () => {
    const rig = withParcels([1]);
    const others = deliveryRig();
    others.parcels.stored.set(1, readParcel(1));
    const both = { ...others, deps: { ...others.deps, notifications: rig.notifications } };
    const [ours, theirs] = await Promise.all([pass(rig, [1]), pass(both, [1])]);
    expect([...ours, ...theirs]).toMatchObject([{ outcome: 'notified' }, { outcome: 'notified' }]);
    expect(storedOf(rig, 1)).toMatchObject({ notifiedCount: 1, attempts: 1 });
  });

  test('one of which failed meanwhile: what was told is stored, with the requests of both', async () => {
    const rig = withParcels([1]);
    const other: StoredNotification = {
      ...{ notificationId: 'delivery-1', state: 'failed', parcelId: 1, milestone: 'delivery' },
      ...{ told: delivery, previous: undefined, attempts: 2, notifiedCount: 0, unmet: [], lastStatus: 503 },
      ...{ lastError: 'away', firstAttemptAtUtc: '2026-11-29T05:00:00.000Z', notifiedAtUtc: undefined },
      ...{ reportedAtUtc: undefined, changedAtUtc: '2026-11-29T05:00:01.000Z' },
    };
    rig.notifications.beforePut = () => {
      rig.notifications.stored.set('delivery-1', other);
      rig.notifications.beforePut = () => undefined;
    };
    await pass(rig, [1]);
    expect(storedOf(rig, 1)).toMatchObject({
      state: 'notified',
      attempts: 3,
      firstAttemptAtUtc: other.firstAttemptAtUtc,
    });
  });

  test('a write whose answer was lost is not counted twice', async () => {
    const rig = withParcels([1]);
    rig.endpoint.answer = () => 422;
    let lost = 0;
    rig.notifications.afterPut = () => {
      lost += 1;
      if (lost === 1) throw new Error('the answer was lost');
    };
    const calls: DeliveryCalls = {
      ...callsOnce,
      table: (_item, call) => call().catch(() => call()),
    };
    await pass(rig, [1], undefined, calls);
    expect(storedOf(rig, 1)).toMatchObject({ state: 'failed', attempts: 1 });
    expect(rig.notifications.puts).toBe(2);
  });

  test('that change it over and over make the third give up, and the message stays', async () => {
    const rig = withParcels([1]);
    await pass(rig, [1], onDemand);
    let seconds = 0;
    rig.notifications.beforePut = (next) => {
      seconds += 1;
      const changedAtUtc = new Date(seconds * 1_000).toISOString();
      rig.notifications.stored.set(next.notificationId, { ...next, notifiedCount: 1, changedAtUtc });
    };
    rig.endpoint.answer = () => 422;
    await expect(pass(rig, [1], { ...onDemand, again: true })).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
  });
});

describe('what was told', () => {
  test('is reported with the same id, and that is a write of its own', async () => {
    const rig = withParcels([1], {}, true);
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'notified' }]);
    const { notifiedAtUtc } = storedOf(rig, 1) ?? {};
    expect(rig.endpoint.reported).toEqual([
      { parcelId: 1, milestone: 'delivery', notificationId: 'delivery-1', notifiedCount: 1, notifiedAtUtc },
    ]);
    expect(storedOf(rig, 1)?.reportedAtUtc).toBeDefined();
    expect(rig.notifications.puts).toBe(2);
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'already-notified' }]);
    expect(rig.endpoint.reported).toHaveLength(1);
  });

  test('and not reported is reported by the next pass, which does not tell it again', async () => {
    const rig = withParcels([1], {}, true);
    rig.endpoint.answerReport = () => undefined;
    await expect(pass(rig, [1])).rejects.toMatchObject({ code: 'ENDPOINT_UNAVAILABLE' });
    expect(storedOf(rig, 1)).toMatchObject({ state: 'notified', reportedAtUtc: undefined });
    const detail = 'told, but not reported: the endpoint does not answer';
    expect(await pass(rig, [1], onDemand)).toMatchObject([{ outcome: 'unavailable', detail }]);
    rig.endpoint.answerReport = () => 200;
    expect(await pass(rig, [1])).toMatchObject([{ outcome: 'already-notified' }]);
    expect(rig.endpoint.requests).toHaveLength(1);
    expect(storedOf(rig, 1)).toMatchObject({ lastError: undefined, notifiedCount: 1 });
    expect(storedOf(rig, 1)?.reportedAtUtc).toBeDefined();
  });

  test('and refused by the one who is reported to is refused, and stays told', async () => {
    const rig = withParcels([1], {}, true);
    rig.endpoint.answerReport = () => 409;
    const refused = { outcome: 'refused', status: 409, detail: 'told, but not reported: the endpoint responded 409' };
    expect(await pass(rig, [1])).toMatchObject([refused]);
    expect(await pass(rig, [1])).toMatchObject([refused]);
    expect(storedOf(rig, 1)).toMatchObject({ state: 'notified', lastStatus: 409 });
    expect(rig.endpoint.requests).toHaveLength(1);
  });
});
