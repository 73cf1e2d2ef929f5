import type { NotificationState } from '@waybill/notifier/notifications/notification-state.ts';
import { unfinishedValue } from '@waybill/notifier/notifications/unfinished.ts';
import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import { ago, hours, inDays, minutes } from './moment.ts';
import { storiedParcelId } from './parcels.ts';
import type { PlainItem } from './write-items.ts';

export type NotificationInput = {
  readonly parcelId: number;
  readonly milestone: MilestoneName;
  readonly state: NotificationState;
  readonly eventId: number;
  readonly timeUtc: string;
  readonly attempts: number;
  readonly unmet?: readonly string[];
  readonly lastStatus?: number;
  readonly lastError?: string;
  readonly changedAtUtc: string;
};

/** A notification as the notifier stores it. */
export function notificationItem(notification: NotificationInput): PlainItem {
  const { parcelId, milestone, state, changedAtUtc, unmet = [], ...rest } = notification;
  const wasTold = state === 'notified';
  const unfinished = unfinishedValue(state, parcelId);
  return {
    ...rest,
    ...{ notificationId: `${milestone}-${parcelId}`, parcelId, milestone, state, changedAtUtc },
    ...(unmet.length > 0 && { unmet }),
    ...(rest.attempts > 0 && { firstAttemptAtUtc: changedAtUtc }),
    notifiedCount: wasTold ? 1 : 0,
    ...(wasTold && { notifiedAtUtc: changedAtUtc }),
    ...(unfinished !== undefined && { unfinished }),
    expiresAt: inDays(400),
  };
}

/** Of the storied parcel, and some that were told besides. */
export function toldNotifications(): readonly PlainItem[] {
  const told = { state: 'notified', attempts: 1, lastStatus: 204 } as const;
  const parcelId = storiedParcelId;
  return [
    notificationItem({
      ...{ ...told, parcelId, milestone: 'pickup', eventId: 83_269 },
      ...{ timeUtc: ago(57 * hours), changedAtUtc: ago(57 * hours - 9) },
    }),
    notificationItem({
      ...{ ...told, parcelId, milestone: 'delivery', eventId: 110_402 },
      ...{ timeUtc: ago(52 * minutes), changedAtUtc: ago(52 * minutes - 7) },
    }),
    ...Array.from({ length: 6 }, (_, index) =>
      notificationItem({
        ...{ ...told, parcelId: parcelId + 3 + index * 3, milestone: 'delivery', eventId: 100_026 + index * 39 },
        ...{ timeUtc: ago((7 + index) * hours), changedAtUtc: ago((7 + index) * hours - 12) },
      }),
    ),
  ];
}

/** So many that a webhook refuses to take at the moment, and some whose parcels do not meet the requirements. */
export function unfinishedNotifications(failed: number, unmet: number): readonly PlainItem[] {
  const of = (index: number) => ({
    ...({ parcelId: 6_000 + index, milestone: 'delivery', eventId: 108_000 + index * 3 } as const),
    ...{ timeUtc: ago((50 - index) * minutes), changedAtUtc: ago((48 - index) * minutes) },
  });
  return [
    ...Array.from({ length: failed }, (_, index) =>
      notificationItem({
        ...{ ...of(index), state: 'failed', attempts: 5, lastStatus: 401 },
        lastError: 'ENDPOINT_UNAVAILABLE: the webhook answered 401',
      }),
    ),
    ...Array.from({ length: unmet }, (_, index) =>
      notificationItem({
        ...{ ...of(failed + index), state: 'requirements-not-met', attempts: 0 },
        unmet: ['picked-up'],
      }),
    ),
  ];
}
