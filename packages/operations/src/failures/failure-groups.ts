import { z } from 'zod';
import type { ActContext } from '../record/on-record.ts';
import { type FailureFilter, fitsDetailAndParcel, reasonsOf, sinceOf } from './failure-filter.ts';
import type { ListedFailure } from './failure-item.ts';
import { groupDetail } from './group-detail.ts';
import {
  type FailuresDependencies,
  newestUnresolved,
  scanUnresolved,
  type UnresolvedIndexState,
  unresolvedIndexState,
} from './read-unresolved.ts';

/** Failures of one cause. */
export const failureGroupShape = z.strictObject({
  reason: z.string(),
  /** Without ids: {@link groupDetail}. */
  detail: z.string(),
  count: z.int().positive(),
  firstFailedAtUtc: z.string(),
  lastFailedAtUtc: z.string(),
  /** A failureId: the one that failed last. */
  sample: z.string(),
});
export type FailureGroup = z.infer<typeof failureGroupShape>;

/** What is not resolved, by cause. */
export const failureGroupsShape = z.strictObject({
  /** The largest first. */
  groups: z.array(failureGroupShape),
  /** Failures counted: the sum of the groups. */
  count: z.int().nonnegative(),
  /** There are more: of `reasonsCut` only the newest {@link mostCounted} were counted. */
  isMoreThan: z.boolean(),
  reasonsCut: z.array(z.string()),
  /** A sentence each. */
  notes: z.array(z.string()),
});
export type FailureGroups = z.infer<typeof failureGroupsShape>;

/** Failures of one reason that are counted: with all of them some 40 requests, and a megabyte or two. */
export const mostCounted = 10_000;

/** Failures of one answer of the index. */
const pageSize = 250;

/**
 * Groups the unresolved failures by reason and by detail without ids. Counts are exact up to {@link mostCounted} failures
 * of a reason, and are those of its newest beyond that, so that no flood of one reason hides another. Reads the index
 * `unresolved`; the whole table with `scan`, or where there is no index, and says so in `notes`. Who has looked at the index
 * already gives what was found.
 */
export async function failureGroups(
  deps: FailuresDependencies,
  filter: FailureFilter & { readonly scan?: boolean; readonly index?: UnresolvedIndexState },
  context: ActContext,
  most = mostCounted,
): Promise<FailureGroups> {
  const index = filter.scan ? undefined : (filter.index ?? (await unresolvedIndexState(deps)));
  const counting = new Counting(filter, most);
  const sinceUtc = sinceOf(filter);
  if (index?.isReady) {
    const count = async (reason: string) => {
      const failures = newestUnresolved(deps, { reasons: [reason], sinceUtc, pageSize }, context.signal);
      for await (const failure of failures) if (!counting.takes(failure)) return;
    };
    await Promise.all(reasonsOf(filter).map(count));
  } else {
    const reasons = filter.reason === undefined ? undefined : [filter.reason];
    for await (const failure of scanUnresolved(deps, { reasons, sinceUtc }, context)) counting.takes(failure);
  }
  return counting.result(index && !index.isReady ? [`scanned the whole table: ${index.why}`] : []);
}

class Counting {
  readonly #filter: FailureFilter;
  readonly #most: number;
  readonly #groups = new Map<string, FailureGroup>();
  readonly #lookedAt = new Map<string, number>();
  readonly #cut = new Set<string>();

  constructor(filter: FailureFilter, most: number) {
    this.#filter = filter;
    this.#most = most;
  }

  /** Counts a failure. False once there are enough of its reason. */
  takes(failure: ListedFailure): boolean {
    const { reason } = failure;
    const lookedAt = (this.#lookedAt.get(reason) ?? 0) + 1;
    if (lookedAt > this.#most) {
      this.#cut.add(reason);
      return false;
    }
    this.#lookedAt.set(reason, lookedAt);
    if (fitsDetailAndParcel(this.#filter, failure)) this.#count(failure);
    return true;
  }

  #count({ failureId, reason, detail: itsDetail, firstFailedAtUtc, lastFailedAtUtc }: ListedFailure): void {
    const detail = groupDetail(itsDetail);
    const key = JSON.stringify([reason, detail]);
    const group = this.#groups.get(key);
    const isNewest = !group || lastFailedAtUtc > group.lastFailedAtUtc;
    this.#groups.set(key, {
      reason,
      detail,
      count: (group?.count ?? 0) + 1,
      firstFailedAtUtc: group && group.firstFailedAtUtc < firstFailedAtUtc ? group.firstFailedAtUtc : firstFailedAtUtc,
      lastFailedAtUtc: isNewest ? lastFailedAtUtc : group.lastFailedAtUtc,
      sample: isNewest ? failureId : group.sample,
    });
  }

  result(notes: readonly string[]): FailureGroups {
    const groups = [...this.#groups.values()].toSorted(
      (a, b) => b.count - a.count || (a.lastFailedAtUtc < b.lastFailedAtUtc ? 1 : -1),
    );
    const reasonsCut = [...this.#cut].toSorted();
    return {
      groups,
      count: groups.reduce((sum, { count }) => sum + count, 0),
      isMoreThan: reasonsCut.length > 0,
      reasonsCut,
      notes: [
        ...notes,
        ...reasonsCut.map((reason) => `${reason}: more than ${this.#most} failures, only so many were looked at`),
      ],
    };
  }
}
