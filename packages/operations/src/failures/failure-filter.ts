import { failureReasons } from '@waybill/shared/failures/failure-record.ts';
import type { ListedFailure } from './failure-item.ts';
import { groupDetail } from './group-detail.ts';

/** Which failures are meant; all that is given must fit. */
export type FailureFilter = {
  readonly reason?: string | undefined;
  /** A part of the failure's detail, or of its group's. */
  readonly detail?: string | undefined;
  readonly parcelId?: number | undefined;
  /** An ISO date and time: failed last then, or later. */
  readonly sinceUtc?: string | undefined;
};

/** The part of the filter that is not a range of the index. */
export function fitsDetailAndParcel(
  { detail, parcelId }: Pick<FailureFilter, 'detail' | 'parcelId'>,
  failure: Pick<ListedFailure, 'detail' | 'parcelId'>,
): boolean {
  if (parcelId !== undefined && failure.parcelId !== parcelId) return false;
  return detail === undefined || failure.detail.includes(detail) || groupDetail(failure.detail).includes(detail);
}

/** The reasons to read; another one than those of this release may be a newer release's. */
export function reasonsOf({ reason }: Pick<FailureFilter, 'reason'>): readonly string[] {
  return reason === undefined ? failureReasons : [reason];
}

/** A time as failure records have it, which are compared as text. */
export function sinceOf({ sinceUtc }: Pick<FailureFilter, 'sinceUtc'>): string | undefined {
  return sinceUtc === undefined ? undefined : new Date(sinceUtc).toISOString();
}
