import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import type { NotificationsTable } from '../notifications/notifications-table.ts';
import type { Requirement } from '../requirements/requirement.ts';
import type { ReportTarget, Webhook } from '../webhook/webhook.ts';

/** Of the parcels table, what notifications need. */
export type ParcelReader = {
  /**
   * Those of up to 100 parcels that are there, by consistent reads; `problem`: the stored item is not a parcel. Rejects with
   * the engine's error.
   */
  readonly get: (
    parcelIds: readonly number[],
  ) => Promise<ReadonlyMap<number, ReadParcel | { readonly problem: string }>>;
};

/** What is told, to whom it may concern (`NOTIFY…`, `FEED`, `STAGES`). */
export type NotifySettings = {
  readonly feed: string;
  readonly stages: StageMapping;
  readonly milestones: readonly MilestoneName[];
  /** Whether a first delivery or pickup that changes after it was told is told again. */
  readonly corrections: boolean;
  /** All are checked; `reached` is always among them. */
  readonly requirements: readonly Requirement[];
  /** `NOTIFY_MAX_AGE_HOURS`, milliseconds; undefined for any age. */
  readonly maxAgeMs: number | undefined;
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
 * One pass over parcels: reads them and their notifications in as few calls as there are hundreds, then tells what is due.
 * Returns at once, for each parcel (each once) a promise of what became of its milestones: a parcel whose request hangs keeps
 * no other waiting. A promise rejects with the error of a call that `calls` has given up, `STORE_REJECTED` included.
 */
export type Deliver = (
  parcelIds: Iterable<number>,
  calls: DeliveryCalls,
  deps: DeliveryDependencies,
) => ReadonlyMap<number, Promise<readonly Delivery[]>>;

/**
 * How calls are made, and by whom they are repeated: the notifier holds them behind breakers until they work, a request on
 * demand tries a few times. Each rejects when it is given up. `item` names what the call is about.
 */
export type DeliveryCalls = {
  readonly table: <T>(item: string, call: () => Promise<T>) => Promise<T>;
  readonly webhook: <T>(item: string, call: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly report: <T>(item: string, call: (signal: AbortSignal) => Promise<T>) => Promise<T>;
};

/** What became of one milestone of a parcel. */
export type Delivery = { readonly parcelId: number; readonly milestone: MilestoneName } & (
  | { readonly outcome: 'notified'; readonly corrected: boolean }
  /** Told before: nothing was due. */
  | { readonly outcome: 'already-notified' }
  /** The milestone is not in state: nothing is written. */
  | { readonly outcome: 'not-reached' }
  | { readonly outcome: 'requirements-not-met'; readonly unmet: readonly string[] }
  /** The stored parcel cannot be read. */
  | { readonly outcome: 'unreadable'; readonly detail: string }
  /** The receiver, or the one who is reported to, refuses this one: `NOTIFICATION_REFUSED`. */
  | { readonly outcome: 'refused'; readonly status: number; readonly detail: string }
);
