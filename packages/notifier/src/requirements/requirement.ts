import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';

/** What a requirement may know besides the parcel. All of it is fetched once for all. */
export type RequirementContext = {
  readonly milestone: MilestoneName;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** `NOTIFY_MAX_AGE_HOURS`, milliseconds; undefined for any age. */
  readonly maxAgeMs: number | undefined;
};

export type RequirementResult = { readonly met: true } | { readonly met: false; readonly detail: string };

/** A condition under which a milestone is told. Pure. */
export type Requirement = {
  /** As `NOTIFY_REQUIREMENTS` and the notifications table name it. */
  readonly name: string;
  /** What must hold, for docs/configuration.md: it goes on after the name and a colon. */
  readonly says: string;
  /** @param parcel undefined where it is not there any more */
  readonly check: (parcel: ParcelState | undefined, context: RequirementContext) => RequirementResult;
};
