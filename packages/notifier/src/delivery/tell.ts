import type { Milestone } from '@waybill/shared/domain/milestones.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import type { Telling } from '../notifications/due.ts';
import { notificationIdOf } from '../notifications/notification-id.ts';
import type { StoredNotification } from '../notifications/notifications-table.ts';
import { notificationRequest } from '../webhook/notification-request.ts';
import type { NotificationRequest } from '../webhook/webhook.ts';
import type { Delivery } from './delivery.ts';
import type { Looked, MilestoneLook } from './look.ts';
import { report } from './report.ts';
import { errorText, numberIn, type Pass, store } from './store-notification.ts';

/** What was seen of a milestone that is to be told. */
export type TellingLooked = Omit<Looked, 'due'> & { readonly due: Telling };

/** What is told, as it was seen before the last request. */
type Current = TellingLooked & { readonly request: NotificationRequest };

/**
 * Tells a milestone, records that, and reports it. Resolves with what was seen then, where something else is due when its turn
 * has come, or after another worker told something else. Rejects where calls are given up and that is not to be recorded.
 */
export async function tell(first: TellingLooked, look: MilestoneLook): Promise<Delivery | Looked> {
  const { deps, calls, options, about } = first.pass;
  const { now, webhook, notify } = deps;
  let current = currentOf(first);
  let overtakenBy: Looked | undefined;
  let made = 0;
  /** Of requests under the first id, those that the receiver may have taken, though they failed. */
  const mayBeTaken: Milestone[] = [];
  let firstAttemptAtUtc: string | undefined;
  /** What every outcome stores of the requests that were made. */
  const attempted = (seen: StoredNotification) => ({
    attempts: seen.attempts + made,
    firstAttemptAtUtc: seen.firstAttemptAtUtc ?? firstAttemptAtUtc,
  });
  const recordFailure = (error: WaybillError) =>
    store(current.pass, (seen) => ({
      ...attempted(seen),
      // What was told stays told where it could not be sent once more, or was told by another meanwhile.
      ...((seen.notifiedCount === 0 ||
        (current.due.isCorrection && seen.notifiedCount === toldBefore(current.pass))) && {
        state: 'failed' as const,
        unmet: [],
      }),
      ...(seen.notifiedCount === 0 && { told: current.due.milestone }),
      lastStatus: numberIn(error, 'status'),
      lastError: errorText(error),
    }));
  let status: number;
  try {
    status = await calls.webhook(notificationIdOf(about), async (signal) => {
      if (!look.isFresh(current)) {
        const looked = await look.again();
        const { due } = looked;
        if (due.what !== 'tell') {
          overtakenBy = looked;
          throw new WaybillError('NOT_ASKED', 'nothing is to be told any more');
        }
        current = currentOf({ ...looked, due });
      }
      made += 1;
      firstAttemptAtUtc ??= new Date(now()).toISOString();
      const { request, due } = current;
      return webhook.notify(request, signal).catch((error: unknown) => {
        if (!due.isCorrection && !wasSurelyNotTaken(error)) mayBeTaken.push(due.milestone);
        throw error;
      });
    });
  } catch (error) {
    if (overtakenBy && hasCode(error, 'NOT_ASKED')) return overtakenBy;
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
  const { pass, due } = current;
  const { milestone, previous, isCorrection } = due;
  const notifiedCount = toldBefore(pass);
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
  const other = [milestone, ...mayBeTaken].find(({ eventId }) => eventId !== told.told?.eventId);
  if (notify.corrections && other) {
    const looked = await look.afterBothTold(other);
    if (looked.due.what === 'tell') return looked;
  }
  return await report({ ...pass, stored: told }, { ...about, outcome: 'notified', corrected: isCorrection });

  function currentOf(looked: TellingLooked): Current {
    return { ...looked, request: requestOf(looked) };
  }

  function requestOf({ parcel, due: { milestone: reached, previous: before } }: TellingLooked): NotificationRequest {
    if (!parcel) throw new Error('what is due is a milestone of a parcel that is there');
    return notificationRequest({ parcel, milestone: about.milestone, reached, previous: before }, notify);
  }
}

/** Whether the endpoint itself has turned the request away. What a proxy or nobody answers for may have arrived. */
function wasSurelyNotTaken(error: unknown): boolean {
  const status = error instanceof WaybillError ? numberIn(error, 'status') : undefined;
  return status !== undefined && status < 500;
}

/** How often it was told when it was looked at. */
function toldBefore({ stored }: Pass): number {
  return stored?.notifiedCount ?? 0;
}
