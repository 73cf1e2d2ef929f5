import { z } from 'zod';
import type { ActContext } from '../record/on-record.ts';
import { type FailureFilter, fitsDetailAndParcel, reasonsOf, sinceOf } from './failure-filter.ts';
import type { ListedFailure } from './failure-item.ts';
import {
  type FailuresDependencies,
  newestUnresolved,
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
    const isNarrow = filter.detail === undefined && filter.parcelId === undefined;
    const pageSize = isNarrow ? Math.min(limit + 1, largestPage) : largestPage;
    const range = { reasons: reasonsOf(filter), sinceUtc, pageSize };
    return firstThatFit(newestUnresolved(deps, range, context.signal), filter, most);
  }
  const reasons = filter.reason === undefined ? undefined : [filter.reason];
  const failures = await newestThatFit(scanUnresolved(deps, { reasons, sinceUtc }, context), filter);
  return {
    failures: failures.slice(0, limit),
    isMoreThan: failures.length > limit,
    notes: index ? [`scanned the whole table: ${index.why}`] : [],
  };
}

async function firstThatFit(
  newest: AsyncGenerator<ListedFailure, void>,
  filter: FailureFilter & { readonly limit: number },
  most: number,
): Promise<FailureList> {
  const failures: ListedFailure[] = [];
  let lookedAt = 0;
  for await (const failure of newest) {
    if (lookedAt === most) {
      const note = `looked at the ${most} failures that failed last, back to ${failure.lastFailedAtUtc}: narrow it down by a reason or a time`;
      return { failures, isMoreThan: true, notes: [note] };
    }
    lookedAt += 1;
    if (!fitsDetailAndParcel(filter, failure)) continue;
    if (failures.length === filter.limit) return { failures, isMoreThan: true, notes: [] };
    failures.push(failure);
  }
  return { failures, isMoreThan: false, notes: [] };
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
