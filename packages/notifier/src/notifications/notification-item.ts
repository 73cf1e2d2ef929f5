import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Milestone } from '@waybill/shared/domain/milestones.ts';
import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import { notificationRetentionDays, tables } from '@waybill/shared/resources.ts';
import type { MilestoneOfParcel } from './notification-id.ts';
import { notificationStates } from './notification-state.ts';
import type { StoredNotification } from './notifications-table.ts';
import { unfinishedValue } from './unfinished.ts';

/** An attribute of a notification's item; absent where the value is undefined. */
type Attribute = { readonly name: string; readonly value: (stored: StoredNotification) => AttributeValue | undefined };

type Text = (stored: StoredNotification) => string | undefined;
type Count = (stored: StoredNotification) => number | undefined;

function text(name: string, of: Text): Attribute {
  return {
    name,
    value: (stored) => {
      const value = of(stored);
      return value === undefined ? undefined : { S: value };
    },
  };
}

function number(name: string, of: Count): Attribute {
  return {
    name,
    value: (stored) => {
      const value = of(stored);
      return value === undefined ? undefined : { N: String(value) };
    },
  };
}

const secondsPerDay = 86_400;

/** Every attribute besides the key. A further one is a further row, and what {@link readNotification} makes of it. */
export const notificationAttributes: readonly Attribute[] = [
  text('state', ({ state }) => state),
  number('parcelId', ({ parcelId }) => parcelId),
  text('milestone', ({ milestone }) => milestone),
  number('eventId', ({ told }) => told?.eventId),
  text('timeUtc', ({ told }) => told?.timeUtc),
  number('previousEventId', ({ previous }) => previous?.eventId),
  text('previousTimeUtc', ({ previous }) => previous?.timeUtc),
  number('attempts', ({ attempts }) => attempts),
  number('notifiedCount', ({ notifiedCount }) => notifiedCount),
  {
    name: 'unmet',
    value: ({ unmet }) => (unmet.length === 0 ? undefined : { L: unmet.map((name) => ({ S: name })) }),
  },
  number('lastStatus', ({ lastStatus }) => lastStatus),
  text('lastError', ({ lastError }) => lastError),
  text('firstAttemptAtUtc', ({ firstAttemptAtUtc }) => firstAttemptAtUtc),
  text('notifiedAtUtc', ({ notifiedAtUtc }) => notifiedAtUtc),
  text('reportedAtUtc', ({ reportedAtUtc }) => reportedAtUtc),
  text('changedAtUtc', ({ changedAtUtc }) => changedAtUtc),
  text('unfinished', ({ state, parcelId }) => unfinishedValue(state, parcelId)),
  number(
    tables.notifications.ttl,
    ({ changedAtUtc }) => Math.ceil(Date.parse(changedAtUtc) / 1_000) + notificationRetentionDays * secondsPerDay,
  ),
];

export function notificationKey(notificationId: string): Item {
  return { [tables.notifications.key.name]: { S: notificationId } };
}

/**
 * The notification in an item. A state of a later release counts as not told, unless the item says how often it was; what is
 * missing or of another type is not known.
 */
export function readNotification(item: Item, about: MilestoneOfParcel): StoredNotification {
  const textOf = (name: string) => item[name]?.S;
  const numberOf = (name: string) => (item[name]?.N === undefined ? undefined : Number(item[name].N));
  const milestoneOf = (eventIdName: string, timeName: string): Milestone | undefined => {
    const [eventId, timeUtc] = [numberOf(eventIdName), textOf(timeName)];
    return eventId === undefined || timeUtc === undefined ? undefined : { eventId, timeUtc };
  };
  return {
    notificationId: textOf(tables.notifications.key.name) ?? '',
    state: notificationStates.find((state) => state === textOf('state')) ?? 'failed',
    ...about,
    told: milestoneOf('eventId', 'timeUtc'),
    previous: milestoneOf('previousEventId', 'previousTimeUtc'),
    attempts: numberOf('attempts') ?? 0,
    notifiedCount: numberOf('notifiedCount') ?? 0,
    unmet: (item['unmet']?.L ?? []).flatMap(({ S }) => S ?? []),
    lastStatus: numberOf('lastStatus'),
    lastError: textOf('lastError'),
    firstAttemptAtUtc: textOf('firstAttemptAtUtc'),
    notifiedAtUtc: textOf('notifiedAtUtc'),
    reportedAtUtc: textOf('reportedAtUtc'),
    changedAtUtc: textOf('changedAtUtc') ?? '',
  };
}
