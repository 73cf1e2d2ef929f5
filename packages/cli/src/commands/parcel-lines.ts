import type { ParcelAnswer } from '@waybill/operations/parcels/show-parcel.ts';
import { timelineOf } from '@waybill/operations/parcels/timeline.ts';
import { scanTimeMs } from '@waybill/shared/domain/scan-time.ts';
import type { Column, View } from '../output/view.ts';

type Milestone = ParcelAnswer['pickup'];
type Entry = ReturnType<typeof timelineOf<NonNullable<ParcelAnswer['history']>[number]>>[number];
type Failure = ParcelAnswer['failures'][number];
type Notification = ParcelAnswer['notifications'][number];

/** A time as the feed told it, for people: what is not a time as it is, and one whose end was cut off to the second. */
export function scanTime(view: View, timeUtc: string): string {
  const ms = scanTimeMs(timeUtc);
  return ms === undefined ? timeUtc : view.time(new Date(ms).toISOString());
}

/** A parcel for people. */
export function parcelLines(parcel: ParcelAnswer, view: View): readonly string[] {
  const { latest, history, failures, notifications, completeThroughEventId } = parcel;
  const milestone = (reached: Milestone) =>
    reached === null ? 'not known' : `${scanTime(view, reached.timeUtc)}, event ${reached.eventId}`;
  return [
    ...view.facts({
      parcel: parcel.parcelId,
      stage: parcel.stage,
      'latest scan': `${scanTime(view, latest.createdDateTimeUtc)}, event ${latest.eventId}, ${scanOf(latest)}`,
      pickup: milestone(parcel.pickup),
      delivery: milestone(parcel.delivery),
      written: `${scanTime(view, parcel.updatedAtUtc)}, revision ${parcel.revision}`,
      'on the queue':
        completeThroughEventId === null ? 'nobody knows how far' : `everything through event ${completeThroughEventId}`,
    }),
    ...(history ? ['', ...view.table(timelineOf(history), timeline(view))] : []),
    ...(failures.length > 0 ? ['', 'Failures that are not resolved:', ...view.table(failures, failed(view))] : []),
    ...(notifications.length > 0 ? ['', 'Notifications:', ...view.table(notifications, told(view))] : []),
    ...(parcel.notLookedAt.length > 0
      ? ['', ...parcel.notLookedAt.flatMap((note) => view.wrapped(`Note: ${note}`))]
      : []),
  ];
}

function scanOf({ type, statusCode }: ParcelAnswer['latest']): string {
  return statusCode === '' ? type : `${type} ${statusCode}`;
}

const timeline = (view: View): Column<Entry>[] => [
  { title: 'event', of: ({ scan }) => scan.eventId },
  { title: 'scanned', of: ({ scan }) => scanTime(view, scan.createdDateTimeUtc) },
  { title: 'type', of: ({ scan }) => scan.type, mayBeCut: true },
  { title: 'status', of: ({ scan }) => scan.statusCode, mayBeCut: true },
  { title: '', of: ({ isLate }) => (isLate ? 'late' : '') },
];

const failed = (view: View): Column<Failure>[] => [
  { title: 'failure', of: ({ failureId }) => failureId },
  { title: 'last failed', of: ({ lastFailedAtUtc }) => view.age(lastFailedAtUtc) },
  { title: 'reason', of: ({ reason }) => reason },
  { title: 'detail', of: ({ detail }) => detail, mayBeCut: true },
];

const told = (view: View): Column<Notification>[] => [
  { title: 'notification', of: ({ notificationId }) => notificationId },
  { title: 'state', of: ({ state }) => state },
  { title: 'told', of: ({ notifiedAtUtc }) => (notifiedAtUtc === null ? '' : view.time(notifiedAtUtc)) },
  { title: 'why not', of: ({ unmet, lastError }) => unmet.join(', ') || (lastError ?? ''), mayBeCut: true },
];
