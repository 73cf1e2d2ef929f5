import { packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { comparableTime } from '@waybill/shared/domain/scan-time.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { MessageSender } from '@waybill/shared/queue/message-queue.ts';
import { batchesOf } from '@waybill/shared/queue/send.ts';
import type { ParcelsReading } from '../parcels/read-parcels.ts';
import { costOf, mostSamples, type Plan } from '../record/plan.ts';
import { type AnnounceFilter, announcementsOf } from './announced-parcels.ts';

export type AnnounceDependencies = ParcelsReading & {
  /** The announcement queues, each with its URL. */
  readonly queues: readonly { readonly url: string; readonly sender: MessageSender }[];
  /** A pack's aim in bytes, as the processors pack (`MESSAGE_MAX_BYTES`). */
  readonly messageMaxBytes: number;
};

export type PlannedAnnouncements = { readonly plan: Plan; readonly filter: AnnounceFilter };

/** What a plan counts at most; a run announces all the same. */
const mostCounted = 10_000;

/** Parcels that a plan or a result names although they are not announced. */
export const mostLeftNamed = 10;

/**
 * Counts what would be announced, up to 10,000. Writes and sends nothing. Rejects with `NOT_CONFIGURED` where there is no
 * queue, and with `CONFIG_INVALID` for times that are not.
 */
export async function planAnnounce(
  deps: AnnounceDependencies,
  filter: AnnounceFilter,
  signal: AbortSignal,
): Promise<PlannedAnnouncements> {
  requireQueues(deps);
  requireTimes(filter);
  const byReason: Record<string, number> = {};
  const samples: Plan['samples'][number][] = [];
  const left: string[] = [];
  const times: string[] = [];
  let [count, leftCount, requests, isMoreThan] = [0, 0, 0, false];
  for await (const page of announcementsOf(deps, filter, signal)) {
    for (const { parcelId, milestone, eventId, timeUtc } of page.announcements) {
      byReason[milestone] = (byReason[milestone] ?? 0) + 1;
      if (samples.length < mostSamples) samples.push({ parcelId, milestone, eventId, timeUtc });
      times.push(timeUtc);
    }
    count += page.announcements.length;
    leftCount += page.left.length;
    for (const { parcelId, why } of page.left) if (left.length < mostLeftNamed) left.push(`parcel ${parcelId}: ${why}`);
    requests += batchesOf(packAnnouncements(page.announcements, deps.messageMaxBytes).map((body) => ({ body }))).length;
    isMoreThan = count >= mostCounted;
    if (isMoreThan) break;
  }
  const sorted = times.toSorted((a, b) => ((comparableTime(a) ?? '') < (comparableTime(b) ?? '') ? -1 : 1));
  return {
    filter,
    plan: {
      count,
      isMoreThan,
      byReason,
      oldestUtc: sorted[0] ?? null,
      newestUtc: sorted.at(-1) ?? null,
      samples,
      cost: costOf({
        sqsRequests: requests * deps.queues.length,
        readUnits: 'parcelIds' in filter ? filter.parcelIds.length : 0,
      }),
      notLookedAt: [
        ...(isMoreThan ? [`counting ended at ${count}: a run announces all that fit`] : []),
        ...('parcelIds' in filter
          ? []
          : ['the cost of reading the whole parcels table, half a read unit for each 4 KB']),
      ],
      warnings: [
        ...left.map((each) => `not announced: ${each}`),
        ...(leftCount > left.length ? [`not announced: ${leftCount - left.length} more`] : []),
      ],
    },
  };
}

function requireQueues({ queues }: AnnounceDependencies): void {
  if (queues.length > 0) return;
  throw new WaybillError('NOT_CONFIGURED', 'this deployment announces to nobody: ANNOUNCEMENT_QUEUE_URLS is not set', {
    details: { next: 'set ANNOUNCEMENT_QUEUE_URLS, or name the queue with --queue URL' },
  });
}

function requireTimes(filter: AnnounceFilter): void {
  if ('parcelIds' in filter) return;
  for (const text of [filter.deliveredFrom, filter.deliveredTo]) {
    if (comparableTime(text) !== undefined) continue;
    throw new WaybillError('CONFIG_INVALID', `${text} is not an ISO date and time in UTC, as 2026-11-28T00:00:00Z`);
  }
}
