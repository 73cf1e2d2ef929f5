import type { NotifySettings } from '@waybill/notifier/delivery/delivery.ts';
import { requirementsNamed } from '@waybill/notifier/requirements/requirements.ts';
import { nothingSent, type Sent, sentShape } from '@waybill/operations/notifications/sent-shape.ts';
import type { Operation, OperationStart } from '@waybill/operations/record/operation.ts';
import type { OperationLog } from '@waybill/operations/record/operation-log.ts';
import { type Clock, systemClock } from '@waybill/shared/clock.ts';
import { describe, expect, test } from 'vitest';
import { deliveryRig, endpointError, readParcel } from '../../../notifier/test/delivery-rig.ts';
import { openApi } from '../../test/api-rig.ts';
import { createCursors } from '../pages/cursor.ts';
import { Problem } from '../problems/problem.ts';
import { answerOf } from './deliveries.ts';
import { notificationRoutes } from './notification-routes.ts';

const delivered = { eventId: 9, timeUtc: '2026-11-28T21:15:34Z' };
const picked = { pickup: { eventId: 3, timeUtc: '2026-11-27T00:00:00Z' } };

/** Parcels 1 to 9: delivered and picked up, but for 8, which was not picked up, and 9, which is on its way. */
function storedParcels(notify: Partial<NotifySettings> = {}) {
  const rig = deliveryRig({ requirements: requirementsNamed(['picked-up']), ...notify });
  for (let id = 1; id <= 7; id += 1) rig.parcels.stored.set(id, readParcel(id, { ...picked, delivery: delivered }));
  rig.parcels.stored.set(8, readParcel(8, { delivery: delivered }));
  rig.parcels.stored.set(9, readParcel(9, picked));
  return rig;
}

/** Waits before another attempt are short; those between heartbeats are not. */
const quickClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms < 3_000 ? 1 : ms, signal),
};

async function open(rig = storedParcels(), attemptsLimitMs?: number) {
  const recorded: (OperationStart & Partial<Operation>)[] = [];
  const operations: OperationLog = {
    begin: async (start) => void recorded.push(start),
    end: async (_, end) => void recorded.push({ ...recorded.pop(), ...end } as OperationStart),
    heartbeat: async () => undefined,
    requestCancel: async () => ({ kind: 'missing' }),
    read: async () => undefined,
    list: async () => [],
  };
  const notifying = { delivery: rig.deps, concurrency: 4 };
  const api = await openApi({
    deps: { notifying, clock: quickClock },
    routes: (deps) => [
      notificationRoutes({
        ...deps,
        cursors: createCursors(deps.settings.tokens),
        operations,
        ...(attemptsLimitMs !== undefined && { attemptsLimitMs }),
      }),
    ],
  });
  const send = (payload: object) => api.ask({ method: 'POST', url: '/v1/notifications/deliveries', payload });
  return { ...rig, api, send, operations, recorded };
}

const lists = (sent: Partial<Sent>): Sent => ({ ...nothingSent(), ...sent });

