import type { Milestone, MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { Requirement } from '../requirements/requirement.ts';
import { unmetOf } from '../requirements/requirements.ts';
import type { StoredNotification } from './notifications-table.ts';

/** Which milestones are told, and under which conditions. */
export type DueSettings = {
  /** `NOTIFY`. */
  readonly milestones: readonly MilestoneName[];
  /** `NOTIFY_CORRECTIONS`. */
  readonly corrections: boolean;
  /** `NOTIFY_REQUIREMENTS`. */
  readonly requirements: readonly Requirement[];
  /** `NOTIFY_MAX_AGE_HOURS`, milliseconds; undefined for any age. */
  readonly maxAgeMs: number | undefined;
};

/** A milestone of a parcel, and all that decides what is to be done about it. */
export type Question = {
  readonly milestone: MilestoneName;
  /** Undefined where it is not there any more. */
  readonly parcel: ParcelState | undefined;
  /** Whether the milestone was announced: it was in state once. */
  readonly isAnnounced: boolean;
  readonly stored: StoredNotification | undefined;
  /** Whether what was told before is to be told once more. */
  readonly again: boolean;
  /** Whether it is reported what was told (`REPORT_URL`). */
  readonly reports: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
};

export type Telling = {
  readonly milestone: Milestone;
  /** Of a correction, and of one that is told again: what was told before it. */
  readonly previous: Milestone | undefined;
  readonly isCorrection: boolean;
};

/** What is to be done about a milestone of a parcel. */
export type Due =
  | { readonly what: 'nothing'; readonly because: 'already-notified' | 'not-reached' }
  | ({ readonly what: 'tell' } & Telling)
  /** It was told, and that was not reported yet. */
  | { readonly what: 'report' }
  /** `isRecorded`: the same is stored already, or what was told stays so. */
  | { readonly what: 'record-unmet'; readonly unmet: readonly string[]; readonly isRecorded: boolean };

/** Whether the milestone was told, whatever became of it since: a correction, or what was sent again, may have failed. */
function wasTold(stored: StoredNotification | undefined): stored is StoredNotification {
  return stored !== undefined && stored.notifiedCount > 0;
}

/** What is to be done about a milestone of a parcel. Pure. */
export function dueOf(question: Question, settings: DueSettings): Due {
  const { milestone: name, parcel, stored, again, isAnnounced } = question;
  const milestone = parcel?.milestones[name];
  const correctedFrom = correctionOf(stored, milestone, settings);
  if (wasTold(stored) && !again && !correctedFrom) return toldBefore(stored, question);
  // A milestone that is waited for is not a failure. One that was announced, of a parcel that has gone, is.
  const isAwaited = parcel ? !milestone : !isAnnounced;
  if (isAwaited) return { what: 'nothing', because: 'not-reached' };
  const context = { milestone: name, nowMs: question.nowMs, maxAgeMs: settings.maxAgeMs };
  const unmet = unmetOf(settings.requirements, parcel, context).map((each) => each.name);
  if (milestone && unmet.length === 0) {
    const previous = correctedFrom ?? stored?.previous;
    return { what: 'tell', milestone, previous, isCorrection: correctedFrom !== undefined };
  }
  // Nobody asked for a correction: what was told stays so.
  if (wasTold(stored) && !again) return toldBefore(stored, question);
  return { what: 'record-unmet', unmet, isRecorded: wasTold(stored) || isSame(unmet, stored) };
}

function toldBefore({ reportedAtUtc }: StoredNotification, { reports }: Question): Due {
  return reports && reportedAtUtc === undefined ? { what: 'report' } : { what: 'nothing', because: 'already-notified' };
}

/** What was told, where something else is to be told now. */
function correctionOf(
  stored: StoredNotification | undefined,
  milestone: Milestone | undefined,
  { corrections }: DueSettings,
): Milestone | undefined {
  if (!corrections || !milestone || !wasTold(stored) || !stored.told) return undefined;
  const { eventId, timeUtc } = stored.told;
  return eventId === milestone.eventId && timeUtc === milestone.timeUtc ? undefined : stored.told;
}

function isSame(unmet: readonly string[], stored: StoredNotification | undefined): boolean {
  return stored?.state === 'requirements-not-met' && unmet.join() === stored.unmet.join();
}
