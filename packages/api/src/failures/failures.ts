import { type FailureGroups, failureGroups } from '@waybill/operations/failures/failure-groups.ts';
import { failurePage, listedFailureShape } from '@waybill/operations/failures/failure-list.ts';
import { failureShow, type ShownFailure } from '@waybill/operations/failures/failure-show.ts';
import { unresolvedIndexState } from '@waybill/operations/failures/read-unresolved.ts';
import { placeShape } from '@waybill/operations/newest-first.ts';
import { z } from 'zod';
import { type Caller, requireScope } from '../access/caller.ts';
import type { Cursors } from '../pages/cursor.ts';
import { nextCursorShape, pageParameters, wholeNumber } from '../pages/page.ts';
import { Problem } from '../problems/problem.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';

export type FailuresDependencies = Pick<ApiDependencies, 'documents' | 'deployment' | 'clock'>;

/** Which failures are meant; all that is given must fit. */
const failuresFilter = {
  reason: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'a code such as INVALID_EVENT')
    .optional()
    .describe('Only failures with this reason.'),
  detail: z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .describe('Only failures whose detail has this text, as it is or as groups show it.'),
  parcelId: z
    .preprocess(wholeNumber, z.int().min(1).max(Number.MAX_SAFE_INTEGER))
    .optional()
    .describe('Only failures about this parcel.'),
  since: z.iso.datetime().optional().describe('Only what failed last then, or later: a time in UTC.'),
};

export const failureGroupsQuery = z.strictObject(failuresFilter);

export const failuresQuery = z.strictObject({ ...failuresFilter, ...pageParameters });

/** Those that failed last first. */
export const failuresShape = z.strictObject({ failures: z.array(listedFailureShape), nextCursor: nextCursorShape });

/** Failures that one request looks at for those that fit: some 20 queries. */
const mostLookedAt = 5_000;

/** What is not resolved, by cause. Throws `INDEX_OFF` where the table has no index for it: a request scans no table. */
export async function getFailureGroups(
  deps: FailuresDependencies,
  caller: Caller,
  { since, ...filter }: z.output<typeof failureGroupsQuery>,
  signal: AbortSignal,
): Promise<FailureGroups> {
  requireScope(caller, 'read');
  const index = await requireIndex(deps);
  return await failureGroups(deps, { ...filter, sinceUtc: since, index }, { signal, onProgress: () => undefined });
}

/** A page of what is not resolved. Throws `INDEX_OFF` as {@link getFailureGroups} does. */
export async function getFailures(
  { cursors, ...deps }: FailuresDependencies & { readonly cursors: Cursors },
  caller: Caller,
  { since, limit, cursor, ...filter }: z.output<typeof failuresQuery>,
  signal: AbortSignal,
): Promise<z.output<typeof failuresShape>> {
  requireScope(caller, 'read');
  const { reason, detail, parcelId } = filter;
  const list = { name: 'failures', filters: { reason, detail, parcelId: parcelId?.toString(), since } };
  const after = cursor === undefined ? undefined : cursors.open(list, cursor, placeShape);
  await requireIndex(deps);
  const page = await failurePage(deps, { ...filter, sinceUtc: since, limit, after }, signal, mostLookedAt);
  const { failures, next } = page;
  return { failures: [...failures], ...(next && { nextCursor: cursors.seal(caller, list, next) }) };
}

/** One failure, resolved or not; what failed is shown to who may redrive it: it may hold ids of people. */
export async function getFailure(deps: FailuresDependencies, caller: Caller, failureId: string): Promise<ShownFailure> {
  requireScope(caller, 'read', 'operate');
  return await failureShow(deps, failureId, { withBody: caller.scopes.has('operate') });
}

async function requireIndex(deps: FailuresDependencies): Promise<{ readonly isReady: true }> {
  const state = await unresolvedIndexState(deps);
  if (state.isReady) return state;
  throw new Problem(
    'INDEX_OFF',
    'the failures table has no index of what is not resolved: only the command line scans it, by waybill failures list',
  );
}
