import { createHash } from 'node:crypto';
import type { ReceiverCounts, Told } from '../receiver/receiver.ts';
import type { ExpectedParcel } from './oracle.ts';

/** What a receiver of our own was told, in its own words. */
export type Hearing = {
  readonly told: ReadonlyMap<string, Told>;
  readonly counts: ReceiverCounts;
};

/** Whether each first delivery was told, and nothing else. */
export type NotifiedVerdict = {
  /** First deliveries that the feed has. */
  readonly due: number;
  /** Of them, told more than once under the same id. */
  readonly repeated: number;
  /** Of them, told again under another id, because an earlier delivery came later. */
  readonly corrected: number;
  /** What was not as it should be, a line each. */
  readonly problems: readonly string[];
};

/**
 * Compares what a receiver was told with what parcels should be: each first delivery is told under the one id that is its
 * own, as it is, or corrected under another.
 *
 * @param feed `FEED` of the notifier
 */
export function judgeNotified(
  expected: ReadonlyMap<number, ExpectedParcel>,
  { told, counts }: Hearing,
  feed: string,
): NotifiedVerdict {
  const ofFeed = createHash('sha256').update(feed).digest('hex').slice(0, 8);
  const problems: string[] = [];
  const known = new Set<string>();
  let [due, repeated, corrected] = [0, 0, 0];
  for (const { parcelId, deliveryEventId, deliveryTimeUtc } of expected.values()) {
    if (deliveryEventId === undefined) continue;
    due += 1;
    const id = `delivery_${ofFeed}_${parcelId}`;
    const first = told.get(id);
    known.add(id);
    if (!first) {
      problems.push(`parcel ${parcelId}: its delivery was not told`);
      continue;
    }
    if (first.times > 1) repeated += 1;
    const correction = told.get(`${id}_${deliveryEventId}`);
    if (correction) corrected += 1;
    const { milestones } = correction ?? first;
    if (!milestones.some(({ eventId, timeUtc }) => eventId === deliveryEventId && timeUtc === deliveryTimeUtc))
      problems.push(
        `parcel ${parcelId}: told ${JSON.stringify(milestones)}, not ${deliveryEventId} ${deliveryTimeUtc}`,
      );
  }
  for (const id of told.keys()) {
    const isDue = known.has(id) || known.has(id.replace(/_\d+$/, ''));
    if (!isDue) problems.push(`${id} was told, and is no first delivery`);
  }
  const { unverified, malformed, astray } = counts;
  for (const [count, what] of [
    [unverified, 'requests had no good signature'],
    [malformed, 'requests were no notifications'],
    [astray, 'requests went elsewhere'],
  ] as const) {
    if (count > 0) problems.push(`${count} ${what}`);
  }
  return { due, repeated, corrected, problems };
}
