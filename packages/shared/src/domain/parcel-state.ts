import { compareScans, type Scan, type ScanEvent } from './scan-event.ts';

/**
 * The milestones: each is the first scan of its type. A further one is a further row here: what stores, compares and
 * checks milestones goes by this table.
 */
export const milestoneTypes = { pickup: 'PICKUP', delivery: 'DELIVERY' } as const;

export type MilestoneName = keyof typeof milestoneTypes;

// Object.keys returns string[] because a value may have more keys than its type; this one is written out above.
export const milestoneNames = Object.keys(milestoneTypes) as readonly MilestoneName[];

/** A moment that matters once: the scan of its type with the lowest id. `timeUtc` keeps the feed's own digits. */
export type Milestone = { readonly eventId: number; readonly timeUtc: string };

type MutableMilestones = Partial<Record<MilestoneName, Milestone>>;
export type Milestones = Readonly<MutableMilestones>;

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
};

const nameOfType: ReadonlyMap<string, MilestoneName> = new Map(
  milestoneNames.map((name) => [milestoneTypes[name], name]),
);

/** One object for all: most scans are not a milestone, and merging those costs nothing then. */
const noMilestones: Milestones = {};

/** The state of a parcel of which just this event was seen. */
export function stateOf(event: ScanEvent): ParcelState {
  const { parcelId, ...latest } = event;
  const name = nameOfType.get(event.type);
  if (name === undefined) return { parcelId, latest, milestones: noMilestones };
  const milestones: MutableMilestones = {};
  milestones[name] = { eventId: event.eventId, timeUtc: event.createdDateTimeUtc };
  return { parcelId, latest, milestones };
}

/** Everything that either has seen. Both must be of one parcel. Commutative, associative, idempotent. */
export function merge(a: ParcelState, b: ParcelState): ParcelState {
  return {
    parcelId: a.parcelId,
    latest: later(a.latest, b.latest),
    milestones: mergeMilestones(a.milestones, b.milestones),
  };
}

/** Whether two states of one parcel have seen the same. */
export function sameState(a: ParcelState, b: ParcelState): boolean {
  return (
    compareScans(a.latest, b.latest) === 0 &&
    milestoneNames.every((name) => sameMilestone(a.milestones[name], b.milestones[name]))
  );
}

function later(a: Scan, b: Scan): Scan {
  return compareScans(a, b) >= 0 ? a : b;
}

function mergeMilestones(a: Milestones, b: Milestones): Milestones {
  if (b === noMilestones) return a;
  if (a === noMilestones) return b;
  const merged: MutableMilestones = {};
  for (const name of milestoneNames) {
    const first = earlier(a[name], b[name]);
    if (first) merged[name] = first;
  }
  return merged;
}

function earlier(a: Milestone | undefined, b: Milestone | undefined): Milestone | undefined {
  if (!a || !b) return a ?? b;
  if (a.eventId !== b.eventId) return a.eventId < b.eventId ? a : b;
  return a.timeUtc >= b.timeUtc ? a : b;
}

function sameMilestone(a: Milestone | undefined, b: Milestone | undefined): boolean {
  return a?.eventId === b?.eventId && a?.timeUtc === b?.timeUtc;
}

/** The milestones that are there, a bit each: what depends on nothing but the combination can be kept by it. */
export function milestoneBits(milestones: Milestones): number {
  let bits = 0;
  let bit = 1;
  for (const name of milestoneNames) {
    if (milestones[name]) bits |= bit;
    bit <<= 1;
  }
  return bits;
}
