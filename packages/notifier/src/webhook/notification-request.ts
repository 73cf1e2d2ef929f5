import type { Milestone, MilestoneName } from '@waybill/shared/domain/milestones.ts';
import { toAscii } from '@waybill/shared/domain/pack.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import { parcelView, type ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { webhookIdOf } from '../notifications/notification-id.ts';
import type { NotificationRequest } from './webhook.ts';

/** What a notification of a milestone is called, told first and as a correction. */
export const notificationTypes = {
  pickup: { first: 'parcel.picked_up', correction: 'parcel.pickup_corrected' },
  delivery: { first: 'parcel.delivered', correction: 'parcel.delivery_corrected' },
} as const satisfies Readonly<Record<MilestoneName, unknown>>;

export type TellingOfParcel = {
  readonly parcel: ReadParcel;
  /** One that the parcel has. */
  readonly milestone: MilestoneName;
  /** Of a correction: what was told before. */
  readonly previous: Milestone | undefined;
  readonly feed: string;
  readonly stages: StageMapping;
};

/** What is sent to tell a milestone of a parcel (`notifications.md`, "The request"). */
export function notificationRequest({
  parcel,
  milestone,
  previous,
  feed,
  stages,
}: TellingOfParcel): NotificationRequest {
  const { parcelId, milestones } = parcel.state;
  const reached = milestones[milestone];
  const { first, correction } = notificationTypes[milestone];
  const view = parcelView(parcel, stages);
  const body = {
    type: previous ? correction : first,
    timestamp: reached?.timeUtc,
    data: previous ? { ...view, previous } : view,
  };
  return {
    id: webhookIdOf({ milestone, parcelId }, feed, previous && reached?.eventId),
    body: toAscii(JSON.stringify(body)),
  };
}
