import type { ElementFailure } from '@waybill/consumer/handler.ts';
import {
  type Announcement,
  packAnnouncements,
  packOneAnnouncement,
  type UnpackedAnnouncement,
} from '@waybill/shared/domain/announcement.ts';
import { bodyFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';
import { limits } from '@waybill/shared/resources.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { type MilestoneOfParcel, notificationFailureId } from '../notifications/notification-id.ts';

/**
 * The failure of an element that is not an announcement.
 *
 * @param whole the message that carries it; `failureId` is the record on which its only element failed before
 */
export function invalidElement(
  { expected, parcelId, json }: Extract<UnpackedAnnouncement, { kind: 'invalid' }>,
  whole: { readonly body: string; readonly single: boolean; readonly failureId: string | undefined },
): ElementFailure {
  // What is split off has this body, so that it fails on the same record again.
  const splitBody = whole.single || json === undefined ? undefined : packOneAnnouncement(json);
  return {
    failureId: (whole.single ? whole.failureId : undefined) ?? bodyFailureId(splitBody ?? whole.body),
    reason: 'UNREADABLE_MESSAGE' satisfies FailureReason,
    detail: `an element is not an announcement: expected ${expected}`,
    body: json ?? whole.body,
    parcelId,
    splitBody,
    mayHeal: false,
  };
}

/** The failure of a notification that its receiver refuses. Time may cure it: the receiver may be mended. */
export function refusedNotification(
  delivery: Extract<Delivery, { outcome: 'refused' }>,
  announcement: Announcement | undefined,
): ElementFailure {
  const reason = 'NOTIFICATION_REFUSED' satisfies FailureReason;
  return { ...failureOf(delivery, announcement), reason, detail: delivery.detail, mayHeal: true };
}

/** The failure of a parcel or notification that the store rejects, or whose item cannot be read. */
export function rejectedByStore(
  about: MilestoneOfParcel,
  announcement: Announcement | undefined,
  detail: string,
): ElementFailure {
  const reason = 'STORE_REJECTED' satisfies FailureReason;
  return { ...failureOf(about, announcement), reason, detail, mayHeal: false };
}

/** @param announcement one of the parcel: any of them has the parcel looked at */
function failureOf(about: MilestoneOfParcel, announcement: Announcement | undefined) {
  const { parcelId, milestone } = about;
  const [splitBody] = announcement ? packAnnouncements([announcement], limits.sendBytes) : [];
  return {
    failureId: notificationFailureId({ parcelId, milestone }),
    body: JSON.stringify(announcement ?? { parcelId, milestone }),
    parcelId,
    splitBody,
  };
}
