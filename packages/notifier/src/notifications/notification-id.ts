import { createHash } from 'node:crypto';
import { type MilestoneName, milestoneNames } from '@waybill/shared/domain/milestones.ts';

/** A milestone of a parcel: what a notification is about. */
export type MilestoneOfParcel = { readonly milestone: MilestoneName; readonly parcelId: number };

/** The key of a parcel's notification of a milestone. */
export function notificationIdOf({ milestone, parcelId }: MilestoneOfParcel): string {
  return `${milestone}-${parcelId}`;
}

/** What {@link notificationIdOf} made the id of; undefined where it is no such id. */
export function milestoneOfNotification(notificationId: string): MilestoneOfParcel | undefined {
  const [, name, digits] = /^([a-z]+)-(\d{1,16})$/.exec(notificationId) ?? [];
  const milestone = milestoneNames.find((each) => each === name);
  return milestone && { milestone, parcelId: Number(digits) };
}

/** The failure record of a notification that its receiver refuses. */
export function notificationFailureId(notification: MilestoneOfParcel): string {
  return `notification-${notificationIdOf(notification)}`;
}

/** The failure ids of notifications. */
export const notificationFailureIds = /^notification-[a-z]{1,20}-\d{1,16}$/;

/**
 * What the receiver knows it by (`webhook-id`): the same for every attempt, ever, and another for each feed, since a ParcelId
 * belongs to one feed. Without a full stop, which a signed text uses to separate.
 *
 * @param correctedEventId the event of the milestone as it is now, of a correction
 */
export function webhookIdOf(
  { milestone, parcelId }: MilestoneOfParcel,
  feed: string,
  correctedEventId?: number,
): string {
  const id = `${milestone}_${createHash('sha256').update(feed).digest('hex').slice(0, 8)}_${parcelId}`;
  return correctedEventId === undefined ? id : `${id}_${correctedEventId}`;
}
