/**
 * Seconds of CPU that a processor needs for one event by single updates, the dearest way (docs/benchmark.md: `npm run
 * bench -- --engine embedded`): one whose role or engine refuses batches must not fall behind what is planned.
 */
const cpuSecondsPerEvent = 249e-6;

/** Part of what was measured that is planned with: one that has caught up folds less, and other cores are other cores. */
export const plannedShare = 0.6;

/** Bytes of one event in a pack: its six fields with ids of nine digits, as JSON. */
const eventBytes = 150;

/** Events that a full message carries: a page's, as far as they fit into one pack. */
export function eventsPerMessage(poller: { readonly limit: number; readonly messageMaxBytes: number }): number {
  return Math.max(1, Math.min(poller.limit, Math.floor(poller.messageMaxBytes / eventBytes)));
}

/** Full messages that one processor stores in a second, on so many vCPU units: Node uses one core of them at most. */
export function messagesPerSecond(vcpuUnits: number, events: number): number {
  return ((Math.min(vcpuUnits, 1024) / 1024) * plannedShare) / cpuSecondsPerEvent / events;
}
