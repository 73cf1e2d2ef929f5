import { counted } from '@waybill/shared/counted.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import { costOf, exceedsPlan, mostSamples, type Plan } from '../record/plan.ts';
import { mostAtOnce, type SendDependencies, type Sending, sendNotifications } from './send-notifications.ts';
import { nothingSent, type Sent } from './sent-shape.ts';
import { type UnfinishedReading, unfinishedParcels } from './unfinished-parcels.ts';

/** Which parcels are notified: these, or all that have a notification which was not told. */
export type SendFilter = { readonly parcelIds: readonly number[] } | { readonly unfinished: true };

export type SendChoices = {
  readonly filter: SendFilter;
  /** Requests for one notification, at most. */
  readonly attempts: number;
  readonly again: boolean;
};

export type PlannedSending = SendChoices & { readonly plan: Plan };

/** What a plan counts at most; a run goes on all the same. */
const mostCounted = 10_000;

/** Parcels that a result names although they were not told. */
const mostNamed = 10;

/**
 * Parcels that may fail, with none told besides, before the endpoint or the store is taken to be away: as many as the notifier's
 * breaker counts. One alone may be the only one that fails, and must not keep all others from being told for ever.
 */
const mostFailedInARow = 5;

/** DynamoDB units of a parcel: two consistent reads, and the write of what became of it. */
const [readUnitsOfOne, writeUnitsOfOne] = [2, 1];

/** Counts what would be looked at. Writes and tells nothing. */
export async function planSend(
  reading: UnfinishedReading,
  choices: SendChoices,
  signal: AbortSignal,
): Promise<PlannedSending> {
  const byReason: Record<string, number> = {};
  const samples: Plan['samples'][number][] = [];
  const times: string[] = [];
  let [count, isMoreThan] = [0, false];
  const add = (parcelId: number, state?: string, changedAtUtc?: string) => {
    count += 1;
    if (state !== undefined) byReason[state] = (byReason[state] ?? 0) + 1;
    if (changedAtUtc !== undefined) times.push(changedAtUtc);
    if (samples.length < mostSamples)
      samples.push({
        parcelId,
        ...(state !== undefined && { state }),
        ...(changedAtUtc !== undefined && { changedAtUtc }),
      });
  };
  if ('parcelIds' in choices.filter) for (const parcelId of new Set(choices.filter.parcelIds)) add(parcelId);
  else {
    for await (const { parcelId, state, changedAtUtc } of unfinishedParcels(reading, signal)) {
      isMoreThan = count >= mostCounted;
      if (isMoreThan) break;
      add(parcelId, state, changedAtUtc);
    }
  }
  times.sort();
  const plan: Plan = {
    count,
    isMoreThan,
    byReason,
    oldestUtc: times.at(0) ?? null,
    newestUtc: times.at(-1) ?? null,
    samples,
    cost: costOf({ readUnits: count * readUnitsOfOne, writeUnits: count * writeUnitsOfOne }),
    notLookedAt: isMoreThan ? [`counting ended at ${count}: a run notifies all that are unfinished`] : [],
    warnings: [],
  };
  return { ...choices, plan };
}

/**
 * Notifies, a hundred parcels at a time. What was told is not told again, so an interrupted run is run again. It stops where it
 * meets more than was planned, unless `moreThanPlanned`, and after a hundred where the endpoint or the store is away: some failed
 * and none was told. Of unfinished notifications those that still do not meet the requirements are no problem: they wait.
 */
export async function runSend(
  deps: SendDependencies,
  reading: UnfinishedReading,
  { filter, plan, attempts, again }: PlannedSending,
  { signal, onProgress }: ActContext,
  moreThanPlanned = false,
): Promise<ActResult> {
  const all = nothingSent();
  let [met, failedInARow] = [0, 0];
  for await (const parcelIds of hundreds(reading, filter, signal)) {
    met += parcelIds.length;
    if (!moreThanPlanned && exceedsPlan(met, plan)) {
      const problem = `found ${counted(met, 'parcel')} to notify where ${plan.count} were planned: plan anew`;
      return { ...resultOf(all, 'unfinished' in filter), outcome: 'refused', problems: [problem] };
    }
    const { sent } = await sendNotifications(deps, { parcelIds, attempts, again }, signal);
    add(all, sent);
    onProgress({ what: 'parcels notified', done: met, ...(!plan.isMoreThan && { total: plan.count }) });
    if (signal.aborted) return { ...resultOf(all, 'unfinished' in filter), outcome: 'cancelled' };
    failedInARow = failedSince(sent, failedInARow);
    if (failedInARow >= mostFailedInARow) break;
  }
  return resultOf(all, 'unfinished' in filter);
}

async function* hundreds(
  reading: UnfinishedReading,
  filter: SendFilter,
  signal: AbortSignal,
): AsyncGenerator<number[]> {
  let some: number[] = [];
  if ('parcelIds' in filter) {
    const each = [...new Set(filter.parcelIds)];
    for (let at = 0; at < each.length; at += mostAtOnce) yield each.slice(at, at + mostAtOnce);
    return;
  }
  for await (const { parcelId } of unfinishedParcels(reading, signal)) {
    some.push(parcelId);
    if (some.length < mostAtOnce) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** How many have failed that may be told later, since one was told or refused. */
function failedSince({ notified, failed }: Sending['sent'], before: number): number {
  const retryable = failed.filter((each) => each.retryable).length;
  const isThere = notified.length > 0 || retryable < failed.length;
  return isThere ? 0 : before + retryable;
}

function add(all: Sent, sent: Sent): void {
  all.notified.push(...sent.notified);
  all.alreadyNotified.push(...sent.alreadyNotified);
  all.requirementsNotMet.push(...sent.requirementsNotMet);
  all.failed.push(...sent.failed);
  all.notFound.push(...sent.notFound);
}

/** What an act says of the lists. `unmetMayWait`: that requirements are not met is not a problem. */
export function resultOf(sent: Sent, unmetMayWait = false): ActResult {
  const left = [
    ...sent.failed.map(({ parcelId, reason }) => `parcel ${parcelId}: ${reason}`),
    ...(unmetMayWait ? [] : sent.requirementsNotMet).map(
      ({ parcelId, unmet }) => `parcel ${parcelId}: does not meet ${unmet.join(', ')}`,
    ),
    ...(unmetMayWait ? [] : sent.notFound).map((parcelId) => `parcel ${parcelId}: it is not stored`),
  ];
  const isDone = left.length === 0;
  const isFailed = sent.failed.length > 0 && sent.notified.length === 0;
  return {
    outcome: isDone ? 'done' : isFailed ? 'failed' : 'partly',
    counts: {
      notified: sent.notified.length,
      alreadyNotified: sent.alreadyNotified.length,
      requirementsNotMet: sent.requirementsNotMet.length,
      failed: sent.failed.length,
      notFound: sent.notFound.length,
    },
    problems: [
      ...left.slice(0, mostNamed),
      ...(left.length > mostNamed ? [`${left.length - mostNamed} more were not told`] : []),
    ],
  };
}
