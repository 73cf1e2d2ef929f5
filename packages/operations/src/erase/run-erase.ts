import { describeError } from '@waybill/shared/error.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { notLookedAt } from '../dead-letters/not-looked-at.ts';
import { type Visit, type Walk, walkDeadLetters } from '../dead-letters/walk.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import { exceedsPlan } from '../record/plan.ts';
import { deleteRecord, recordsWith } from './failure-bodies.ts';
import { type EraseDependencies, names, type PlannedErase } from './plan-erase.ts';

/**
 * Deletes the dead letters that name the person, then the failure records: a message that is redriven would write its record
 * again. Ends when a long poll brings nothing new and every record was read. Repeat it until it finds nothing.
 */
export async function runErase(
  deps: EraseDependencies,
  { plan, person, deadLetters }: PlannedErase,
  { isMoreThanPlannedFine }: { readonly isMoreThanPlannedFine: boolean },
  { signal, onProgress }: ActContext,
): Promise<ActResult> {
  const counts = { deadLetters: 0, failureRecords: 0, lookedAt: 0, recordsRead: 0 };
  const problems = new Set<string>();
  let met = 0;
  const isTooMuch = (more: number) => {
    met += more;
    return !isMoreThanPlannedFine && exceedsPlan(met, plan);
  };
  let isRefused = false;
  const told = () =>
    onProgress({ what: 'erased', done: counts.deadLetters + counts.failureRecords, total: plan.count });

  const visit = async (messages: readonly ReceivedMessage[]): Promise<Visit> => {
    counts.lookedAt += messages.length;
    const handles = messages.filter((one) => names(person, one)).map(({ receiptHandle }) => receiptHandle);
    isRefused ||= isTooMuch(handles.length);
    if (isRefused) return { settled: [], isEnough: true };
    if (handles.length === 0) return { settled: [] };
    const kept = new Set<string | undefined>();
    for (let start = 0; start < handles.length; start += limits.batchEntries) {
      const batch = handles.slice(start, start + limits.batchEntries);
      const failures = await deadLetters.deleteBatch(batch);
      for (const { index, code } of failures) {
        kept.add(batch[index]);
        problems.add(`dead letters could not be deleted (${code}): erase once more`);
      }
    }
    counts.deadLetters += handles.length - kept.size;
    told();
    return { settled: handles.filter((handle) => !kept.has(handle)) };
  };

  let walk: Walk | undefined;
  try {
    walk = await walkDeadLetters({ ...deps, deadLetters }, visit, {}, signal);
    for await (const { found, records } of isRefused ? [] : recordsWith(person, deps, signal)) {
      counts.recordsRead += records;
      isRefused ||= isTooMuch(found.length);
      if (isRefused) break;
      for (const { failureId } of found) {
        await deleteRecord(failureId, deps);
        counts.failureRecords += 1;
        told();
      }
    }
  } catch (error) {
    if (counts.deadLetters + counts.failureRecords === 0) throw error;
    problems.add(describeError(error));
  }
  if (isRefused) problems.add(`more than the planned ${plan.count} name the person: stopped; plan again`);
  else if (walk && !signal.aborted) for (const left of notLookedAt(walk)) problems.add(left);
  const isWhole = walk?.isAll && problems.size === 0;
  const outcome = isRefused ? 'refused' : signal.aborted ? 'cancelled' : isWhole ? 'done' : 'partly';
  return { outcome, counts, problems: [...problems] };
}