describe('a delivery on demand', () => {
  test('tells what can be told, says what became of each, and is on record', async () => {
    const { send, endpoint, recorded, notifications } = await open();
    endpoint.answer = (parcelId, attempt) => (parcelId === 2 ? 422 : parcelId === 3 && attempt < 3 ? 503 : 200);
    const answer = await send({ parcelIds: [1, 2, 3, 1, 8, 9, 10], because: 'they asked' });
    const refused = { parcelId: 2, reason: 'the endpoint responded 422', retryable: false };
    expect(answer).toMatchObject({ status: 200 });
    expect(sentShape.parse(answer.body)).toEqual(
      lists({
        notified: [1, 3],
        failed: [refused],
        requirementsNotMet: [
          { parcelId: 8, unmet: ['picked-up'] },
          { parcelId: 9, unmet: ['reached'] },
        ],
        notFound: [10],
      }),
    );
    expect(notifications.stored.get('delivery-3')).toMatchObject({ state: 'notified', attempts: 3 });
    expect(notifications.stored.get('delivery-2')).toMatchObject({ state: 'failed', lastStatus: 422 });
    expect([...notifications.stored.keys()]).not.toContain('delivery-9');
    expect(recorded).toMatchObject([
      {
        kind: 'notifications-send',
        by: 'all',
        because: 'they asked',
        filter: { parcel: [1, 2, 3, 8, 9, 10], attempts: 3, again: false },
        outcome: 'partly',
        counts: { notified: 2, alreadyNotified: 0, requirementsNotMet: 2, failed: 1, notFound: 1 },
      },
    ]);
  });

  test('repeated with the ids that failed tells those alone; `again` tells all once more under the same ids', async () => {
    const { send, endpoint } = await open();
    endpoint.answer = (parcelId) => (parcelId === 2 ? undefined : 200);
    const away = { parcelId: 2, reason: 'the endpoint does not answer', retryable: true };
    expect((await send({ parcelIds: [1, 2], attempts: 2 })).body).toEqual(lists({ notified: [1], failed: [away] }));
    expect(endpoint.requests).toHaveLength(3);
    endpoint.answer = () => 200;
    expect((await send({ parcelIds: [1, 2] })).body).toEqual(lists({ notified: [2], alreadyNotified: [1] }));
    expect(endpoint.requests).toHaveLength(4);
    expect(await send({ parcelIds: [1, 2] })).toMatchObject({ status: 200, body: lists({ alreadyNotified: [1, 2] }) });
    expect((await send({ parcelIds: [1, 2], again: true })).body).toEqual(lists({ notified: [1, 2] }));
    expect(endpoint.requests).toHaveLength(6);
    expect(new Set(endpoint.requests.map(({ id }) => id)).size).toBe(2);
  });

  test('of which time is over says what was told and what to send again, and has recorded both', async () => {
    const { send, endpoint, deps, notifications, ...rest } = await open(storedParcels(), 50);
    const { notify } = endpoint;
    endpoint.notify = async (request, ...more) => {
      if (!request.id.endsWith('_2')) return await notify(request, ...more);
      const [signal] = more as unknown as readonly [AbortSignal];
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw endpointError(undefined);
    };
    const { body } = await send({ parcelIds: [1, 2] });
    expect(body).toMatchObject({ notified: [1], failed: [{ parcelId: 2, retryable: true }] });
    expect(body.failed[0].reason).toMatch(/time of the request was over/);
    expect(notifications.stored.get('delivery-2')).toMatchObject({ state: 'failed', attempts: 1 });
    expect(rest.recorded).toMatchObject([{ outcome: 'partly' }]);
  });

  test('that cannot be put on record does nothing', async () => {
    const { send, endpoint, operations } = await open();
    Object.assign(operations, {
      begin: async () => {
        throw endpointError(undefined);
      },
    });
    const { status, body, headers } = await send({ parcelIds: [1] });
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '5' });
    expect(body).toMatchObject({ code: 'UNAVAILABLE', failed: [{ parcelId: 1, retryable: true }] });
    expect(endpoint.requests).toEqual([]);
  });

  test('is 400 for a body that is not a list of 1 to 100 parcels', async () => {
    const { send } = await open();
    const hundredAndOne = Array.from({ length: 101 }, (_, index) => index + 1);
    for (const wrong of [
      {},
      { parcelIds: [] },
      { parcelIds: hundredAndOne },
      { parcelIds: [0] },
      { parcelIds: [1], attempts: 11 },
      { parcelIds: [1], attempts: 0 },
      { parcelIds: [1], again: 'yes' },
      { parcelIds: [1], milestone: 'delivery' },
    ]) {
      expect((await send(wrong)).status, JSON.stringify(wrong)).toBe(400);
    }
  });

  test('is 404 where there is no webhook', async () => {
    const api = await openApi();
    const answer = await api.ask({ method: 'POST', url: '/v1/notifications/deliveries', payload: { parcelIds: [1] } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOTIFICATIONS_OFF' } });
  });
});

