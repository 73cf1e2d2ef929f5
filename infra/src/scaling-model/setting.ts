import type { Policy, Unknowns } from './target-tracking.ts';

/** A span of time, seconds from the beginning. */
export type Span = { readonly from: number; readonly until: number };

/** Minutes until CloudWatch has a datapoint of SQS, of ECS, and of a process, whose metrics go through the log. */
export type Lags = { readonly sqs: number; readonly ecs: number; readonly own: number };

export const usualLags: Lags = { sqs: 3, ecs: 3, own: 4 };

/** A table, paid by request or by the hour. */
export type Table = OnDemand | Provisioned;

/** An on-demand table (developer guide, "Pre-warming a table for on-demand capacity mode"). */
export type OnDemand = {
  readonly unitsPerMessage: number;
  /** Units per second that it takes at once. */
  readonly warm: number;
  /** Units per second that it never exceeds. */
  readonly quota: number;
};

/** A table whose units follow the load (`provisioned-table.ts`), within the limits of its scaling. */
export type Provisioned = {
  readonly unitsPerMessage: number;
  /** Write units per second. */
  readonly units: { readonly initial: number; readonly min: number; readonly max: number };
  /** Percent of use that scaling aims at. */
  readonly target: number;
};

/** A poller, a queue and processors under a scaling policy, and what happens to them. Every message is a full one. */
export type Setting = Unknowns & {
  readonly policy: Policy;
  readonly lags: Lags;
  readonly seed: number;
  readonly seconds: number;
  /** Ends already with the first minute after which the lag is at most so many seconds. */
  readonly untilLag?: number;
  /** Messages per second that the feed grows by, before gusts. */
  readonly loadAt: (second: number) => number;
  /** Messages that the feed holds unread at the beginning, and the seconds before it in which they came. */
  readonly backlog?: { readonly messages: number; readonly seconds: number };
  /** Messages per second that can be read from the feed. */
  readonly readsAtMost?: number;
  /** Messages per second that one task stores. */
  readonly taskStores: number;
  /** Messages at which the poller pauses (`MAX_QUEUE_MESSAGES`). */
  readonly fullQueue?: number;
  /** Spans without DynamoDB. */
  readonly outages: readonly Span[];
  /** DynamoDB's throughput; without it there is enough. */
  readonly table?: Table;
  /** Tasks that Spot takes back in a day. */
  readonly spotInterruptions?: number;
};

/** Tasks that Spot takes back in a day, unless a setting says otherwise. */
export const usualSpotInterruptions = 6;

/** Every `seconds` the load is multiplied by a new random factor, from `least` to `least + spread`. */
export const gusts = { least: 0.6, spread: 0.8, seconds: 30 };
