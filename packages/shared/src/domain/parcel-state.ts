import { type History, historyEntry, mergeHistory, noHistory, sameHistory } from './history.ts';
import {
  type Milestone,
  type Milestones,
  mergeMilestones,
  milestoneNames,
  milestonesOf,
  sameMilestones,
} from './milestones.ts';
import { cleared, mergeRemoved, noneRemoved, noScan, type Removed, restored, sameRemoved } from './removals.ts';
import { compareScans, type Scan, type ScanEvent } from './scan-event.ts';

/**
 * What has been seen of one parcel, and equally a change to it. A join-semilattice under {@link merge}: order,
 * repetition and grouping of scans do not matter.
 */
export type ParcelState = {
  readonly parcelId: number;
  /** The scan with the highest eventId. */
  readonly latest: Scan;
  /** Those that were seen. */
  readonly milestones: Milestones;
  /** All scans that were seen, or as many of the newest as are kept: {@link bounded}. */
  readonly history: History;
  /** Events that an operator removed: whatever they said is not part of the state, though they come again. */
  readonly removed: Removed;
};

/** The state of a parcel of which just this event was seen. */
export function stateOf(event: ScanEvent): ParcelState {
  const { parcelId, ...latest } = event;
  return { parcelId, latest, milestones: milestonesOf(event), history: [historyEntry(event)], removed: noneRemoved };
}

/** The state of a parcel of which nothing was seen, and of which these events were removed. */
export function removalOf(parcelId: number, eventIds: readonly number[]): ParcelState {
  return {
    parcelId,
    latest: noScan,
    milestones: {},
    history: noHistory,
    removed: mergeRemoved(eventIds, noneRemoved),
  };
}

/**
 * Everything that either has seen, without what either had removed. Both must be of one parcel. Commutative and
 * idempotent; associative, too, but where a removal needs a scan that {@link bounded} has forgotten (decision 94).
 */
export function merge(a: ParcelState, b: ParcelState): ParcelState {
  if (a.removed.length > 0 || b.removed.length > 0) return mergeWithRemovals(a, b);
  return {
    parcelId: a.parcelId,
    latest: later(a.latest, b.latest),
    milestones: mergeMilestones(a.milestones, b.milestones),
    history: mergeHistory(a.history, b.history),
    removed: noneRemoved,
  };
}

function mergeWithRemovals(a: ParcelState, b: ParcelState): ParcelState {
  const removed = mergeRemoved(a.removed, b.removed);
  const [one, other] = [cleared(a, removed), cleared(b, removed)];
  const joined = {
    latest: later(one.latest, other.latest),
    milestones: mergeMilestones(one.milestones, other.milestones),
    history: mergeHistory(one.history, other.history),
  };
  return { parcelId: a.parcelId, ...restored(joined, removed), removed };
}

/**
 * The state with no more than this many entries of its history, the newest. Of a merge it does not matter whether its
 * sides were bounded before: what is not among the newest of one side is not among those of both.
 */
export function bounded(state: ParcelState, historyEvents: number): ParcelState {
  if (state.history.length <= historyEvents) return state;
  return { ...state, history: historyEvents === 0 ? noHistory : state.history.slice(0, historyEvents) };
}

/** Whether two states of one parcel have seen the same. */
export function sameState(a: ParcelState, b: ParcelState): boolean {
  return sameBesideHistory(a, b) && sameHistory(a.history, b.history);
}

/** Whether two states of one parcel differ in their histories at most. */
export function sameBesideHistory(a: ParcelState, b: ParcelState): boolean {
  return (
    compareScans(a.latest, b.latest) === 0 &&
    sameMilestones(a.milestones, b.milestones) &&
    sameRemoved(a.removed, b.removed)
  );
}

/**
 * Whether the change is in order on what is known: its latest scan is newer, and none of its milestones is the first. Then
 * setting its scan, and the milestones that are absent, is to merge it.
 */
export function isInOrder(known: ParcelState, change: ParcelState): boolean {
  return (
    known.latest.eventId < change.latest.eventId &&
    milestoneNames.every((name) => isNotBefore(known.milestones[name], change.milestones[name]))
  );
}

function isNotBefore(known: Milestone | undefined, added: Milestone | undefined): boolean {
  return !known || !added || known.eventId < added.eventId;
}

function later(a: Scan, b: Scan): Scan {
  return compareScans(a, b) >= 0 ? a : b;
}
