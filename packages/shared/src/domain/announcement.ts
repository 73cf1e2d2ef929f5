import type { Milestone, MilestoneName } from './milestones.ts';
import { toAscii } from './pack.ts';

/** What tells that a parcel has reached a milestone (`notifications.md`, "Announcements"). It says: look at this parcel. */
export type Announcement = Milestone & { readonly parcelId: number; readonly milestone: MilestoneName };

const start = '{"version":1,"announcements":[';
const end = ']}';

/**
 * Announcements as message bodies, in order: ASCII (so that length is bytes), each at most `maxBytes` long where it can be
 * divided. An announcement alone is a few hundred bytes, with the date's digits 8 KiB at most.
 */
export function packAnnouncements(announcements: Iterable<Announcement>, maxBytes: number): string[] {
  const bodies: string[] = [];
  let open: string[] = [];
  let bytes = start.length + end.length;
  const close = () => {
    if (open.length > 0) bodies.push(start + open.join(',') + end);
    open = [];
    bytes = start.length + end.length;
  };
  for (const { parcelId, milestone, eventId, timeUtc } of announcements) {
    const json = toAscii(JSON.stringify({ parcelId, milestone, eventId, timeUtc }));
    if (open.length > 0 && bytes + json.length + 1 > maxBytes) close();
    bytes += json.length + (open.length > 0 ? 1 : 0);
    open.push(json);
  }
  close();
  return bodies;
}
