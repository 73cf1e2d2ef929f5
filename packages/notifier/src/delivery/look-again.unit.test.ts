import { describe, expect, test } from 'vitest';
import { callsOnce, delivery, deliveryRig, readParcel } from '../../test/delivery-rig.ts';
import { deliver } from './deliver.ts';
import type { DeliveryCalls } from './delivery.ts';

type Rig = ReturnType<typeof deliveryRig>;

const earlier = { eventId: 83_200, timeUtc: '2026-11-28T20:00:00Z' };
const hour = 3_600_000;

async function pass({ deps }: Rig, calls: DeliveryCalls = callsOnce) {
  const deliveries = await Promise.all(deliver([{ parcelId: 1, announced: ['delivery'] }], calls, deps).values());
  return deliveries.flat();
}

/** A rig with one parcel, whose clock is at the delivery's time and goes on when it is told to. */
function timedRig(...options: Parameters<typeof deliveryRig>) {
  const rig = deliveryRig(...options);
  rig.parcels.stored.set(1, readParcel(1));
  const time = { nowMs: Date.parse('2026-11-28T21:16:00Z') };
  return { ...rig, deps: { ...rig.deps, now: () => time.nowMs }, time };
}

/** Calls of an endpoint that takes the first request after so many milliseconds, in which something happens. */
function afterWaiting(
  { time }: { readonly time: { nowMs: number } },
  ms: number,
  meanwhile: () => void,
): DeliveryCalls {
  return {
    ...callsOnce,
    webhook: async (item, call) => {
      time.nowMs += ms;
      meanwhile();
      return await callsOnce.webhook(item, call);
    },
  };
}

describe('what waited long for its request', () => {
  test('is told as it is then', async () => {
    const rig = timedRig();
    const correct = () => rig.parcels.stored.set(1, readParcel(1, { delivery: earlier }));
    expect(await pass(rig, afterWaiting(rig, hour, correct))).toMatchObject([
      { outcome: 'notified', corrected: false },
    ]);
    expect(rig.endpoint.bodies).toMatchObject([{ timestamp: earlier.timeUtc, data: { delivery: earlier } }]);
    expect(rig.notifications.stored.get('delivery-1')).toMatchObject({ told: earlier, notifiedCount: 1, attempts: 1 });
  });

  test('is not told where it has grown too old', async () => {
    const { requirements } = await import('../requirements/requirements.ts');
    const rig = timedRig({ requirements, maxAgeMs: 2 * hour });
    rig.parcels.stored.set(1, readParcel(1, { pickup: earlier, delivery }));
    const calls = afterWaiting(rig, 3 * hour, () => undefined);
    expect(await pass(rig, calls)).toMatchObject([{ outcome: 'requirements-not-met', unmet: ['recent'] }]);
    expect(rig.endpoint.requests).toEqual([]);
    expect(rig.notifications.stored.get('delivery-1')).toMatchObject({ state: 'requirements-not-met', attempts: 0 });
  });

  test('is not told where another worker has told it', async () => {
    const rig = timedRig();
    const others = { ...timedRig(), notifications: rig.notifications };
    const both = { ...others, deps: { ...others.deps, notifications: rig.notifications } };
    let told: Promise<unknown> = Promise.resolve();
    const calls: DeliveryCalls = {
      ...callsOnce,
      webhook: async (item, call) => {
        rig.time.nowMs += hour;
        told = pass(both);
        await told;
        return await callsOnce.webhook(item, call);
      },
    };
    expect(await pass(rig, calls)).toMatchObject([{ outcome: 'already-notified' }]);
    expect(rig.endpoint.requests).toEqual([]);
  });

  test.each<[string, number | undefined, string[]]>([
    ['may have been taken as it was, is told as it is, and then as a correction', undefined, ['', '', '_83200']],
    ['may have been taken, though a proxy says no, the same', 504, ['', '', '_83200']],
    ['was turned away as it was, is told once', 403, ['', '']],
  ])('and %s', async (_what, status, expected) => {
    const rig = timedRig({ corrections: true });
    rig.endpoint.answer = () => (rig.endpoint.requests.length === 1 ? status : 200);
    const calls: DeliveryCalls = {
      ...callsOnce,
      webhook: async (item, call) => {
        if (rig.endpoint.requests.length > 0) return await callsOnce.webhook(item, call);
        await callsOnce.webhook(item, call).catch(() => undefined);
        rig.time.nowMs += hour;
        rig.parcels.stored.set(1, readParcel(1, { delivery: earlier }));
        return await callsOnce.webhook(item, call);
      },
    };
    await pass(rig, calls);
    const [base = ''] = rig.endpoint.requests.map(({ id }) => id);
    expect(rig.endpoint.requests.map(({ id }) => id)).toEqual(expected.map((end) => base + end));
    const corrections = rig.endpoint.bodies.slice(2);
    for (const { data } of corrections) expect(data).toMatchObject({ delivery: earlier, previous: delivery });
    expect(rig.notifications.stored.get('delivery-1')).toMatchObject({
      told: earlier,
      notifiedCount: expected.length - 1,
    });
  });

  test('that is, a minute: until then nothing is read a second time', async () => {
    const rig = timedRig();
    await pass(
      rig,
      afterWaiting(rig, 60_000, () => undefined),
    );
    expect([rig.parcels.reads.length, rig.notifications.reads.length]).toEqual([1, 1]);
  });
});

