import { packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { describeConsumer } from '../../consumer/test/consumer-suite.ts';
import { engineError, pass, useVirtualTime } from '../../consumer/test/service-rig.ts';
import { readParcel } from '../test/delivery-rig.ts';
import { announced, announcementOf, type NotifierRigOptions, notifierRig } from '../test/notifier-rig.ts';
import { requirements } from './requirements/requirements.ts';

describeConsumer('the notifier', (options) => {
  const { notifier, notifications, ...others } = notifierRig(options);
  const put = notifications.put;
  let before: (id: number) => Promise<void> | void = () => undefined;
  notifications.put = async (next, seen) => {
    await before(next.parcelId);
    return await put(next, seen);
  };
  return {
    ...others,
    service: notifier,
    body: announced,
    failureId: (id) => `notification-delivery-${id}`,
    beforeWork: (each) => {
      before = each;
    },
    rejection: () => new WaybillError('STORE_REJECTED', 'the item is at fault'),
    done: () => [...notifications.stored.values()].map(({ parcelId }) => parcelId).sort((a, b) => a - b),
  };
});

describe('what is announced', () => {
  beforeEach(useVirtualTime);

  test('is told once, whatever is announced again, and each parcel of many messages by one read', async () => {
    const { notifier, queue, held, notifications, parcels, stop } = notifierRig();
    for (let id = 1; id <= 10; id += 1) queue.put(announced(id, id + 100, 500));
    notifier.start();
    await pass(5);
    expect(held.told.toSorted((a, b) => a - b)).toEqual(
      [
        ...Array.from({ length: 10 }, (_, at) => at + 1),
        ...Array.from({ length: 10 }, (_, at) => at + 101),
        500,
      ].toSorted((a, b) => a - b),
    );
    expect(parcels.reads).toHaveLength(1);
    expect(notifications.puts).toBe(21);
    queue.put(announced(3, 500));
    await pass(5);
    expect(held.told).toHaveLength(21);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('by several messages at once is counted once', async () => {
    const { notifier, queue, metrics, stop } = notifierRig();
    const counted = vi.spyOn(metrics['waybill.notifier.notifications'], 'add');
    for (let at = 1; at <= 3; at += 1) queue.put(announced(7, 7 + at));
    notifier.start();
    await pass(5);
    expect(counted.mock.calls).toEqual(Array.from({ length: 4 }, () => [1, { outcome: 'notified' }]));
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('is told under the same id again where a process ended between the request and the write', async () => {
    const first = notifierRig();
    first.notifications.put = () => new Promise(() => {});
    const body = announced(1);
    first.queue.put(body);
    first.notifier.start();
    await pass(1);
    // It was told, and nothing is stored: the next process finds the message, and no notification.
    const second = notifierRig();
    second.queue.put(body, { receiveCount: 1 });
    second.notifier.start();
    await pass(5);
    const [before] = first.endpoint.requests;
    expect(second.endpoint.requests).toEqual([before]);
    expect(second.notifications.stored.get('delivery-1')).toMatchObject({ state: 'notified', notifiedCount: 1 });
    await second.stop();
    await first.stop();
  });

  test('counts once where another worker has told it meanwhile', async () => {
    const { notifier, queue, notifications, stop } = notifierRig();
    notifications.beforePut = (next) => {
      notifications.beforePut = () => undefined;
      notifications.stored.set(next.notificationId, { ...next, changedAtUtc: 'meanwhile' });
    };
    queue.put(announced(1));
    notifier.start();
    await pass(5);
    expect(notifications.stored.get('delivery-1')).toMatchObject({ state: 'notified', notifiedCount: 1 });
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('twice at once is one request; what is announced meanwhile is looked at after it', async () => {
    const { notifier, queue, held, endpoint, parcels, stop } = notifierRig({
      notify: { milestones: ['pickup', 'delivery'] },
    });
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    held.before = () => answered;
    queue.put(announced(1));
    queue.put(announced(1, 2));
    notifier.start();
    await pass(1);
    // The pickup comes late, while the delivery is being told.
    const pickup = { eventId: 1, timeUtc: '2026-11-27T10:00:00Z' };
    const { delivery } = readParcel(1).state.milestones;
    parcels.stored.set(1, readParcel(1, { pickup, ...(delivery && { delivery }) }));
    queue.put(packAnnouncements([announcementOf(1, { milestone: 'pickup' })], 262_144).join());
    await pass(1);
    expect(held.askedAt).toHaveLength(2);
    answer();
    await pass(5);
    expect(endpoint.bodies.map(({ type, data }) => `${type} ${data['parcelId']}`).toSorted()).toEqual([
      'parcel.delivered 1',
      'parcel.delivered 2',
      'parcel.picked_up 1',
    ]);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('has no one told where the requirements are not met, nor of a milestone that is not there', async () => {
    const { notifier, queue, held, parcels, notifications, stop } = notifierRig();
    parcels.stored.set(1, readParcel(1, {}));
    parcels.stored.delete(2);
    queue.put(announced(1, 2, 3));
    notifier.start();
    await pass(5);
    expect(held.told).toEqual([3]);
    expect([...notifications.stored.values()]).toMatchObject([
      { notificationId: 'delivery-2', state: 'requirements-not-met', unmet: ['reached'] },
      { notificationId: 'delivery-3', state: 'notified' },
    ]);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('of a later release is passed over: its parcel is looked at, and no message stays', async () => {
    const { notifier, queue, held, failures, stop } = notifierRig();
    const later = { ...announcementOf(1), milestone: 'returned', more: { of: 'it' } };
    queue.put(`{"version":1,"more":1,"announcements":[${JSON.stringify(later)}]}`);
    notifier.start();
    await pass(5);
    expect(held.told).toEqual([1]);
    expect([queue.messages, queue.deadLetters, failures.records.size]).toEqual([[], [], 0]);
    await stop();
  });

  test('in a version of a later release comes again after a delay: a rolling deploy may read it', async () => {
    const { notifier, queue, failures, stop } = notifierRig();
    queue.put('{"version":2,"announcements":[]}');
    notifier.start();
    await pass(25);
    expect(queue.messages).toMatchObject([{ receiveCount: 1 }]);
    await pass(10);
    expect(queue.messages).toMatchObject([{ receiveCount: 2 }]);
    expect([...failures.records.values()]).toMatchObject([{ reason: 'UNREADABLE_MESSAGE', resolved: false }]);
    await stop();
  });

  test('and is no announcement goes alone, and its neighbours are told', async () => {
    const { notifier, queue, held, failures, stop } = notifierRig();
    queue.put(`{"version":1,"announcements":[{"parcelId":0},${JSON.stringify(announcementOf(7))},{"parcelId":0},[]]}`);
    notifier.start();
    await pass(60);
    expect(held.told).toEqual([7]);
    expect(queue.deadLetters.map(({ body }) => body).toSorted()).toEqual([
      '{"version":1,"announcements":[[]]}',
      '{"version":1,"announcements":[{"parcelId":0}]}',
    ]);
    expect([...failures.records.values()].map(({ reason, attempts }) => `${reason} ${attempts}`)).toEqual(
      Array.from({ length: 2 }, () => 'UNREADABLE_MESSAGE 4'),
    );
    await stop();
  });
});

describe('a notification that is refused', () => {
  beforeEach(useVirtualTime);

  test('goes alone, comes again ever later, and ends in the DLQ; its neighbours are told, and a redrive takes it back', async () => {
    const { notifier, queue, held, journal, endpoint, failures, notifications, stop } = notifierRig();
    endpoint.answer = (parcelId) => (parcelId === 2 ? 422 : 200);
    queue.put(announced(1, 2, 3));
    notifier.start();
    await pass(200);
    expect(held.told.filter((id) => id !== 2).toSorted()).toEqual([1, 3]);
    expect(queue.messages).toEqual([]);
    expect(queue.deadLetters).toMatchObject([
      { body: announced(2), attributes: { failureId: 'notification-delivery-2' } },
    ]);
    expect(journal.lines(/^visibility m2/)).toEqual(['visibility m2 30', 'visibility m2 60', 'visibility m2 90']);
    expect([...failures.records.values()]).toMatchObject([
      {
        failureId: 'notification-delivery-2',
        reason: 'NOTIFICATION_REFUSED',
        parcelId: 2,
        attempts: 4,
        resolved: false,
      },
    ]);
    expect(notifications.stored.get('delivery-2')).toMatchObject({ state: 'failed', attempts: 4, lastStatus: 422 });
    endpoint.answer = () => 200;
    for (const { body, attributes } of queue.deadLetters.splice(0)) queue.put(body, { attributes: { ...attributes } });
    await pass(5);
    expect(failures.records.get('notification-delivery-2')).toMatchObject({ resolved: true });
    expect(notifications.stored.get('delivery-2')).toMatchObject({ state: 'notified', notifiedCount: 1 });
    expect(notifier.ready().ok).toBe(true);
    await stop();
  });

  test('is taken off the record by whatever message tells it', async () => {
    const { notifier, queue, endpoint, failures, stop } = notifierRig();
    endpoint.answer = () => 400;
    queue.put(announced(1));
    notifier.start();
    await pass(1);
    expect(failures.records.get('notification-delivery-1')).toMatchObject({ resolved: false });
    endpoint.answer = () => 200;
    queue.put(announced(1, 2));
    await pass(2);
    expect(failures.records.get('notification-delivery-1')).toMatchObject({ resolved: true });
    await pass(60);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('of two milestones of one parcel each has a record and a message of its own', async () => {
    const { notifier, queue, endpoint, parcels, failures, stop } = notifierRig({
      notify: { milestones: ['pickup', 'delivery'] },
    });
    const milestone = { eventId: 1, timeUtc: '2026-11-27T10:00:00Z' };
    parcels.stored.set(1, readParcel(1, { pickup: milestone, delivery: milestone }));
    endpoint.answer = (parcelId) => (parcelId === 1 ? 400 : 200);
    queue.put(
      packAnnouncements(
        [announcementOf(1, { milestone: 'pickup' }), announcementOf(1), announcementOf(2)],
        9_999,
      ).join(),
    );
    notifier.start();
    await pass(300);
    expect(queue.deadLetters.map(({ attributes }) => attributes?.['failureId']).toSorted()).toEqual([
      'notification-delivery-1',
      'notification-pickup-1',
    ]);
    expect(
      [...failures.records.values()].map(({ failureId, attempts }) => `${failureId} ${attempts}`).toSorted(),
    ).toEqual(['notification-delivery-1 4', 'notification-pickup-1 4']);
    await stop();
  });
});

/** A notifier with as much on its queue as it may hold, and more. */
function busy(options: NotifierRigOptions = {}) {
  const all = notifierRig({ receivers: 1, ...options });
  for (let id = 1; id <= 60; id += 1) all.queue.put(announced(id));
  return all;
}

describe('an endpoint that is away', () => {
  beforeEach(useVirtualTime);

  // Which answers are the endpoint's own failure is for the webhook to say; here one of each kind.
  test.each([undefined, 401, 503])(
    'by %s is held for: nothing is dead, no receive is used up, and all is told once it is mended',
    async (status) => {
      const { notifier, queue, held, journal, endpoint, failures, stop } = busy();
      endpoint.answer = () => status;
      notifier.start();
      await pass(120);
      const received = queue.messages.filter(({ receiveCount }) => receiveCount > 0);
      expect(received.length).toBeLessThanOrEqual(20);
      expect(queue.messages.every(({ receiveCount }) => receiveCount <= 1)).toBe(true);
      expect(journal.lines(/^(recorded|sent|deleted|dead|visibility m\d+ 0)/)).toEqual([]);
      expect(notifier.ready()).toMatchObject({ ok: false, parts: { webhook: { ok: false }, breaker: { ok: true } } });
      expect(notifier.live().ok).toBe(true);
      endpoint.answer = () => 200;
      await pass(90);
      expect([queue.messages, queue.deadLetters, failures.records.size]).toEqual([[], [], 0]);
      expect(new Set(held.told).size).toBe(60);
      expect(notifier.ready().ok).toBe(true);
      await stop();
    },
  );

  test('is asked by one probe at a time, from a second to a minute apart', async () => {
    const { notifier, endpoint, held, stop } = busy();
    endpoint.answer = () => undefined;
    notifier.start();
    await pass(600);
    const waits = held.askedAt.slice(1).map((at, index) => at - (held.askedAt[index] ?? 0));
    // With half of the jitter: three quarters of 1, 2, 4 … 60 s.
    expect(waits.filter((ms) => ms > 100).slice(0, 9)).toEqual(
      [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 750),
    );
    await stop();
  });

  test('that asks to be left alone is not asked before', async () => {
    const { notifier, queue, held, endpoint, stop } = notifierRig({ receivers: 1 });
    endpoint.answer = () => 429;
    endpoint.retryAfterMs = 600_000;
    queue.put(announced(1));
    notifier.start();
    await pass(1);
    endpoint.answer = () => 200;
    await pass(601);
    const [first = 0, second = 0, ...more] = held.askedAt;
    expect(second - first).toBe(600_000);
    expect(more).toEqual([]);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('for longer than what is in hand is due is not asked for that, nor taken to be back by it', async () => {
    const rig = notifierRig({ receivers: 1, notify: { requirements, maxAgeMs: 600_000 } });
    const { notifier, queue, endpoint, parcels, notifications, stop } = rig;
    const put = (id: number) => {
      const [pickup, delivery] = [1, 2].map((eventId) => ({ eventId, timeUtc: new Date().toISOString() }));
      if (pickup && delivery) parcels.stored.set(id, readParcel(id, { pickup, delivery }));
      queue.put(announced(id));
    };
    endpoint.answer = () => undefined;
    for (let id = 1; id <= 10; id += 1) put(id);
    notifier.start();
    // What was read within the last minute is still asked for.
    await pass(660);
    const asked = endpoint.requests.length;
    await pass(120);
    expect(endpoint.requests).toHaveLength(asked);
    expect([...notifications.stored.values()].map(({ state, unmet }) => `${state} ${unmet}`)).toEqual(
      Array.from({ length: 10 }, () => 'requirements-not-met recent'),
    );
    expect(queue.messages).toEqual([]);
    expect(notifier.ready().parts['webhook']).toMatchObject({ ok: false });
    endpoint.answer = () => 200;
    put(11);
    await pass(10);
    expect(notifications.stored.get('delivery-11')).toMatchObject({ state: 'notified' });
    expect(notifier.ready().ok).toBe(true);
    await stop();
  });

  test('for one parcel alone keeps no other waiting', async () => {
    const { notifier, queue, endpoint, stop } = notifierRig();
    endpoint.answer = (parcelId) => (parcelId === 1 ? 500 : 200);
    queue.put(announced(1));
    notifier.start();
    await pass(120);
    expect(notifier.ready().parts['webhook']).toMatchObject({ ok: false });
    for (let id = 2; id <= 40; id += 1) queue.put(announced(id));
    await pass(120);
    expect(queue.messages).toMatchObject([{ messageId: 'm1', receiveCount: 1 }]);
    await stop();
  });
});

describe('reports', () => {
  beforeEach(useVirtualTime);

  test('that cannot be made hold the message, and stop no telling; what was told is not told again', async () => {
    const { notifier, queue, held, endpoint, failures, stop } = notifierRig({ reports: true });
    endpoint.answerReport = () => 503;
    for (let id = 1; id <= 30; id += 1) queue.put(announced(id));
    notifier.start();
    await pass(120);
    expect(held.told).toHaveLength(30);
    expect(queue.messages.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
    expect(notifier.ready()).toMatchObject({ ok: false, parts: { webhook: { ok: true }, report: { ok: false } } });
    endpoint.answerReport = () => 200;
    await pass(90);
    expect(held.told).toHaveLength(30);
    expect([queue.messages, failures.records.size]).toEqual([[], 0]);
    expect(notifier.ready().ok).toBe(true);
    await stop();
  });

  test('that are refused go alone, and a repetition reports without telling again', async () => {
    const { notifier, queue, held, endpoint, failures, notifications, stop } = notifierRig({ reports: true });
    endpoint.answerReport = ({ parcelId }) => (parcelId === 1 ? 409 : 200);
    queue.put(announced(1, 2));
    notifier.start();
    await pass(20);
    expect(held.told.toSorted()).toEqual([1, 2]);
    expect(failures.records.get('notification-delivery-1')).toMatchObject({ reason: 'NOTIFICATION_REFUSED' });
    endpoint.answerReport = () => 200;
    await pass(60);
    expect(held.told.toSorted()).toEqual([1, 2]);
    expect(notifications.stored.get('delivery-1')?.reportedAtUtc).toBeDefined();
    expect(failures.records.get('notification-delivery-1')).toMatchObject({ resolved: true });
    expect(queue.messages).toEqual([]);
    await stop();
  });
});

test('a report that was refused is taken off the record by whatever message has it made', async () => {
  useVirtualTime();
  const { notifier, queue, held, endpoint, failures, stop } = notifierRig({ reports: true });
  endpoint.answerReport = () => 400;
  queue.put(announced(1));
  notifier.start();
  await pass(1);
  expect(failures.records.get('notification-delivery-1')).toMatchObject({ resolved: false });
  endpoint.answerReport = () => 200;
  queue.put(announced(1, 2));
  await pass(2);
  expect(held.told.toSorted()).toEqual([1, 2]);
  expect(failures.records.get('notification-delivery-1')).toMatchObject({ resolved: true });
  await stop();
});

describe('a stop', () => {
  beforeEach(useVirtualTime);

  test('ends requests under way at its deadline and hands their messages back, to be told under the same id', async () => {
    const { notifier, queue, held, failures, stop } = notifierRig();
    held.before = () => new Promise(() => {});
    queue.put(announced(1));
    queue.put(announced(2), { receiveCount: 2 });
    notifier.start();
    await pass(1);
    expect(await stop()).toBeLessThanOrEqual(38);
    expect(held.signals.every(({ aborted }) => aborted)).toBe(true);
    expect(queue.messages).toMatchObject([
      { body: announced(1), receiveCount: 1 },
      { body: announced(2), receiveCount: 0 },
    ]);
    expect(queue.messages.every(({ visibleAt }) => visibleAt <= Date.now())).toBe(true);
    expect([queue.deadLetters, failures.records.size]).toEqual([[], 0]);
  });

  test('while the endpoint is away asks it no more, and hands back what is held', async () => {
    const { notifier, queue, held, endpoint, stop } = busy();
    endpoint.answer = () => 503;
    notifier.start();
    await pass(60);
    await stop();
    const before = held.askedAt.length;
    await pass(600);
    expect(held.askedAt).toHaveLength(before);
    expect(queue.messages).toHaveLength(60);
    expect(queue.messages.every(({ visibleAt }) => visibleAt <= Date.now())).toBe(true);
  });
});

test('what DynamoDB does not answer is held by its own breaker, and the endpoint is not asked for it', async () => {
  useVirtualTime();
  const { notifier, queue, held, parcels, stop } = notifierRig();
  const get = parcels.get;
  parcels.get = () => Promise.reject(engineError('AccessDeniedException'));
  queue.put(announced(1, 2));
  notifier.start();
  await pass(60);
  expect(held.told).toEqual([]);
  expect(notifier.ready()).toMatchObject({ parts: { breaker: { ok: false }, webhook: { ok: true } } });
  parcels.get = get;
  await pass(15);
  expect(held.told).toEqual([1, 2]);
  expect(queue.messages).toEqual([]);
  await stop();
});

test('a stored item that is no parcel fails alone', async () => {
  useVirtualTime();
  const { notifier, queue, held, parcels, failures, stop } = notifierRig();
  parcels.stored.set(1, { problem: 'the item has no lastEventId' });
  queue.put(announced(1, 2));
  notifier.start();
  await pass(30);
  expect(held.told).toEqual([2]);
  expect(queue.deadLetters).toMatchObject([{ body: announced(1) }]);
  expect(failures.records.get('notification-delivery-1')).toMatchObject({ reason: 'STORE_REJECTED', resolved: false });
  await stop();
});

test('a first delivery that changes after it was told is told as a correction, where that is wanted', async () => {
  useVirtualTime();
  const { notifier, queue, endpoint, parcels, notifications, stop } = notifierRig({ notify: { corrections: true } });
  queue.put(announced(1));
  notifier.start();
  await pass(2);
  parcels.stored.set(1, readParcel(1, { delivery: { eventId: 5, timeUtc: '2026-11-28T20:00:00Z' } }));
  queue.put(packAnnouncements([announcementOf(1, { eventId: 5 })], 9_999).join());
  await pass(2);
  expect(endpoint.bodies.map(({ type }) => type)).toEqual(['parcel.delivered', 'parcel.delivery_corrected']);
  expect(notifications.stored.get('delivery-1')).toMatchObject({ notifiedCount: 2, told: { eventId: 5 } });
  await stop();
});

test('the line about a settled message says what became of what it announced, and names nobody', async () => {
  useVirtualTime();
  const { notifier, queue, parcels, lines, stop } = notifierRig();
  parcels.stored.delete(2);
  queue.put(announced(1, 2, 3));
  notifier.start();
  await pass(2);
  queue.put(announced(1));
  await pass(2);
  const settled = lines.filter(({ msg }) => msg === 'message settled');
  expect(settled).toMatchObject([
    { announcements: 3, notified: 2, alreadyNotified: 0, unmet: 1, settlement: 'deleted' },
    { announcements: 1, notified: 0, alreadyNotified: 1, unmet: 0, settlement: 'deleted' },
  ]);
  await stop();
});
