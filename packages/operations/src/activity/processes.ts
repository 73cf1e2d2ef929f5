import type { ProcessActivity } from '@waybill/shared/activity/activity-item.ts';
import { activityIntervalMs } from '@waybill/shared/activity/activity-reader.ts';
import { activeKinds } from '@waybill/shared/activity/series.ts';
import type { ActiveProcess } from './activity.ts';

/** Milliseconds after which a process that has said nothing is silent: it has left out four writes, and clocks differ. */
const silentMs = 4 * activityIntervalMs + 5_000;

export function isSilent({ seenAtUtc, stoppedAtUtc }: ProcessActivity, nowMs: number): boolean {
  return stoppedAtUtc === null && nowMs - Date.parse(seenAtUtc) > silentMs;
}

/** Those that say what they do. */
export function liveOf(all: readonly ProcessActivity[], nowMs: number): readonly ProcessActivity[] {
  return all.filter((each) => each.stoppedAtUtc === null && !isSilent(each, nowMs));
}

/** Those that run, or have ended without a word and without another that took their place. */
export function shownProcesses(all: readonly ProcessActivity[], nowMs: number): readonly ActiveProcess[] {
  const isReplaced = (process: ProcessActivity) =>
    all.some(({ kind, startedAtUtc }) => kind === process.kind && startedAtUtc > process.seenAtUtc);
  return all
    .filter((each) => each.stoppedAtUtc === null && !(isSilent(each, nowMs) && isReplaced(each)))
    .toSorted(
      (a, b) =>
        activeKinds.indexOf(a.kind) - activeKinds.indexOf(b.kind) || b.startedAtUtc.localeCompare(a.startedAtUtc),
    )
    .map((each) => ({
      process: each.process,
      kind: each.kind,
      version: each.version,
      startedAtUtc: each.startedAtUtc,
      seenAtUtc: each.seenAtUtc,
      isSilent: isSilent(each, nowMs),
    }));
}
