/**
 * Seconds of CPU that a processor needs for one event with single updates, which cost the most (docs/benchmark.md: `npm run
 * bench -- --engine embedded`). A processor whose role or engine refuses batches must reach what is planned, too.
 */
const cpuSecondsPerEvent = 249e-6;

/** Share of the measured rate that is planned with: a processor that has caught up folds less, and cores differ. */
export const plannedShare = 0.6;

/** Bytes of one event in a pack: its six fields with ids of nine digits, as JSON. */
const eventBytes = 150;

/** Events in a full message: those of a page, as far as they fit into one pack. */
export function eventsPerMessage(poller: { readonly limit: number; readonly messageMaxBytes: number }): number {
  return Math.max(1, Math.min(poller.limit, Math.floor(poller.messageMaxBytes / eventBytes)));
}

/** Full messages per second that one processor with `vcpuUnits` stores. Node uses one core at most. */
export function messagesPerSecond(vcpuUnits: number, events: number): number {
  return ((Math.min(vcpuUnits, 1024) / 1024) * plannedShare) / cpuSecondsPerEvent / events;
}

/** Milliseconds in which a webhook responds, assumed. One that takes longer gets more notifiers, or is told later. */
const responseMs = 150;

/**
 * Announcements in one message, assumed: those that the events of one page bring, which is what a processor gathers when it
 * has caught up. A parcel's two milestones are in its 4.7 scans (docs/benchmark.md).
 */
export const announcementsPerMessage = 40;

/** Notifications per second that one notifier sends, with this many attempts at once. */
export function notificationsPerSecond(attemptsAtOnce: number): number {
  return (attemptsAtOnce * plannedShare) / (responseMs / 1_000);
}

/** Messages of announcements per second that one notifier tells. */
export function announcedMessagesPerSecond(attemptsAtOnce: number): number {
  return notificationsPerSecond(attemptsAtOnce) / announcementsPerMessage;
}
