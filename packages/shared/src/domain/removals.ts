import { cutText, type History, type HistoryScan, scanOfEntry } from './history.ts';
import {
  type Milestones,
  type MutableMilestones,
  mergeMilestones,
  milestoneNames,
  milestonesOf,
} from './milestones.ts';
import { compareScans, type Scan } from './scan-event.ts';

/**
 * Removed events: an operator's word that an EventId is wrong for this parcel. A removal is an element of the join as a
 * scan is. What it takes away is recomputed from the history; what has left the history is not known any more
 * (decision 94).
 */

/** EventIds, ascending, each once. */
export type Removed = readonly number[];

/** One object for all: hardly any parcel was repaired. */
export const noneRemoved: Removed = [];

/** Every id of either. */
export function mergeRemoved(a: Removed, b: Removed): Removed {
  return [...new Set([...a, ...b])].sort((one, other) => one - other);
}

export function sameRemoved(a: Removed, b: Removed): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

/** The latest scan of a parcel of which none is known: below every scan, since ids begin at 1. */
export const noScan: Scan = { eventId: 0, type: '', createdDateTimeUtc: '', statusCode: '', runId: '' };

/** What a removal may change of a parcel. */
export type Removable = { readonly latest: Scan; readonly milestones: Milestones; readonly history: History };

/**
 * The parcel without what the removed events said. Its latest scan is as a history has it, where a removed event may hide
 * another one: cut before it is compared, since of two contents under one EventId the greater may be the lesser when cut.
 */
export function cleared({ latest, milestones, history }: Removable, removed: Removed): Removable {
  const isRemoved = new Set(removed);
  const highest = removed.at(-1) ?? 0;
  const comparable = latest.eventId > highest ? latest : asHistoryHas(latest);
  const kept: MutableMilestones = {};
  for (const name of milestoneNames) {
    const milestone = milestones[name];
    if (milestone && !isRemoved.has(milestone.eventId)) kept[name] = milestone;
  }
  return {
    latest: isRemoved.has(latest.eventId) ? noScan : comparable,
    milestones: kept,
    history: history.filter(({ eventId }) => !isRemoved.has(eventId)),
  };
}

/**
 * The parcel with what its history says where a removed event may have hidden it: the latest scan below a removed one, a
 * milestone above a removed one. Whether the removal came first must make no difference, so these are always as a history
 * has them: with cut texts, without the run.
 */
export function restored({ latest, milestones, history }: Removable, removed: Removed): Removable {
  const [lowest = Number.POSITIVE_INFINITY] = removed;
  const highest = removed.at(-1) ?? 0;
  const certain: MutableMilestones = {};
  const hidden: MutableMilestones = {};
  for (const name of milestoneNames) {
    const milestone = milestones[name];
    if (!milestone) continue;
    if (milestone.eventId < lowest) certain[name] = milestone;
    else hidden[name] = { eventId: milestone.eventId, timeUtc: cutText(milestone.timeUtc) };
  }
  const inHistory = history.map(scanOfEntry).map(milestonesOf).reduce(mergeMilestones, hidden);
  return {
    latest: latest.eventId > highest ? latest : newestOf(latest, history),
    milestones: { ...inHistory, ...certain },
    history,
  };
}

function newestOf(latest: Scan, history: History): Scan {
  const [newest] = history;
  const other = newest ? asHistoryHas(scanOfEntry(newest)) : noScan;
  return compareScans(latest, other) >= 0 ? latest : other;
}

function asHistoryHas({ eventId, createdDateTimeUtc, type, statusCode }: HistoryScan): Scan {
  return {
    eventId,
    type: cutText(type),
    createdDateTimeUtc: cutText(createdDateTimeUtc),
    statusCode: cutText(statusCode),
    runId: '',
  };
}
