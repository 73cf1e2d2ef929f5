import { counted } from '@waybill/shared/counted.ts';
import { packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import { exceedsPlan } from '../record/plan.ts';
import { announcementsOf } from './announced-parcels.ts';
import { type AnnounceDependencies, mostLeftNamed, type PlannedAnnouncements } from './plan-announce.ts';

/** Sends in flight to one queue. */
const concurrency = 4;

/** How often a send is tried before the run ends: with the backoff of `sendConfirmed` some 30 s. */
const mostAttempts = 8;

/**
 * Announces to each queue, confirmed entry by entry, as the parcels are now. What is announced twice harms nobody, so an
 * interrupted run is run again. It stops where it meets more than was planned, unless `moreThanPlanned`. Rejects with the
 * error of the first queue or read that fails while nothing was announced yet; later, that is a problem of the result.
 */
export async function runAnnounce(
  deps: AnnounceDependencies,
  { filter, plan }: PlannedAnnouncements,
  { signal, onProgress }: ActContext,
  moreThanPlanned = false,
): Promise<ActResult> {
  const counts = { announced: 0, messages: 0, left: 0 };
  const problems: string[] = [];
  const result = (outcome: ActResult['outcome'], problem?: string): ActResult => {
    const more = counts.left > problems.length ? [`not announced: ${counts.left - problems.length} more`] : [];
    return { outcome, counts, problems: [...problems, ...more, ...(problem === undefined ? [] : [problem])] };
  };
  try {
    for await (const page of announcementsOf(deps, filter, signal)) {
      counts.left += page.left.length;
      for (const { parcelId, why } of page.left)
        if (problems.length < mostLeftNamed) problems.push(`not announced: parcel ${parcelId}: ${why}`);
      const met = counts.announced + page.announcements.length;
      if (!moreThanPlanned && exceedsPlan(met, plan)) {
        return result(
          'refused',
          `found ${counted(met, 'milestone')} to announce where ${plan.count} were planned: plan anew`,
        );
      }
      const messages = packAnnouncements(page.announcements, deps.messageMaxBytes).map((body) => ({ body }));
      for (const { url, sender } of deps.queues) await send(deps, url, sender, messages, signal);
      counts.announced = met;
      counts.messages += messages.length * deps.queues.length;
      onProgress({ what: 'milestones announced', done: met, ...(!plan.isMoreThan && { total: plan.count }) });
      if (signal.aborted) return result('cancelled');
    }
  } catch (error) {
    if (signal.aborted) return result('cancelled');
    if (counts.announced === 0) throw error;
    return result('partly', `${describeError(error)}; run it again: what is announced twice harms nobody`);
  }
  return result(counts.left > 0 ? 'partly' : 'done');
}

async function send(
  { clock, random }: AnnounceDependencies,
  url: string,
  queue: AnnounceDependencies['queues'][number]['sender'],
  messages: readonly { readonly body: string }[],
  signal: AbortSignal,
): Promise<void> {
  const onFailure = (error: unknown, attempt: number) => {
    if (attempt + 1 < mostAttempts) return;
    const message = `the queue ${url} does not take announcements: ${describeError(error)}`;
    throw new WaybillError('QUEUE_REFUSED', message, { cause: error, details: { queueUrl: url } });
  };
  await sendConfirmed(messages, { queue, clock, random, concurrency, onFailure }, signal);
}
