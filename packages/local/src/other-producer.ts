import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { FeedElement } from '@waybill/carrier/feed/simulated-feed.ts';
import { counted } from '@waybill/shared/counted.ts';
import { toAscii } from '@waybill/shared/domain/pack.ts';
import { scanOf } from './outcome/oracle.ts';

/** A message with good events and one malformed element. */
export type MixedPack = { readonly body: string; readonly events: number; readonly malformed: unknown };

/** Good events per pack. */
const eventsEach = 12;

type Packed = NonNullable<ReturnType<typeof scanOf>>;

/** What can be wrong with an event; each pack gets another fault. */
const spoils: readonly ((event: Packed) => unknown)[] = [
  (event) => ({ ...event, parcelId: null }),
  (event) => ({ ...event, createdDateTimeUtc: 'soon' }),
  () => 'not an event, from another producer',
  (event) => ({ ...event, type: '' }),
  (event) => ({ ...event, eventId: String(event.eventId) }),
  (event) => ({ ...event, statusCode: { code: 'HELD' } }),
];

/**
 * Packs as a producer other than the poller would send them. Their events are in the feed as well, so that they do not
 * change what parcels should be. One malformed element in the middle has to be split off.
 */
export function mixedPacks(feed: Iterable<FeedElement>, elements: number): MixedPack[] {
  const good: Packed[] = [];
  let seen = 0;
  for (const element of feed) {
    if (++seen > elements) break;
    // Not what the feed shows late, twice or not at all.
    const isPlain = !element.bad && element.lateBy === undefined && !element.wild && !element.twin;
    const event = isPlain ? scanOf(JSON.parse(element.json)) : undefined;
    if (event) good.push(event);
  }
  const stride = Math.max(1, Math.floor(good.length / (spoils.length * eventsEach)));
  const spread = good.filter((_, place) => place % stride === 0);
  return spoils.flatMap((spoil, index): MixedPack[] => {
    const events = spread.slice(index * eventsEach, (index + 1) * eventsEach);
    const [model] = events;
    if (!model) return [];
    const malformed = spoil(model);
    const mixed = events.toSpliced(Math.ceil(events.length / 2), 0, malformed as Packed);
    return [{ body: toAscii(JSON.stringify({ version: 1, events: mixed })), events: events.length, malformed }];
  });
}

/** Puts the packs on the queue; throws when SQS refuses one. */
export async function sendPacks(sqs: SQSClient, QueueUrl: string, packs: readonly MixedPack[]): Promise<void> {
  if (packs.length === 0) return;
  const Entries = packs.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
  const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  if (Failed.length > 0) throw new Error(`SQS refused ${counted(Failed.length, 'pack')}: ${Failed[0]?.Code}`);
}