describe('a milestone that changes while it is told first', () => {
  const ids = ({ endpoint }: Rig) => endpoint.requests.map(({ id }) => id);

  /** Two workers: `late` has read the parcel as it was first, `soon` as it is now; they store in the order of `order`. */
  async function bothTell(order: 'soon first' | 'late first') {
    const late = timedRig({ corrections: true });
    const soon = timedRig({ corrections: true });
    const second = { ...soon, deps: { ...soon.deps, parcels: late.parcels, notifications: late.notifications } };
    const [first, other] = order === 'soon first' ? [late, second] : [second, late];
    const correct = () => late.parcels.stored.set(1, readParcel(1, { delivery: earlier }));
    if (order === 'late first') {
      const asked = Promise.withResolvers<void>();
      const lateTells = pass(other, {
        ...callsOnce,
        webhook: async (item, call) => {
          await asked.promise;
          return await callsOnce.webhook(item, call);
        },
      });
      await Promise.resolve().then(() => new Promise((resolve) => setImmediate(resolve)));
      correct();
      await pass(first, {
        ...callsOnce,
        webhook: async (item, call) => {
          const status = await callsOnce.webhook(item, call);
          asked.resolve();
          await lateTells;
          return status;
        },
      });
    } else {
      await pass(first, {
        ...callsOnce,
        webhook: async (item, call) => {
          const status = await callsOnce.webhook(item, call);
          correct();
          if (late.notifications.puts === 0) await pass(other);
          return status;
        },
      });
    }
    return { late, soon, stored: late.notifications.stored.get('delivery-1') };
  }

  test.each(['soon first', 'late first'] as const)(
    'is told as a correction by whoever stores last: %s',
    async (order) => {
      const { late, soon, stored } = await bothTell(order);
      const [base] = ids(late);
      expect([...ids(late), ...ids(soon)].toSorted()).toEqual([base, base, `${base}_83200`]);
      const corrections = [...late.endpoint.bodies, ...soon.endpoint.bodies].filter(
        ({ type }) => type !== 'parcel.delivered',
      );
      expect(corrections).toMatchObject([
        { type: 'parcel.delivery_corrected', data: { delivery: earlier, previous: delivery } },
      ]);
      expect(stored).toMatchObject({ state: 'notified', told: earlier, notifiedCount: 2 });
    },
  );
});

test('a correction that was refused and is taken back is not unfinished any more', async () => {
  const rig = timedRig({ corrections: true });
  await pass(rig);
  rig.time.nowMs += 1_000;
  rig.parcels.stored.set(1, readParcel(1, { delivery: earlier }));
  rig.endpoint.answer = () => 422;
  await pass(rig);
  expect(rig.notifications.stored.get('delivery-1')).toMatchObject({ state: 'failed', notifiedCount: 1 });
  rig.parcels.stored.set(1, readParcel(1));
  rig.time.nowMs += 1_000;
  expect(await pass(rig)).toMatchObject([{ outcome: 'already-notified' }]);
  expect(rig.notifications.stored.get('delivery-1')).toMatchObject({ state: 'notified', lastError: undefined });
  expect(rig.endpoint.requests).toHaveLength(2);
});
