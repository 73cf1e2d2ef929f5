import { eventsPerParcel, openEntryBytes, parcelItemBytes } from './parcel-item.ts';

export const gigabyte = 1e9;
const secondsPerDay = 86_400;
export const daysPerYear = 365;

/** Days from the first scan of a parcel to its delivery, assumed. */
export const daysUnderWay = 5;
/** Days after its end for which DynamoDB still stores an item, assumed: "within a few days" (its documentation, "Time to Live"). */
export const daysUntilDeleted = 2;
/** Share of parcels whose delivery never comes: that of the simulated feed. They do not expire. */
export const neverDelivered = 0.02;

/** How parcels are kept, and for how long that has been so. */
export type Keeping = {
  /** `PARCEL_RETENTION_DAYS`: days after its delivery that a parcel is kept; 0: for ever. */
  readonly retentionDays: number;
  /** Years since the first scan. What does not expire grows with them. */
  readonly years: number;
  /** `HISTORY_EVENTS` is not 0. */
  readonly history: boolean;
  /** The context key `openIndex`. */
  readonly openIndex: boolean;
};

/** Nothing set: parcels are kept for ever, with their history; a year after the first scan. */
export const byDefault: Keeping = { retentionDays: 0, years: 1, history: true, openIndex: false };

/** What the pages compare: with days of retention a table has stopped growing after three years. */
export const comparedKeepings: readonly Keeping[] = [
  { ...byDefault, retentionDays: 90, years: 3 },
  { ...byDefault, retentionDays: 400, years: 3 },
  byDefault,
];

/** Parcels of a day. */
function parcelsPerDay(eventsPerSecond: number): number {
  return (eventsPerSecond * secondsPerDay) / eventsPerParcel;
}

/** Parcels in the table, in a deployment with this steady load. */
export function parcelsStored(eventsPerSecond: number, { retentionDays, years }: Keeping): number {
  const days = years * daysPerYear;
  const perDay = parcelsPerDay(eventsPerSecond);
  if (retentionDays === 0) return perDay * days;
  const stay = daysUnderWay + retentionDays + daysUntilDeleted;
  return perDay * (1 - neverDelivered) * Math.min(days, stay) + perDay * neverDelivered * days;
}

/** Gigabytes of the parcels table. */
export function tableStorage(eventsPerSecond: number, keeping: Keeping): number {
  return (parcelsStored(eventsPerSecond, keeping) * parcelItemBytes(keeping)) / gigabyte;
}

/** Gigabytes of the index `open-parcels` after a year: parcels under way, and those whose delivery never comes. */
export function indexStorage(eventsPerSecond: number): number {
  const open = parcelsPerDay(eventsPerSecond) * (daysUnderWay + neverDelivered * daysPerYear);
  return (open * openEntryBytes()) / gigabyte;
}

/** Write units of the index for an event: an entry is put with the first scan of a parcel, and deleted with its delivery. */
export const indexUnitsPerEvent = (2 - neverDelivered) / eventsPerParcel;

/** Such as `for ever, after a year`. */
export function shownRetention({ retentionDays, years }: Keeping): string {
  const after = years === 1 ? 'a year' : `${years} years`;
  return retentionDays === 0 ? `for ever, after ${after}` : `${retentionDays} days`;
}
