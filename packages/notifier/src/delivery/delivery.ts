import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import type { DueSettings } from '../notifications/due.ts';
import type { NotificationsTable } from '../notifications/notifications-table.ts';
import type { ParcelReader } from '../parcels/parcel-reader.ts';
import type { ReportTarget, Webhook } from '../webhook/webhook.ts';

/** What is told, and how it is shown (`NOTIFY…`, `FEED`, `STAGES`). */
export type NotifySettings = DueSettings & {
  /** Of the ids that the receiver knows notifications by. */
  readonly feed: string;
  readonly stages: StageMapping;
};

/** What a pass over parcels works with. */
export type DeliveryDependencies = {
  readonly parcels: ParcelReader;
  readonly notifications: NotificationsTable;
  readonly webhook: Webhook;
  /** Absent without `REPORT_URL`. */
  readonly reportTarget?: ReportTarget | undefined;
  readonly notify: NotifySettings;
  /** Wall-clock milliseconds since 1970. */
  readonly now: () => number;
};

/**
 * How calls are made, and by whom they are repeated: the notifier holds them behind breakers until they work, a request on
 * demand tries a few times. Each rejects when it is given up, and with `NOT_ASKED` where the call does. `item` names what the call
 * is about.
 */
export type DeliveryCalls = {
  readonly table: <T>(item: string, call: () => Promise<T>) => Promise<T>;
  readonly webhook: <T>(item: string, call: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly report: <T>(item: string, call: (signal: AbortSignal) => Promise<T>) => Promise<T>;
};

/** What became of one milestone of a parcel. */
export type Delivery = { readonly parcelId: number; readonly milestone: MilestoneName } & (
  | { readonly outcome: 'notified'; readonly corrected: boolean }
  /** Told before: nothing was due, or what was due is reported now. */
  | { readonly outcome: 'already-notified' }
  /** The milestone is not in state: nothing is written. `isStored`: whether the parcel is there. */
  | { readonly outcome: 'not-reached'; readonly isStored: boolean }
  | { readonly outcome: 'requirements-not-met'; readonly unmet: readonly string[] }
  /** The receiver, or the one who is reported to, refuses this one: `NOTIFICATION_REFUSED`. */
  | { readonly outcome: 'refused'; readonly status: number; readonly detail: string }
  /** The stored item is not a parcel: `STORE_REJECTED`. */
  | { readonly outcome: 'unreadable'; readonly detail: string }
  /**
   * The calls were given up, and that is recorded ({@link LookOptions.recordsUnavailable}). `retryAfterMs`: for how long the
   * endpoint asks to be left alone.
   */
  | { readonly outcome: 'unavailable'; readonly detail: string; readonly retryAfterMs: number | undefined }
);

/** A parcel that is to be looked at: every milestone in `NOTIFY`. */
export type Look = {
  readonly parcelId: number;
  /** What was announced of it: what cannot be told if the parcel is not there any more. */
  readonly announced: readonly MilestoneName[];
  /** Of the work on the message that asks for it, where it is traced. */
  readonly span?: TraceSpan | undefined;
};

export type LookOptions = {
  /** Tells what was told before once more, under the same id. */
  readonly again: boolean;
  /**
   * What becomes of a notification when its endpoint is away and the calls are given up. True: it is recorded as `failed`, the
   * outcome is `unavailable`. False: nothing is written, the promise of the parcel rejects: the queue is the record.
   */
  readonly recordsUnavailable: boolean;
};
