import { setTimeout as delay } from 'node:timers/promises';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { storeParcels } from '../api/stored.ts';
import type { Engine } from '../pipelines/engine.ts';
import type { MeasuredProcess } from '../pipelines/measured-process.ts';
import { batchesOf, billedBeyondCalls, sendAll } from './announced.ts';
import { type Received, type RunningReceiver, startReceiverProcess } from './received.ts';
import type { Subject } from './subjects.ts';

/** What a notifier took to tell a backlog of deliveries. */
export type Backlog = {
  readonly perSecond: number;
  readonly cpuMicrosEach: number;
  readonly peakRssBytes: number;
  /** Calls to SQS for a notification, with the sends that announced it. */
  readonly sqsEach: number;
  /** Requests that SQS bills for a notification. */
  readonly sqsBilledEach: number;
  readonly received: Received;
};

export type BacklogSettings = {
  readonly notifications: number;
  /** Milliseconds that the receiver takes for each response. */
  readonly responseMs: number;
};

/** Share of the backlog before the measurement begins: connections are open, code is compiled. */
const warmUpShare = 0.2;
/** Milliseconds between two looks at what was received. */
const lookEveryMs = 10;
/** A notifier that tells nobody, or settles nothing, for so long is stuck. */
const stuckMs = 30_000;

/** Fills a queue, then starts the notifier on it; measures from a fifth of the backlog to its end. */
export async function tellBacklog(
  engine: Engine,
  subject: Subject,
  { notifications, responseMs }: BacklogSettings,
): Promise<Backlog> {
  const resources = await engine.provision();
  const { sqs, close } = openClients(engine.env);
  const receiver = await startReceiverProcess(responseMs);
  let process: MeasuredProcess | undefined;
  try {
    await storeParcels(engine.dynamodb, resources.parcelsTable, notifications, 'DELIVERY');
    const bodies = subject.announce(Array.from({ length: notifications }, (_, index) => index + 1));
    await sendAll(sqs, resources.announcementQueueUrl, bodies);
    process = await subject.start({ engine, resources, webhookUrl: receiver.url });
    const begun = await untilTold(process, receiver, notifications * warmUpShare);
    const ended = await untilTold(process, receiver, notifications);
    await untilSettled(sqs, resources.announcementQueueUrl);
    const { calls, peakRssBytes } = await process.usage();
    const told = ended.received.parcels - begun.received.parcels;
    const sqsCalls = Object.entries(calls).reduce(
      (sum, [action, count]) => (action.startsWith('AmazonSQS.') ? sum + count : sum),
      batchesOf(bodies).length,
    );
    const billed = sqsCalls + billedBeyondCalls(bodies, calls['AmazonSQS.ReceiveMessage'] ?? 0);
    return {
      perSecond: (told * 1_000) / (ended.atMs - begun.atMs),
      cpuMicrosEach: (ended.cpuMicros - begun.cpuMicros) / told,
      peakRssBytes,
      sqsEach: sqsCalls / notifications,
      sqsBilledEach: billed / notifications,
      received: await receiver.received(),
    };
  } finally {
    await Promise.all([process?.stop(), receiver.stop()]);
    await engine.remove(resources);
    close();
  }
}

/** Resolves once so many parcels were told, with what was used until then. */
export async function untilTold(process: MeasuredProcess, receiver: RunningReceiver, parcels: number) {
  let seen = { parcels: -1, atMs: performance.now() };
  for (;;) {
    const received = await process.orFailed(receiver.received());
    const atMs = performance.now();
    if (received.parcels >= parcels) {
      const { cpuMicros } = await process.usage();
      return { atMs, received, cpuMicros };
    }
    if (received.parcels > seen.parcels) seen = { parcels: received.parcels, atMs };
    if (atMs - seen.atMs > stuckMs)
      throw new Error(`The ${process.name} is stuck at ${received.parcels} of ${parcels}:\n${process.output}`);
    await delay(lookEveryMs);
  }
}

/** Resolves when no message is visible or in flight: what was told is settled. */
export async function untilSettled(sqs: SQSClient, QueueUrl: string): Promise<void> {
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  let seen = { left: Number.POSITIVE_INFINITY, atMs: performance.now() };
  for (;;) {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
    );
    const left = AttributeNames.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
    if (left === 0) return;
    if (left < seen.left) seen = { left, atMs: performance.now() };
    if (performance.now() - seen.atMs > stuckMs) throw new Error(`${left} messages are not settled`);
    await delay(100);
  }
}
