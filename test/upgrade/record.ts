import { openPlace, type Place } from '@waybill/local/engines/place.ts';
import { packOne } from '@waybill/shared/domain/pack.ts';
import { givenOrExit } from '@waybill/shared/process/program.ts';
import { Deployment, until } from './deployment.ts';
import { feedElements, foreignPack } from './feed-elements.ts';
import { feed, following } from './follow.ts';
import { numberIn, textIn } from './item.ts';
import { processMessages } from './process-messages.ts';
import { pushOnce, settlePush } from './pushed.ts';
import { type Item, keepRelease, type Pushed, type Release, type SentMessage, type Told } from './release.ts';
import { announce, refusedParcel, tell } from './told.ts';

/** What this release writes: every kind of message, and every kind of item in each table, by its own processes. */
export async function recordRelease(place: Place): Promise<Release> {
  const { messages: polled, checkpoints } = await recordPoller(place);
  const recordProcessed = async () => {
    const messages: SentMessage[] = [...polled, ...(await recordSplits(place)), ...othersMessages];
    return await processMessages(await Deployment.open(place), messages);
  };
  // Each in a deployment of its own: most of the time is that in which processes start and stop.
  const [processed, interrupted, told, pushed] = await Promise.all([
    recordProcessed(),
    recordInterruption(place),
    recordTold(place, polled),
    recordPush(place),
  ]);
  return { ...processed, interrupted, checkpoints, told, pushed };
}

/** What is announced of the poller's messages, and what is kept of telling it. */
async function recordTold(place: Place, messages: readonly SentMessage[]): Promise<Told> {
  const deployment = await Deployment.open(place);
  const announcements = [...(await announce(deployment, messages))];
  return { announcements, ...(await tell(deployment, announcements, { refused: refusedParcel })) };
}

/** What a push leaves behind, before and after its messages are settled. */
async function recordPush(place: Place): Promise<Pushed> {
  const deployment = await Deployment.open(place);
  const { batchesTable, scanQueueUrl } = deployment.resources;
  await pushOnce(deployment);
  const sent = await deployment.scan(batchesTable, 'batchId');
  const messages = await deployment.take(scanQueueUrl);
  return { messages, sent, settled: await settlePush(deployment, messages) };
}

/** The poller's messages, and its item: taken before anything was confirmed, held while it works, and released. */
async function recordPoller(
  place: Place,
): Promise<{ readonly messages: SentMessage[] } & Pick<Release, 'checkpoints'>> {
  const deployment = await Deployment.open(place);
  const { checkpointsTable, scanQueueUrl } = deployment.resources;
  const item = () => deployment.get(checkpointsTable, { feed });
  let taken = {};
  await following(deployment, { elements: [] }, async () => {
    await until('the lease is taken', async () => {
      taken = await item();
      return textIn(taken, 'leaseHolder') !== undefined;
    });
  });
  let held = {};
  await following(deployment, { elements: feedElements }, async () => {
    await until('the feed is confirmed', async () => {
      held = await item();
      return numberIn(held, 'lastEventId') === 301;
    });
  });
  const sent = await deployment.take(scanQueueUrl);
  const messages = sent.map((message): SentMessage => ({ from: 'poller', ...message, redriven: false }));
  return { messages, checkpoints: { taken, held, released: await item() } };
}

/** What the processor sends back to the queue. It fails there, so that the DLQ has it in the end. */
async function recordSplits(place: Place): Promise<SentMessage[]> {
  const deployment = await Deployment.open(place);
  await deployment.send([{ body: foreignPack, attributes: {} }]);
  await deployment.processing(() => deployment.settled());
  const split = await deployment.take(deployment.resources.deadLetterQueueUrl);
  return split.map((message): SentMessage => ({ from: 'processor', ...message, redriven: false }));
}

/** What is on record of a message while it is worked on for the last time, when the process is killed then. */
async function recordInterruption(place: Place): Promise<Item> {
  const deployment = await Deployment.open(place);
  const { parcelsTable, failuresTable } = deployment.resources;
  const show = await deployment.sendForTheLastTime(packOne(JSON.stringify({ ...repaired, eventId: 601 })));
  let records: Item[] = [];
  await deployment.processing(async (processor) => {
    await processor.ready();
    // So that the work lasts.
    await deployment.deleteTable(parcelsTable);
    await show();
    await until('the work is on record', async () => {
      records = await deployment.scan(failuresTable, 'failureId');
      return records.length > 0;
    });
    processor.kill('SIGKILL');
  });
  const [record] = records;
  if (!record) throw new Error('Nothing is on record');
  return record;
}

const repaired = {
  eventId: 201,
  parcelId: 9,
  type: 'STATUS',
  createdDateTimeUtc: '2021-05-11T21:11:21Z',
  statusCode: '',
  runId: '',
};

const othersMessages: readonly SentMessage[] = [
  { body: 'not JSON at all', attributes: {}, redriven: false },
  { body: '{"version":1,"events":[]}', attributes: {}, redriven: false },
  { body: packOne(JSON.stringify({ ...repaired, eventId: 501, parcelId: 13 })), attributes: {}, redriven: false },
  {
    body: packOne(JSON.stringify(repaired)),
    attributes: { failureId: { DataType: 'String', StringValue: 'event-201' } },
    redriven: true,
  },
].map((message) => ({ from: 'another producer', ...message }));

if (import.meta.main) {
  const { words } = givenOrExit({
    command: 'test/upgrade/record.ts',
    says: 'Records what this release writes: every kind of message and of item, by its own processes on embedded engines. A test of each later release reads it.',
    word: { placeholder: 'VERSION', says: 'of this release, such as 1.2.3' },
    examples: [
      { line: 'npm exec --call "node test/upgrade/record.ts 1.2.3"', says: 'then commit test/upgrade/releases/1.2.3' },
    ],
    exitCode: '0 recorded, 1 it cannot be recorded, 2 wrong flags or no version.',
    docs: ['CONTRIBUTING.md#releases', 'docs/upgrades.md'],
  });
  const [version = ''] = words;
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    process.stderr.write('test/upgrade/record.ts: expected the version of this release, such as 1.2.3\n');
    process.exit(2);
  }
  const place = await openPlace({});
  try {
    await keepRelease(version, await recordRelease(place));
  } finally {
    await place.stop();
  }
}
