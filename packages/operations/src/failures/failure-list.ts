import { z } from 'zod';
import type { Place } from '../newest-first.ts';
import type { ActContext } from '../record/on-record.ts';
import { type FailureFilter, fitsDetailAndParcel, reasonsOf, sinceOf } from './failure-filter.ts';
import type { ListedFailure, TracedFailure } from './failure-item.ts';
import { withTraces } from './failure-traces.ts';
import {
  type FailuresDependencies,
  newestUnresolved,
  placeOfFailure,
  scanUnresolved,
  unresolvedIndexState,
} from './read-unresolved.ts';

export const listedFailureShape = z.strictObject({
  failureId: z.string(),
  reason: z.string(),
  detail: z.string(),
  attempts: z.int().nonnegative(),
  parcelId: z.int().nullable(),
  firstFailedAtUtc: z.string(),
  lastFailedAtUtc: z.string(),
  traceId: z.string().optional(),
});

/** Unresolved failures. */
export const failureListShape = z.strictObject({
  /** Those that failed last first. */
  failures: z.array(listedFailureShape),
  /** There are more that fit. */
  isMoreThan: z.boolean(),
  /** A sentence each. */
  notes: z.array(z.string()),
});
export type FailureList = z.infer<typeof failureListShape>;

/** Failures that are looked at for those that fit. */
export const mostLookedAt = 50_000;

/** Failures of one answer of the index. */
const largestPage = 250;

/**
 * Lists unresolved failures, those that failed last first, `limit` at most. Reads the index `unresolved` as far as that
 * takes; the whole table with `scan`, or where there is no index, and says so in `notes`.
 */
export async function failureList(
  deps: FailuresDependencies,
  filter: FailureFilter & { readonly limit: number; readonly scan?: boolean },
  context: ActContext,
  most = mostLookedAt,
): Promise<FailureList> {
  const { limit } = filter;
  const sinceUtc = sinceOf(filter);
  const index = filter.scan ? undefined : await unresolvedIndexState(deps);
  if (index?.isReady) {
    const { failures, next, wasCutAt } = await failurePage(deps, filter, context.signal, most);
    const cut =
      wasCutAt &&
      `looked at the ${most} failures that failed last, back to ${wasCutAt.atUtc}: narrow it down by a reason or a time`;
    return { failures: [...failures], isMoreThan: next !== undefined, notes: cut ? [cut] : [] };
  }
  const reasons = filter.reason === undefined ? undefined : [filter.reason];
  const failures = await newestThatFit(scanUnresolved(deps, { reasons, sinceUtc }, context), filter);
  return {
    failures: await withTraces(deps, failures.slice(0, limit), context.signal),
    isMoreThan: failures.length > limit,
    notes: index ? [`scanned the whole table: ${index.why}`] : [],
  };
}

export type FailurePage = {
  /** Those that failed last first. */
  readonly failures: readonly TracedFailure[];
  /** Where the next page begins; absent at the end. */
  readonly next?: Place;
  /** So many were looked at that the rest was left for the next page, from here on: the page may be short. */
  readonly wasCutAt?: Place;
};

/**
 * A page of the unresolved failures that fit, over the index `unresolved`, after looking at `most` of them. Rejects with the
 * engine's errors; who calls it knows that there is such an index.
 */
export async function failurePage(
  deps: FailuresDependencies,
  filter: FailureFilter & { readonly limit: number; readonly after?: Place | undefined },
  signal: AbortSignal,
  most = mostLookedAt,
): Promise<FailurePage> {
  const { limit, after } = filter;
  const isNarrow = filter.detail === undefined && filter.parcelId === undefined;
  const pageSize = isNarrow ? Math.min(limit + 1, largestPage) : largestPage;
  const range = { reasons: reasonsOf(filter), sinceUtc: sinceOf(filter), pageSize, after };
  const failures: ListedFailure[] = [];
  const traced = () => withTraces(deps, failures, signal);
  let lookedAt = 0;
  let last: Place | undefined;
  for await (const failure of newestUnresolved(deps, range, signal)) {
    if (lookedAt === most && last) return { failures: await traced(), next: last, wasCutAt: last };
    lookedAt += 1;
    if (fitsDetailAndParcel(filter, failure)) {
      if (failures.length === limit && last) return { failures: await traced(), next: last };
      failures.push(failure);
    }
    last = placeOfFailure(failure);
  }
  return { failures: await traced() };
}

/** The newest of those that fit, one more than the limit where there are more. Holds twice as many at most. */
async function newestThatFit(
  unordered: AsyncGenerator<ListedFailure, void>,
  filter: FailureFilter & { readonly limit: number },
): Promise<readonly ListedFailure[]> {
  const most = filter.limit + 1;
  let kept: ListedFailure[] = [];
  const prune = () => {
    kept = kept.toSorted((a, b) => (a.lastFailedAtUtc < b.lastFailedAtUtc ? 1 : -1)).slice(0, most);
  };
  for await (const failure of unordered) {
    if (!fitsDetailAndParcel(filter, failure)) continue;
    kept.push(failure);
    if (kept.length > 2 * most) prune();
  }
  prune();
  return kept;
}
