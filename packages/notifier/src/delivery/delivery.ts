import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';

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
  /** The receiver, or the one who is reported to, refuses this one: `NOTIFICATION_REFUSED`. */
  | { readonly outcome: 'refused'; readonly status: number; readonly detail: string }
);
