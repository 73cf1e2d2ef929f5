import type { Announcement } from '@waybill/shared/domain/announcement.ts';
import { type Milestones, milestoneNameOf, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { scanTimeMs } from '@waybill/shared/domain/scan-time.ts';

/** What is to be announced of a message, and what is too old for that. */
export type ReachedMilestones = {
  readonly announced: readonly Announcement[];
  readonly tooOld: readonly Announcement[];
};

/**
 * The milestones that these events brought and that are stored, told by their EventId: what a write did decides nothing,
 * so a repetition is announced again. One is too old when all milestones that are known of its parcel are: a late pickup
 * of long ago may be what a fresh delivery waits for. A time that cannot be read is not too old.
 *
 * @param stored the milestones that are stored, by parcel, as far as the writes have shown them
 * @param sinceMs milliseconds since 1970; what was before is too old
 */
export function reachedMilestones(
  events: readonly ScanEvent[],
  stored: ReadonlyMap<number, Milestones>,
  sinceMs: number,
): ReachedMilestones {
  const announced: Announcement[] = [];
  const tooOld: Announcement[] = [];
  // An event may be in a message more than once.
  const seen = new Set<object>();
  for (const { type, parcelId, eventId } of events) {
    const name = milestoneNameOf(type);
    if (name === undefined) continue;
    const milestones = stored.get(parcelId);
    const milestone = milestones?.[name];
    if (!milestones || milestone?.eventId !== eventId || seen.has(milestone)) continue;
    seen.add(milestone);
    const list = areBefore(milestones, sinceMs) ? tooOld : announced;
    list.push({ parcelId, milestone: name, ...milestone });
  }
  return { announced, tooOld };
}

function areBefore(milestones: Milestones, sinceMs: number): boolean {
  return milestoneNames.every((name) => {
    const milestone = milestones[name];
    const atMs = milestone && scanTimeMs(milestone.timeUtc);
    return !milestone || (atMs !== undefined && atMs < sinceMs);
  });
}
