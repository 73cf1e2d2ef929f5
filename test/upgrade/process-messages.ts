import type { Deployment } from './deployment.ts';
import { numberIn } from './item.ts';
import type { Item, Message, Release, SentMessage } from './release.ts';

/** A stored item that is not a parcel, so that its events are rejected. */
const noParcel: Item = { parcelId: { N: '13' }, lastEventId: { S: 'no number' } };

/**
 * What this release's processor makes of these messages, in tables that are empty but for {@link noParcel} and what the
 * caller put there. Redriven messages are sent when the others are settled.
 */
export async function processMessages(
  deployment: Deployment,
  messages: readonly SentMessage[],
): Promise<Pick<Release, 'messages' | 'parcels' | 'failures'>> {
  const { resources } = deployment;
  await deployment.put(resources.parcelsTable, noParcel);
  await deployment.send(messages.filter(({ redriven }) => !redriven));
  await deployment.processing(async () => {
    await deployment.settled();
    await deployment.send(messages.filter(({ redriven }) => redriven));
    await deployment.settled();
  });
  const parcels = await deployment.scan(resources.parcelsTable, 'parcelId');
  const dead = new Set((await deployment.take(resources.deadLetterQueueUrl)).map(({ body }) => body));
  const ends = ({ body }: SentMessage): Message['ends'] => (dead.has(body) ? 'dead-lettered' : 'deleted');
  return {
    messages: messages.map((message) => ({ ...message, ends: ends(message) })),
    parcels: parcels.filter((item) => numberIn(item, 'parcelId') !== numberIn(noParcel, 'parcelId')),
    failures: await deployment.scan(resources.failuresTable, 'failureId'),
  };
}
