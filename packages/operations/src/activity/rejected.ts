import { minuteMs } from '@waybill/shared/activity/ring.ts';
import type { Activity } from './activity.ts';

/** Malformed events per minute that are worth a word, however few are usual. */
const leastRejected = 10;
/** Times the usual number per minute from which on something has changed. */
const overUsual = 5;

/** Minutes in which something was read, from which on a usual share is known. */
const leastMinutes = 10;
/** Times the usual share of what is read: below it there are many because much is read, as after a night or while catching up. */
const overUsualShare = 2;

/**
 * Since when malformed events come in numbers, in milliseconds since 1970: 10 per minute or more, five times what is usual
 * in half of the minutes before, and twice the usual share of what is read; undefined where they do not now.
 */
export function rejectedSince(
  { rejected, read }: Pick<Activity['counts'], 'rejected' | 'read'>,
  perSecond: Pick<Activity['perSecond'], 'rejected' | 'read'>,
  nowMs: number,
): number | undefined {
  const many = Math.max(leastRejected, overUsual * medianOf(rejected));
  if (perSecond.rejected * 60 < many) return undefined;
  const shares = rejected.flatMap((count, i) => shareOf(count, read[i] ?? 0) ?? []);
  const share = shareOf(perSecond.rejected, perSecond.read) ?? 0;
  if (shares.length >= leastMinutes && share < overUsualShare * medianOf(shares)) return undefined;
  // The minute under way may have just begun.
  let first = rejected.length - 1;
  while (first > 0 && (rejected[first - 1] ?? 0) >= many) first -= 1;
  return (Math.floor(nowMs / minuteMs) - (rejected.length - 1 - first)) * minuteMs;
}

/** Undefined where nothing was read. */
function shareOf(rejected: number, read: number): number | undefined {
  return rejected + read === 0 ? undefined : rejected / (rejected + read);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
