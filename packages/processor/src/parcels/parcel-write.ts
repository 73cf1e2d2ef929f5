import type { Guard } from '@waybill/consumer/guard/guard.ts';
import type { HeldCall } from '@waybill/consumer/guard/throttling-watch.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';

/** An event that the store rejects, and why, for a person. */
export type RejectedEvent = { readonly event: ScanEvent; readonly detail: string };
export type RejectedEvents = readonly RejectedEvent[];

/** The events of one write that the store rejects, and why; all others are stored. */
export type Rejected = ReadonlyMap<ScanEvent, string>;

/** A message whose events are being stored. Its parcels are counted: a promise for each parcel of each message is not free. */
export type PendingMessage = {
  readonly events: readonly ScanEvent[];
  /** Parcels that are not stored yet. */
  remaining: number;
  readonly rejected: Rejected[];
  readonly resolve: (rejected: RejectedEvents) => void;
  readonly reject: (error: unknown) => void;
};

/** What calls to the store go through, and what ends them. */
export type Calls = { readonly guard: Guard<'parcels'>; readonly signal: AbortSignal };

/** One parcel's events in one write. */
export type Write = HeldCall & {
  readonly parcelId: number;
  readonly calls: Calls;
  /** Grows, as the change does, until the write has begun. */
  readonly events: ScanEvent[];
  change: ParcelState;
  /** Those that wait for it. */
  readonly messages: PendingMessage[];
};
