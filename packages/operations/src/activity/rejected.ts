import { minuteMs } from '@waybill/shared/activity/ring.ts';
import type { Activity } from './activity.ts';

/** Malformed events per minute that are worth a word, however few are usual. */
const leastRejected = 10;
/** Times the usual number per minute from which on something has changed. */
const overUsual = 5;

/**
 * Since when malformed events come in numbers, in milliseconds since 1970: 10 per minute or more, and five times what is usual
 * in half of the minutes before; undefined where they do not now.
 */
export function rejectedSince(
  { rejected }: Pick<Activity['counts'], 'rejected'>,
  perSecond: Pick<Activity['perSecond'], 'rejected'>,
  nowMs: number,
): number | undefined {
  const usual = rejected.toSorted((a, b) => a - b)[Math.floor(rejected.length / 2)] ?? 0;
  const many = Math.max(leastRejected, overUsual * usual);
  if (perSecond.rejected * 60 < many) return undefined;
  // The minute under way may have just begun.
  let first = rejected.length - 1;
  while (first > 0 && (rejected[first - 1] ?? 0) >= many) first -= 1;
  return (Math.floor(nowMs / minuteMs) - (rejected.length - 1 - first)) * minuteMs;
}
