import type { Milestone, MilestoneName } from '@waybill/shared/domain/milestones.ts';
import { toAscii } from '@waybill/shared/domain/pack.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import { parcelView, type ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { webhookIdOf } from '../notifications/notification-id.ts';
import { notificationTypes } from './notification-types.ts';
import type { NotificationRequest } from './webhook.ts';

/** What is told of a parcel. */
export type Told = {
  readonly parcel: ReadParcel;
  readonly milestone: MilestoneName;
  /** The milestone as it is in the parcel's state. */
  readonly reached: Milestone;
  /** Of a correction: the milestone that was told before. */
  readonly previous?: Milestone | undefined;
};

/** What all notifications of a notifier have in common. */
export type NotificationContext = {
  /** `FEED`. */
  readonly feed: string;
  /** `STAGES`. */
  readonly stages: StageMapping;
};

/** The request that tells a milestone (docs/notifications.md, "What comes"): the same for every attempt on the same state. */
export function notificationRequest(
  { parcel, milestone, reached, previous }: Told,
  { feed, stages }: NotificationContext,
): NotificationRequest {
  const { told, corrected } = notificationTypes[milestone];
  const data = parcelView(parcel, stages);
  const { eventId, timeUtc } = previous ?? reached;
  const body = previous
    ? { type: corrected, timestamp: reached.timeUtc, data: { ...data, previous: { eventId, timeUtc } } }
    : { type: told, timestamp: reached.timeUtc, data };
  return {
    id: webhookIdOf({ milestone, parcelId: parcel.state.parcelId }, feed, previous && reached.eventId),
    body: toAscii(JSON.stringify(body)),
  };
}
