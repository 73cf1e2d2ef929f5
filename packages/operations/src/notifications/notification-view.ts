import { notificationStates } from '@waybill/notifier/notifications/notification-state.ts';
import { z } from 'zod';

/** A notification as the command line prints it and the API returns it. Null: not known, or not yet. */
export const notificationShape = z.strictObject({
  notificationId: z.string(),
  state: z.enum(notificationStates),
  parcelId: z.number(),
  milestone: z.string(),
  /** The milestone as it was told, or was to be told. */
  eventId: z.number().nullable(),
  timeUtc: z.string().nullable(),
  /** Requests made. */
  attempts: z.number(),
  /** Times told: more than once with corrections only. */
  notifiedCount: z.number(),
  /** Names of the requirements that the parcel did not meet. */
  unmet: z.array(z.string()),
  lastStatus: z.number().nullable(),
  lastError: z.string().nullable(),
  firstAttemptAtUtc: z.string().nullable(),
  notifiedAtUtc: z.string().nullable(),
  reportedAtUtc: z.string().nullable(),
});

export type NotificationView = z.infer<typeof notificationShape>;

const text = z.string().nullable().default(null);
const number = z.number().nullable().default(null);
const count = z.number().default(0);

/** Attributes of later releases are left out. */
const storedNotification = z.object({
  notificationId: z.string(),
  state: z.enum(notificationStates),
  parcelId: z.number(),
  milestone: z.string(),
  eventId: number,
  timeUtc: text,
  attempts: count,
  notifiedCount: count,
  unmet: z.array(z.string()).default([]),
  lastStatus: number,
  lastError: text,
  firstAttemptAtUtc: text,
  notifiedAtUtc: text,
  reportedAtUtc: text,
});

/** Shows a stored notification; undefined where the item is not one. */
export function notificationView(item: Readonly<Record<string, unknown>>): NotificationView | undefined {
  return storedNotification.safeParse(item).data;
}
