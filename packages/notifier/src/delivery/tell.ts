import type { Milestone } from '@waybill/shared/domain/milestones.ts';
import { hasCode, type WaybillError } from '@waybill/shared/error.ts';
import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import type { Telling } from '../notifications/due.ts';
import { notificationIdOf } from '../notifications/notification-id.ts';
import type { StoredNotification } from '../notifications/notifications-table.ts';
import { notificationRequest } from '../webhook/notification-request.ts';
import type { Delivery } from './delivery.ts';
import { report } from './report.ts';
import { errorText, numberIn, type Pass, store } from './store-notification.ts';

/** Tells a milestone, records that, and reports it. Rejects where calls are given up and that is not to be recorded. */
export async function tell(
  pass: Pass,
  parcel: ReadParcel,
  { milestone, previous, isCorrection }: Telling,
): Promise<Delivery> {
  const { deps, calls, options, about, stored } = pass;
  const { now, webhook, notify } = deps;
  const due = { parcel, milestone: about.milestone, reached: milestone, previous };
  const request = notificationRequest(due, notify);
  let made = 0;
  let firstAttemptAtUtc: string | undefined;
  /** What every outcome stores of the requests that were made. */
  const attempted = (seen: StoredNotification) => ({
    attempts: seen.attempts + made,
    firstAttemptAtUtc: seen.firstAttemptAtUtc ?? firstAttemptAtUtc,
  });
  const recordFailure = (error: WaybillError) =>
    store(pass, (seen) => ({
      ...attempted(seen),
      // What was told stays told where it could not be sent once more.
      ...((seen.notifiedCount === 0 || isCorrection) && { state: 'failed' as const, unmet: [] }),
      ...(seen.notifiedCount === 0 && { told: milestone }),
      lastStatus: numberIn(error, 'status'),
      lastError: errorText(error),
    }));
  let status: number;
  try {
    status = await calls.webhook(notificationIdOf(about), (signal) => {
      made += 1;
      firstAttemptAtUtc ??= new Date(now()).toISOString();
      return webhook.notify(request, signal);
    });
  } catch (error) {
    if (hasCode(error, 'NOTIFICATION_REFUSED')) {
      await recordFailure(error);
      return { ...about, outcome: 'refused', status: numberIn(error, 'status') ?? 0, detail: errorText(error) };
    }
    if (!hasCode(error, 'ENDPOINT_UNAVAILABLE') || !options.recordsUnavailable) throw error;
    // What was given up before the first request is as it was.
    if (made > 0) await recordFailure(error);
    return {
      ...about,
      outcome: 'unavailable',
      detail: errorText(error),
      retryAfterMs: numberIn(error, 'retryAfterMs'),
    };
  }
  const notifiedCount = stored?.notifiedCount ?? 0;
  const told = await store(pass, (seen) => {
    // Another worker told it meanwhile: it counts once.
    if (seen.notifiedCount > notifiedCount) return undefined;
    return {
      ...attempted(seen),
      state: 'notified',
      told: milestone,
      previous,
      notifiedCount: notifiedCount + 1,
      unmet: [],
      lastStatus: status,
      lastError: undefined,
      notifiedAtUtc: new Date(now()).toISOString(),
      reportedAtUtc: undefined,
    };
  });
  return await report({ ...pass, stored: told }, { ...about, outcome: 'notified', corrected: isCorrection });
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
