import type { Activity } from '@waybill/operations/activity/activity.ts';
import { readActivity } from '@waybill/operations/activity/read-activity.ts';
import type { LeaseMemory } from '@waybill/operations/status/read-status.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';
import { type Caller, requireScope } from '../access/caller.ts';
import { sharedReading } from './shared-reading.ts';
import { getStatus, type StatusDependencies } from './status.ts';

/** How Waybill is doing, and what its processes did in the last hour. */
export type StatusAndActivity = {
  readonly status: Status;
  /** Null where the deployment has no table for it, or it cannot be read: the status says so. */
  readonly activity: Activity | null;
};

/** Milliseconds that both may take: each part of the status has a second less. */
const mostMs = 9_000;

/** Both for whoever may read, from one reading for all who look: a status may watch a silent poller for two seconds. */
export function openStatusAndActivity(
  deps: Omit<StatusDependencies, 'lease' | 'askedActivity'>,
): (caller: Caller) => Promise<StatusAndActivity> {
  const lease: LeaseMemory = {};
  const readBoth = async (caller: Caller) => {
    const signal = AbortSignal.timeout(mostMs);
    const askedActivity = readActivity(deps, signal);
    const [status, activity] = await Promise.all([
      getStatus({ ...deps, lease, askedActivity }, caller, signal),
      askedActivity.catch(() => null),
    ]);
    return { status, activity };
  };
  const shared = sharedReading(readBoth, deps.clock);
  return async (caller) => {
    requireScope(caller, 'read');
    return await shared(caller);
  };
}
