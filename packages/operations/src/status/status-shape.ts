import { z } from 'zod';
import { troubleCodes } from '../activity/activity.ts';

const idRange = z.strictObject({ from: z.int(), to: z.int() });

/** How far the feed is read. */
export const positionShape = z.strictObject({
  /** The position: it passes open gaps. Null until something was confirmed. */
  lastEventId: z.int().nullable(),
  /** The watermark: nothing is missing up to here. Null until known. */
  completeThroughEventId: z.int().nullable(),
  /** The highest EventId that the feed is known to have. */
  headEventId: z.int().nullable(),
  openGaps: z.strictObject({
    /** Null where they are written in a form that this release cannot read. */
    count: z.int().nonnegative().nullable(),
    /** The lowest, {@link shownGaps} at most. */
    first: z.array(idRange),
  }),
  /** When the newest event that is confirmed was scanned. */
  newestScanUtc: z.string().nullable(),
  /** When the feed last had nothing beyond what was confirmed. */
  caughtUpAtUtc: z.string().nullable(),
  /** Since when something may be missing: the age of the younger of these two. Null where nobody knows. */
  secondsBehind: z.int().nonnegative().nullable(),
  lease: z.strictObject({
    /** The process that has it; null after a clean stop. */
    holder: z.string().nullable(),
    fencingToken: z.int().nonnegative(),
    /** Whether the holder was seen to renew it; null where nobody holds it, or an answer was wanted before that could be said. */
    isAlive: z.boolean().nullable(),
  }),
});

/** Messages of a queue; approximate, as SQS counts. */
export const queueShape = z.strictObject({
  url: z.string(),
  visible: z.int().nonnegative(),
  inFlight: z.int().nonnegative(),
  delayed: z.int().nonnegative(),
  /** Always null so far: SQS tells the age of its oldest message to CloudWatch alone. */
  oldestSeconds: z.int().nonnegative().nullable(),
});

/** The failures that are not resolved. Their records outlive their dead letters. */
export const failuresShape = z.strictObject({
  count: z.int().nonnegative(),
  isMoreThan: z.boolean(),
  /** Groups: by reason and by detail without ids. */
  kinds: z.int().nonnegative(),
  byReason: z.record(z.string(), z.int().positive()),
  firstFailedAtUtc: z.string().nullable(),
  lastFailedAtUtc: z.string().nullable(),
});

const rate = z.number().nonnegative();

/** What processes did in the last minute, and what is not as it should be. */
export const activityShape = z.strictObject({
  /** When the newest word of a process was written. */
  newestUtc: z.string().nullable(),
  /** Per second, over the last minute. */
  perSecond: z.strictObject({
    read: rate,
    stored: rate,
    rejected: rate,
    failed: rate,
    told: rate,
  }),
  /** US dollars for a million events at the last hour's rate; null where there were fewer than 1,000. */
  dollarsPerMillion: z.number().nonnegative().nullable(),
  /** The most urgent first. */
  troubles: z.array(
    z.strictObject({
      what: z.enum(troubleCodes),
      since: z.string().nullable(),
      sentence: z.string(),
      /** The section of the runbook. */
      runbook: z.string(),
    }),
  ),
});

/** How Waybill is doing. What could not be asked is null, and named in `notAsked`. */
export const statusShape = z.strictObject({
  asOfUtc: z.string(),
  feed: z.string(),
  /** In words, with what to do. */
  sentence: z.string(),
  /** What to do, a sentence each; the most urgent first. */
  toDo: z.array(z.string()),
  /** Null where no poller has begun with this feed, too: `notAsked` tells the two apart. */
  position: positionShape.nullable(),
  queue: queueShape.nullable(),
  deadLetters: queueShape.nullable(),
  failures: failuresShape.nullable(),
  /** Notifications that failed or do not meet the requirements. Null where there is no table of them. */
  unfinishedNotifications: z.int().nonnegative().nullable(),
  /** What processes did lately, as they wrote it. Null where they do not, or where it could not be asked. */
  activity: activityShape.nullable(),
  notAsked: z.array(
    z.strictObject({
      part: z.enum(['position', 'queue', 'deadLetters', 'failures', 'notifications', 'activity']),
      why: z.string(),
    }),
  ),
  /** What one should know of the answer, a sentence each. */
  notes: z.array(z.string()),
});

export type Status = z.infer<typeof statusShape>;
export type StatusPart = Status['notAsked'][number]['part'];
export type FeedPosition = z.infer<typeof positionShape>;
export type QueueStatus = z.infer<typeof queueShape>;

/** Open gaps that are listed. */
export const shownGaps = 5;
