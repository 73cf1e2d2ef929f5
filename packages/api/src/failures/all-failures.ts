import type { FailureGroups } from '@waybill/operations/failures/failure-groups.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { type Caller, requireScope } from '../access/caller.ts';
import { sharedReading } from '../status/shared-reading.ts';
import { type FailuresDependencies, getFailureGroups } from './failures.ts';

/** All that is not resolved, by cause, and when that was read. */
export type AllFailures = { readonly found: FailureGroups; readonly asOfUtc: string };

/** Milliseconds that a count may take. */
const mostMs = 9_000;

/** Milliseconds for which who asks waits for a new count, where there is one of the last half minute. */
const patienceMs = 500;

/**
 * The count of all failures for whoever may read, from one count for all who look: it takes a look at each of them, up to
 * 10,000 of a reason, and where there are many a second or more.
 */
export function openAllFailures(
  deps: FailuresDependencies & { readonly clock: Clock },
): (caller: Caller) => Promise<AllFailures> {
  const count = async (caller: Caller) => {
    const asOfUtc = new Date(deps.clock.now()).toISOString();
    return { found: await getFailureGroups(deps, caller, {}, AbortSignal.timeout(mostMs)), asOfUtc };
  };
  const shared = sharedReading(count, deps.clock, patienceMs);
  return async (caller) => {
    requireScope(caller, 'read');
    return await shared(caller);
  };
}
