import { limits } from '@waybill/shared/resources.ts';
import { costOf, type PlannedCost } from '../record/plan.ts';
import type { ReadingEstimate, ReplaySettings } from './replay-plan.ts';

/** Bytes of one event in a pack: a typical one takes 140 to 150. */
const eventBytes = 145;

/** What it takes to read this many events of the feed and to store them again. */
export function costOfReading(
  events: number,
  {
    limit,
    requestsPerSecond,
    messageMaxBytes,
  }: Pick<ReplaySettings, 'limit' | 'requestsPerSecond' | 'messageMaxBytes'>,
): { readonly cost: PlannedCost; readonly estimate: ReadingEstimate } {
  const pages = Math.ceil(events / limit);
  const inPage = Math.min(limit, events);
  const messages = pages * Math.ceil((inPage * eventBytes) / messageMaxBytes);
  const bytes = Math.min(messageMaxBytes, inPage * eventBytes);
  const billed = Math.ceil(bytes / limits.billedRequestBytes);
  return {
    // A send and a receive of each message by its size; deletes go ten by ten.
    cost: costOf({ sqsRequests: Math.ceil(messages * (2 * billed + 1 / limits.batchEntries)), writeUnits: events }),
    estimate: {
      pages,
      seconds: Math.ceil(pages / requestsPerSecond),
      assumes: [
        `events of ${eventBytes} bytes, and full pages of ${limit}`,
        'one write unit for each event: DynamoDB bills a write that changes nothing like any other; processors write the events of a parcel that come together at once, which makes it less',
      ],
    },
  };
}
