import { scanTimeMs } from '@waybill/shared/domain/scan-time.ts';
import type { Requirement } from './requirement.ts';

/**
 * Met where there is no milestone, which `reached` says, and where
 * its time cannot be read: a form that this release does not know is not a reason to tell nobody.
 */
export const recent = {
  name: 'recent',
  says: 'it was no longer ago than `NOTIFY_MAX_AGE_HOURS`',
  check: (parcel, { milestone, nowMs, maxAgeMs }) => {
    const reachedAt = parcel?.milestones[milestone];
    const reachedAtMs = reachedAt && scanTimeMs(reachedAt.timeUtc);
    if (maxAgeMs === undefined || reachedAtMs === undefined || nowMs - reachedAtMs <= maxAgeMs) return { met: true };
    return { met: false, detail: `the ${milestone} was longer ago than NOTIFY_MAX_AGE_HOURS` };
  },
} as const satisfies Requirement;
