import { beginningThatFits } from '@waybill/shared/domain/json-text.ts';
import type { Milestone } from '@waybill/shared/domain/milestones.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { type MilestoneOfParcel, notificationIdOf } from '../notifications/notification-id.ts';
import type { StoredNotification } from '../notifications/notifications-table.ts';
import type { DeliveryCalls, DeliveryDependencies, LookOptions } from './delivery.ts';

/** One look at a milestone of a parcel. */
export type Pass = {
  readonly deps: DeliveryDependencies;
  readonly calls: DeliveryCalls;
  readonly options: LookOptions;
  readonly about: MilestoneOfParcel;
  /** What was stored when it was looked at. */
  readonly stored: StoredNotification | undefined;
};

/** Bytes of `lastError` (contract: 1 KiB). */
const mostErrorBytes = 1_024;

/** Writes lost in a row to other workers: each of them has told or recorded something. */
const mostLostWrites = 10;

/** A notification of which nothing is stored. */
function blank(about: MilestoneOfParcel): StoredNotification {
  return {
    notificationId: notificationIdOf(about),
    state: 'failed',
    ...about,
    told: undefined,
    previous: undefined,
    attempts: 0,
    notifiedCount: 0,
    unmet: [],
    lastStatus: undefined,
    lastError: undefined,
    firstAttemptAtUtc: undefined,
    notifiedAtUtc: undefined,
    reportedAtUtc: undefined,
    changedAtUtc: '',
  };
}

export type Changes = Partial<Omit<StoredNotification, 'notificationId' | 'parcelId' | 'milestone' | 'changedAtUtc'>>;

/**
 * Stores changes of what is stored, and resolves with what is stored then. Where another worker has changed it since, the
 * changes are made anew from that; `changesOf` returns undefined where it has left nothing to store.
 */
export async function store(
  { deps: { notifications, now }, calls, about, stored }: Pass,
  changesOf: (seen: StoredNotification) => Changes | undefined,
): Promise<StoredNotification> {
  const id = notificationIdOf(about);
  let seen = stored;
  for (let lost = 0; lost < mostLostWrites; lost += 1) {
    const before = seen ?? blank(about);
    const changes = changesOf(before);
    if (!changes) return before;
    const next = { ...before, ...changes, changedAtUtc: new Date(now()).toISOString() };
    if (await calls.table(id, () => notifications.put(next, seen))) return next;
    seen = (await calls.table(id, () => notifications.get([id]))).get(id);
    // A write whose answer was lost finds itself.
    if (seen && isSame(seen, next)) return seen;
  }
  throw new WaybillError(
    'STORE_CONTENDED',
    `notification ${id} changed ${mostLostWrites} times in a row while it was to be stored: it stays in the queue`,
    { details: { notificationId: id } },
  );
}

/** Records why a milestone is not told. `milestone`: undefined where the parcel is not there any more. */
export async function recordUnmet(
  pass: Pass,
  milestone: Milestone | undefined,
  unmet: readonly string[],
): Promise<void> {
  await store(pass, (seen) => {
    if (seen.notifiedCount > 0) return undefined;
    return { state: 'requirements-not-met', told: milestone, unmet, lastStatus: undefined, lastError: undefined };
  });
}

/**
 * Records that nothing is left to do of what was told: a correction that was refused may have been taken back since, and is
 * not unfinished any more. Resolves with what is stored then.
 */
export async function recordStillTold(pass: Pass): Promise<StoredNotification | undefined> {
  if (!pass.stored || pass.stored.state === 'notified') return pass.stored;
  return await store(pass, (seen) => {
    if (seen.notifiedCount === 0 || seen.state === 'notified') return undefined;
    return { state: 'notified', unmet: [], lastError: undefined };
  });
}

function isSame(a: StoredNotification, b: StoredNotification): boolean {
  return (
    a.changedAtUtc === b.changedAtUtc &&
    a.state === b.state &&
    a.attempts === b.attempts &&
    a.notifiedCount === b.notifiedCount &&
    a.reportedAtUtc === b.reportedAtUtc
  );
}

/** What is stored of an error of ours: its words. */
export function errorText({ message }: WaybillError): string {
  return beginningThatFits(message, mostErrorBytes);
}

/** What an error's details say, where it is a number. */
export function numberIn({ details }: WaybillError, name: 'status' | 'retryAfterMs'): number | undefined {
  const value = details[name];
  return typeof value === 'number' ? value : undefined;
}
