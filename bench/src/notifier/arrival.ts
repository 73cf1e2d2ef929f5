import { setTimeout as delay } from 'node:timers/promises';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { storeParcels } from '../api/stored.ts';
import type { Engine } from '../pipelines/engine.ts';
import type { MeasuredProcess } from '../pipelines/measured-process.ts';
import { sendAll } from './announced.ts';
import { untilTold } from './backlog.ts';
import { startReceiverProcess } from './received.ts';
import { type Subject, untilReceiving } from './subjects.ts';

/** Milliseconds from the send of an announcement until the receiver has the whole notification. */
export type Arrival = { readonly p50Ms: number; readonly p99Ms: number; readonly mostMs: number };

export type ArrivalSettings = {
  readonly seconds: number;
  readonly perSecond: number;
  readonly responseMs: number;
};

/** Left out: connections open and code is compiled. */
const warmUpSeconds = 5;
/** Milliseconds between two sends: the time for which the processor gathers announcements. */
const sendEveryMs = 100;

/** How long a notifier takes that has caught up, at a steady rate of deliveries. */
export async function timeArrivals(
  engine: Engine,
  subject: Subject,
  { seconds, perSecond, responseMs }: ArrivalSettings,
): Promise<Arrival> {
  const parcels = (seconds + warmUpSeconds) * perSecond;
  const resources = await engine.provision();
  const { sqs, close } = openClients(engine.env);
  const receiver = await startReceiverProcess(responseMs);
  let process: MeasuredProcess | undefined;
  try {
    await storeParcels(engine.dynamodb, resources.parcelsTable, parcels, 'DELIVERY');
    process = await subject.start({ engine, resources, webhookUrl: receiver.url });
    await untilReceiving(process);
    const announcedAtMs: number[] = [];
    const sends: Promise<void>[] = [];
    const beginning = performance.now();
    while (announcedAtMs.length < parcels) {
      await process.orFailed(delay(sendEveryMs));
      const due = Math.min(parcels, Math.floor(((performance.now() - beginning) / 1_000) * perSecond));
      const first = announcedAtMs.length + 1;
      const ids = Array.from({ length: due - announcedAtMs.length }, (_, index) => first + index);
      const nowMs = performance.timeOrigin + performance.now();
      for (const _ of ids) announcedAtMs.push(nowMs);
      sends.push(sendAll(sqs, resources.announcementQueueUrl, subject.announce(ids)));
    }
    await Promise.all(sends);
    await untilTold(process, receiver, parcels);
    const arrivals = await receiver.arrivals();
    return figuresOf(
      arrivals.flatMap(([parcelId, atMs]) =>
        parcelId > warmUpSeconds * perSecond ? [atMs - (announcedAtMs[parcelId - 1] ?? Number.NaN)] : [],
      ),
    );
  } finally {
    await Promise.all([process?.stop(), receiver.stop()]);
    await engine.remove(resources);
    close();
  }
}

function figuresOf(tookMs: readonly number[]): Arrival {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) };
}
