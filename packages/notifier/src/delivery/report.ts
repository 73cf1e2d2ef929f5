import { hasCode, type WaybillError } from '@waybill/shared/error.ts';
import { notificationIdOf } from '../notifications/notification-id.ts';
import type { Delivery } from './delivery.ts';
import { errorText, numberIn, type Pass, store } from './store-notification.ts';

/**
 * Reports that the milestone was told, where that is wanted and was not done, and records that. Resolves with `told`, or with why
 * it could not be reported: the next look at the parcel reports it then, and does not tell it again. Rejects as `tell` does.
 */
export async function report(pass: Pass, told: Delivery): Promise<Delivery> {
  const { deps, calls, options, about, stored } = pass;
  const target = deps.reportTarget;
  if (!target || !stored || stored.reportedAtUtc !== undefined) return told;
  const { notificationId, notifiedCount, notifiedAtUtc = '' } = stored;
  const recordFailure = (error: WaybillError) =>
    store(pass, () => ({ lastStatus: numberIn(error, 'status'), lastError: errorText(error) }));
  let status: number;
  try {
    status = await calls.report(notificationIdOf(about), (signal) =>
      target.report({ ...about, notificationId, notifiedCount, notifiedAtUtc }, signal),
    );
  } catch (error) {
    if (hasCode(error, 'NOTIFICATION_REFUSED')) {
      await recordFailure(error);
      return { ...about, outcome: 'refused', status: numberIn(error, 'status') ?? 0, detail: notReported(error) };
    }
    if (!hasCode(error, 'ENDPOINT_UNAVAILABLE') || !options.recordsUnavailable) throw error;
    await recordFailure(error);
    const retryAfterMs = numberIn(error, 'retryAfterMs');
    return { ...about, outcome: 'unavailable', detail: notReported(error), retryAfterMs };
  }
  await store(pass, (seen) => {
    // Told once more meanwhile: that is reported by whoever told it.
    if (seen.notifiedCount > notifiedCount || seen.reportedAtUtc !== undefined) return undefined;
    return { reportedAtUtc: new Date(deps.now()).toISOString(), lastStatus: status, lastError: undefined };
  });
  return told;
}

function notReported(error: WaybillError): string {
  return `told, but not reported: ${errorText(error)}`;
}
