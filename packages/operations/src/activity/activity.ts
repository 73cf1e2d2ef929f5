import type { ActiveKind, CountSeries, LevelSeries } from '@waybill/shared/activity/series.ts';

/** What the processes did in the last hour, and how they are. */
export type Activity = {
  readonly asOfUtc: string;
  /** When the newest word of a process was written, null where there is none: an answer says its age where that is over a minute. */
  readonly newestUtc: string | null;
  /** Starts of the last 60 minutes, ISO UTC, oldest first; the last one is under way. */
  readonly minutes: readonly string[];
  /**
   * What was counted in each of `minutes`, within 4 % (they are kept in one byte each); 0 also where nobody was there to
   * count. `spent` in US dollars.
   */
  readonly counts: { readonly [S in CountSeries]: readonly number[] };
  /** The highest value in each of `minutes`, within 4 %; null where there is none. */
  readonly levels: { readonly [S in LevelSeries]: readonly (number | null)[] };
  /** Over the last minute of each process that is not silent; exact. `spent` in US dollars. */
  readonly perSecond: { readonly [S in CountSeries]: number };
  /** US dollars for a million events at the last hour's rate; null below 1,000 events. */
  readonly dollarsPerMillion: number | null;
  /** Poller, processor, notifier; the youngest first. A process that stopped in order is not listed. */
  readonly processes: readonly ActiveProcess[];
  /** What is not as it should be now, the most urgent first. */
  readonly troubles: readonly Trouble[];
};

export type ActiveProcess = {
  /** Kind, and a random part: `processor-5f3a9c1b`. */
  readonly process: string;
  readonly kind: ActiveKind;
  readonly version: string;
  readonly startedAtUtc: string;
  readonly seenAtUtc: string;
  /** It has said nothing for a while, and did not say that it stops. */
  readonly isSilent: boolean;
};

export type Trouble = {
  /** Stable code. */
  readonly what: TroubleCode;
  /** Null where nobody knows. */
  readonly since: string | null;
  /** What happened to what, for how long, and what to do. */
  readonly sentence: string;
  /** The section of the runbook, `feed-behind`. */
  readonly runbook: string;
};

export const troubleCodes = [
  'NO_POLLER',
  'NO_PROCESSOR',
  'NO_NOTIFIER',
  'STORE_AWAY',
  'NOTIFIER_STORE_AWAY',
  'FEED_FAILS',
  'WEBHOOK_FAILS',
  'REPORT_FAILS',
  'ANNOUNCEMENTS_NOT_TAKEN',
  'READING_PAUSED',
  'STORE_THROTTLES',
  'EVENTS_REJECTED',
  'PROCESS_SILENT',
] as const;
export type TroubleCode = (typeof troubleCodes)[number];
