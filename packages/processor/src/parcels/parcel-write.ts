import type { Guard } from '@waybill/consumer/guard/guard.ts';
import type { HeldCall } from '@waybill/consumer/guard/throttling-watch.ts';
import type { Milestones } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';

/** The events of one message, and what is known of its work. */
export type MessageScans = {
  readonly events: readonly ScanEvent[];
  /** The milestones that its events bring are announced. */
  readonly isAnnounced: boolean;
  /** Of the work on the message, where it is traced. */
  readonly span?: TraceSpan | undefined;
  /** When they were stored, where announcing them comes after that: milliseconds since 1970. */
  storedAtMs?: number;
};

/** The milestones that are stored of each parcel, as far as its write has shown them. */
export type StoredMilestones = Map<number, Milestones>;

/** What became of a message's events. */
export type StoredScans = {
  readonly scans: MessageScans;
  readonly rejected: RejectedEvents;
  /** Of its parcels that are stored; undefined where nothing of it is announced. */
  readonly milestones: Readonly<StoredMilestones> | undefined;
};

/** An event that the store rejects, and why, for a person. */
export type RejectedEvent = { readonly event: ScanEvent; readonly detail: string };
export type RejectedEvents = readonly RejectedEvent[];

/** The events of one write that the store rejects, and why; all others are stored. */
export type Rejected = ReadonlyMap<ScanEvent, string>;

/** A message whose events are being stored. Its parcels are counted: a promise for each parcel of each message is not free. */
export type PendingMessage = {
  readonly scans: MessageScans;
  /** Parcels that are not stored yet. */
  remaining: number;
  readonly rejected: Rejected[];
  readonly milestones: StoredMilestones | undefined;
  readonly resolve: (stored: StoredScans) => void;
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
  /** What is stored of the parcel's milestones, once that is known, and where something is announced. */
  milestones: Milestones | undefined;
  /** Those that wait for it. */
  readonly messages: PendingMessage[];
};
