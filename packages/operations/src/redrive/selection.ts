import type { ExplainedDeadLetter } from '../dead-letters/dead-letter.ts';
import { groupDetail } from '../failures/group-detail.ts';
import type { Filter } from '../record/operation.ts';

/** Which dead letters are meant. All that is given must hold; without anything all are. */
export type Selection = {
  /** Reason of the failure record. */
  readonly reason?: string | undefined;
  /** A part of the record's detail, as it is or with ids taken out as groups show it. */
  readonly detail?: string | undefined;
  /** A parcel that an element of the message is about. */
  readonly parcelId?: number | undefined;
  /** Type of a scan event in the message. */
  readonly type?: string | undefined;
  /** Sent more than so many milliseconds ago. */
  readonly olderThanMs?: number | undefined;
  /** Any of these; none given: any failure. */
  readonly failureIds: readonly string[];
};

/** Whether nothing is left out. */
export function isAll({ failureIds, ...others }: Selection): boolean {
  return failureIds.length === 0 && Object.values(others).every((value) => value === undefined);
}

/** The selection as the operation's record has it. */
export function filterOf({ failureIds, ...others }: Selection): Filter {
  const given = Object.entries(others).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(given), ...(failureIds.length > 0 && { failureIds }) };
}

/** @param nowMs milliseconds since the epoch */
export function isSelected(
  selection: Selection,
  { letter, record }: Pick<ExplainedDeadLetter, 'letter' | 'record'>,
  nowMs: number,
): boolean {
  const { reason, detail, parcelId, type, olderThanMs, failureIds } = selection;
  return (
    (reason === undefined || record?.reason === reason) &&
    (detail === undefined || (record !== undefined && hasDetail(record.detail, detail))) &&
    (parcelId === undefined || letter.parcelIds.includes(parcelId) || record?.parcelId === parcelId) &&
    (type === undefined || letter.types.includes(type)) &&
    (olderThanMs === undefined || nowMs - letter.sentAtMs > olderThanMs) &&
    (failureIds.length === 0 || failureIds.includes(letter.failureId))
  );
}

function hasDetail(detail: string, part: string): boolean {
  return detail.includes(part) || groupDetail(detail).includes(part);
}