describe('what none of was told answers', () => {
  const refuse = () => 422;
  const away = () => 503;
  const gone = () => 200;

  const rows = [
    ['404 where none exists', [10, 11], gone, 404, 'NOT_FOUND', ['notFound']],
    ['422 where none meets the requirements', [8, 9], gone, 422, 'UNPROCESSABLE', ['requirementsNotMet']],
    ['422 where none that exists does', [8, 10], gone, 422, 'UNPROCESSABLE', ['requirementsNotMet', 'notFound']],
    ['502 where the webhook refuses all', [1, 2], refuse, 502, 'WEBHOOK_REFUSED', ['failed']],
    [
      '502 where it refuses all that could be told',
      [1, 8, 10],
      refuse,
      502,
      'WEBHOOK_REFUSED',
      ['failed', 'requirementsNotMet', 'notFound'],
    ],
    ['503 where the endpoint is away', [1, 2], away, 503, 'UNAVAILABLE', ['failed']],
    [
      '503 where some may be told later',
      [1, 8, 10],
      away,
      503,
      'UNAVAILABLE',
      ['failed', 'requirementsNotMet', 'notFound'],
    ],
  ] as const;

  test('a problem with the lists, by why', async () => {
    const { send, endpoint } = await open();
    for (const [why, parcelIds, answer, status, code, named] of rows) {
      endpoint.answer = answer;
      const got = await send({ parcelIds, attempts: 1 });
      expect(got, why).toMatchObject({ status, body: { code, status } });
      expect(got.headers['content-type']).toMatch(/problem\+json/);
      const { notified, alreadyNotified, requirementsNotMet, failed, notFound } = got.body;
      const all = sentShape.parse({ notified, alreadyNotified, requirementsNotMet, failed, notFound });
      const filled = Object.entries(all).flatMap(([list, ids]) => (ids.length > 0 ? [list] : []));
      expect(filled.toSorted(), why).toEqual(named.toSorted());
      expect(got.headers['retry-after'], why).toBe(status === 503 ? '5' : undefined);
    }
  });

  test('503 with every parcel, where the tables do not answer', async () => {
    const rig = storedParcels();
    rig.parcels.get = async () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' });
    };
    const { send, recorded } = await open(rig);
    const { status, body } = await send({ parcelIds: [1, 2] });
    expect(status).toBe(503);
    expect(body.failed).toEqual([
      { parcelId: 1, reason: 'Error', retryable: true },
      { parcelId: 2, reason: 'Error', retryable: true },
    ]);
    expect(recorded).toMatchObject([{ outcome: 'failed' }]);
  });

  test('503 for as long as the endpoint asks to be left alone', async () => {
    const { send, endpoint } = await open();
    endpoint.answer = away;
    endpoint.retryAfterMs = 90_500;
    expect((await send({ parcelIds: [1, 2] })).headers['retry-after']).toBe('91');
    // It is not waited for: one attempt each.
    expect(endpoint.requests).toHaveLength(2);
  });

  test('by the first of these that fits, whatever else there is', () => {
    const unmet = [{ parcelId: 1, unmet: ['reached'] }];
    const failedWith = (retryable: boolean) => [{ parcelId: 2, reason: 'x', retryable }];
    const [later, never] = [failedWith(true), failedWith(false)];
    const rest = { requirementsNotMet: unmet, notFound: [3], alreadyNotified: [4] };
    const rows: readonly (readonly [Partial<Sent>, string])[] = [
      [{ ...rest, failed: later, notified: [5] }, '200'],
      [{ ...rest, failed: [...later, ...never] }, 'UNAVAILABLE'],
      [{ ...rest, failed: never }, 'WEBHOOK_REFUSED'],
      [rest, '200'],
      [{ alreadyNotified: [4], notFound: [3] }, '200'],
      [{ requirementsNotMet: unmet, notFound: [3] }, 'UNPROCESSABLE'],
      [{ notFound: [3] }, 'NOT_FOUND'],
    ];
    for (const [sent, expected] of rows) {
      const sending = { sent: lists(sent), retryAfterMs: undefined };
      let got = '200';
      try {
        expect(answerOf(sending)).toEqual(lists(sent));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        got = error.code;
        expect(error.more.members).toEqual(lists(sent));
      }
      expect(got, JSON.stringify(sent)).toBe(expected);
    }
  });
});
