import type { Milestones } from '@waybill/shared/domain/milestones.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { scan } from '../../processor/test/processor-rig.ts';
import type { DeliveryCalls, DeliveryDependencies, NotifySettings } from '../src/delivery/delivery.ts';
import type { NotificationsTable, StoredNotification } from '../src/notifications/notifications-table.ts';
import type { ParcelReader } from '../src/parcels/parcel-reader.ts';
import { requirementsNamed } from '../src/requirements/requirements.ts';
import type { NotificationRequest, Report } from '../src/webhook/webhook.ts';

/** Of every parcel on trial that was delivered. */
export const delivery = { eventId: 83_270, timeUtc: '2026-11-28T21:15:34.1506147Z' };

export function readParcel(parcelId: number, milestones: Milestones = { delivery }): ReadParcel {
  const state = { ...stateOf(scan(parcelId, { parcelId })), milestones };
  return { state, revision: 1, updatedAtUtc: '2026-11-28T21:15:40.000Z' };
}

/** Keeps notifications in memory under the conditions of the table. */
export class MemoryNotifications implements NotificationsTable {
  readonly stored = new Map<string, StoredNotification>();
  readonly reads: (readonly string[])[] = [];
  puts = 0;
  /** Called before a write is looked at: what another worker does meanwhile, or the engine's error. */
  beforePut: (next: StoredNotification) => void = () => undefined;
  /** Called after a write was done: the engine's error then is an answer that was lost. */
  afterPut: () => void = () => undefined;

  get = async (notificationIds: readonly string[]) => {
    this.reads.push(notificationIds);
    const found = notificationIds.flatMap((id) => this.stored.get(id) ?? []);
    return new Map(found.map((each) => [each.notificationId, each]));
  };

  put = async (next: StoredNotification, seen: StoredNotification | undefined) => {
    this.puts += 1;
    this.beforePut(next);
    const now = this.stored.get(next.notificationId);
    if (now?.changedAtUtc !== seen?.changedAtUtc || now?.notifiedCount !== seen?.notifiedCount) return false;
    this.stored.set(next.notificationId, next);
    this.afterPut();
    return true;
  };
}

export class MemoryParcels implements ParcelReader {
  readonly stored = new Map<number, ReadParcel | { readonly problem: string }>();
  readonly reads: (readonly number[])[] = [];

  get = async (parcelIds: readonly number[]) => {
    this.reads.push(parcelIds);
    return new Map(
      parcelIds.flatMap((id) => {
        const found = this.stored.get(id);
        return found ? [[id, found] as const] : [];
      }),
    );
  };
}

/** What an endpoint on trial does with a request: the status it answers; undefined: it is away. */
export type Answer = number | undefined;

export function endpointError(status: Answer, retryAfterMs?: number): WaybillError {
  const refuses = status !== undefined && [400, 409, 413, 415, 422].includes(status);
  const what = status === undefined ? 'does not answer' : `responded ${status}`;
  return new WaybillError(refuses ? 'NOTIFICATION_REFUSED' : 'ENDPOINT_UNAVAILABLE', `the endpoint ${what}`, {
    details: { ...(status !== undefined && { status }), ...(retryAfterMs !== undefined && { retryAfterMs }) },
  });
}

/** A webhook and a report target that answer as they are told, by parcel, and remember what they were asked. */
export class ScriptedEndpoint {
  readonly requests: NotificationRequest[] = [];
  readonly reported: Report[] = [];
  answer: (parcelId: number, attempt: number) => Answer = () => 200;
  answerReport: (report: Report) => Answer = () => 200;
  retryAfterMs: number | undefined;
  readonly #attempts = new Map<string, number>();

  notify = async (request: NotificationRequest) => {
    this.requests.push(request);
    const attempt = (this.#attempts.get(request.id) ?? 0) + 1;
    this.#attempts.set(request.id, attempt);
    return this.#respond(this.answer(Number(request.id.split('_')[2]), attempt));
  };

  report = async (report: Report) => {
    this.reported.push(report);
    return this.#respond(this.answerReport(report));
  };

  #respond(status: Answer): number {
    if (status !== undefined && status >= 200 && status < 300) return status;
    throw endpointError(status, this.retryAfterMs);
  }

  get bodies(): { readonly type: string; readonly timestamp: string; readonly data: Record<string, unknown> }[] {
    return this.requests.map(({ body }) => JSON.parse(body));
  }
}

const never = new AbortController().signal;

/** Each call once. */
export const callsOnce: DeliveryCalls = {
  table: (_item, call) => call(),
  webhook: (_item, call) => call(never),
  report: (_item, call) => call(never),
};

/** Each call of an endpoint up to three times while it is away. */
export const callsThrice: DeliveryCalls = {
  ...callsOnce,
  webhook: async (_item, call) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call(never);
      } catch (error) {
        if (attempt === 3 || !(error instanceof WaybillError) || error.code !== 'ENDPOINT_UNAVAILABLE') throw error;
      }
    }
  },
};

export const notifySettings: NotifySettings = {
  milestones: ['delivery'],
  corrections: false,
  requirements: requirementsNamed([]),
  maxAgeMs: undefined,
  feed: 'scan-events',
  stages: new Map(),
};

/** All that a pass works with, in memory. The clock moves on by ten milliseconds with every look at it. */
export function deliveryRig(notify: Partial<NotifySettings> = {}, reports = false) {
  const parcels = new MemoryParcels();
  const notifications = new MemoryNotifications();
  const endpoint = new ScriptedEndpoint();
  let now = Date.parse('2026-11-29T06:00:00Z');
  const deps: DeliveryDependencies = {
    parcels,
    notifications,
    webhook: endpoint,
    reportTarget: reports ? endpoint : undefined,
    notify: { ...notifySettings, ...notify },
    now: () => {
      now += 10;
      return now;
    },
  };
  return { parcels, notifications, endpoint, deps };
}
