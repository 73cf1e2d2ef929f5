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

export type MutableMilestones = Partial<Record<MilestoneName, Milestone>>;
/** Those that were seen. */
export type Milestones = Readonly<MutableMilestones>;

const nameOfType: ReadonlyMap<string, MilestoneName> = new Map(
  milestoneNames.map((name) => [milestoneTypes[name], name]),
);

/** One object for all: most scans are not a milestone, and merging those costs nothing then. */
const noMilestones: Milestones = {};

/** The milestone that a scan is, if its type is one. */
export function milestonesOf(scan: {
  readonly eventId: number;
  readonly type: string;
  readonly createdDateTimeUtc: string;
}): Milestones {
  const name = nameOfType.get(scan.type);
  if (name === undefined) return noMilestones;
  const milestones: MutableMilestones = {};
  milestones[name] = { eventId: scan.eventId, timeUtc: scan.createdDateTimeUtc };
  return milestones;
}

/** The milestone that a scan of this type is, if it is one. */
export function milestoneNameOf(type: string): MilestoneName | undefined {
  return nameOfType.get(type);
}

/** Of each name the earlier one. */
export function mergeMilestones(a: Milestones, b: Milestones): Milestones {
  if (b === noMilestones) return a;
  if (a === noMilestones) return b;
  const merged: MutableMilestones = {};
  for (const name of milestoneNames) {
    const first = earlier(a[name], b[name]);
    if (first) merged[name] = first;
  }
  return merged;
}

export function sameMilestones(a: Milestones, b: Milestones): boolean {
  return milestoneNames.every((name) => a[name]?.eventId === b[name]?.eventId && a[name]?.timeUtc === b[name]?.timeUtc);
}

function earlier(a: Milestone | undefined, b: Milestone | undefined): Milestone | undefined {
  if (!a || !b) return a ?? b;
  if (a.eventId !== b.eventId) return a.eventId < b.eventId ? a : b;
  return a.timeUtc >= b.timeUtc ? a : b;
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
