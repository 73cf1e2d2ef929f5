import { comparableTime } from '@waybill/shared/domain/scan-time.ts';

/** A scan with whether it came late. */
export type TimelineEntry<Scan> = { readonly scan: Scan; readonly isLate: boolean };

/**
 * Marks the scans that came late: whose time is earlier than that of a scan with a lower EventId. Ids are the order in which the
 * carrier told them, times the order in which they happened. A time that cannot be read is never late.
 *
 * @param scans a parcel's history, the newest EventId first; the result has the same order
 */
export function timelineOf<Scan extends { readonly createdDateTimeUtc: string }>(
  scans: readonly Scan[],
): readonly TimelineEntry<Scan>[] {
  let latest: string | undefined;
  const entries = scans.toReversed().map((scan) => {
    const time = comparableTime(scan.createdDateTimeUtc);
    const isLate = time !== undefined && latest !== undefined && time < latest;
    if (time !== undefined && !isLate) latest = time;
    return { scan, isLate };
  });
  return entries.reverse();
}
