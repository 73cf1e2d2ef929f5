import type { Activity } from '@waybill/operations/activity/activity.ts';
import { type ActivityDependencies, readActivity } from '@waybill/operations/activity/read-activity.ts';
import { type Caller, requireScope } from '../access/caller.ts';

/** Milliseconds for which the processes' word is waited for: the status that stands beside it waits no longer. */
const patienceMs = 8_000;

/** What the processes did in the last hour. Null where the deployment has no table for it. */
export async function getActivity(
  deps: ActivityDependencies,
  caller: Caller,
  signal: AbortSignal,
): Promise<Activity | null> {
  requireScope(caller, 'read');
  return await readActivity(deps, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
}
