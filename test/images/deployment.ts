import type { Place } from '@waybill/local/engines/place.ts';
import { readDeadLetters, readFailureRecords } from '@waybill/local/outcome/dead-letters.ts';
import { readStoredParcels } from '@waybill/local/outcome/stored-parcels.ts';
import { judge, type Truth, type Verdict } from '@waybill/local/outcome/verdict.ts';
import { untilDrained } from '@waybill/local/pipeline/drain.ts';
import { readSamples } from '@waybill/local/pipeline/prometheus-text.ts';
import { queueContent } from '@waybill/local/pipeline/queue-content.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import type { ImageProcess } from './image-process.ts';

/** Milliseconds after which a run hangs, even on a busy machine. */
const patienceMs = 90_000;

/** Waits until this poller has read to the end of the feed and the queue is empty. */
export async function drained(
  place: Place,
  resources: Resources,
  poller: ImageProcess,
  lastEventId: () => number,
): Promise<void> {
  await untilDrained({
    everyMs: 100,
    signal: AbortSignal.timeout(patienceMs),
    snapshot: async () => {
      const samples = readSamples((await poller.ask('/metrics')).text);
      const position = samples.sum('waybill_feed_position');
      return {
        position,
        pages: samples.sum('waybill_feed_pages_total'),
        queue: await queueContent(place.clients.sqs, resources.scanQueueUrl),
        isAtEnd: position >= lastEventId(),
      };
    },
  });
}

/** Compares what is stored with what the feed held. */
export async function verdictOf(place: Place, resources: Resources, truth: Truth): Promise<Verdict> {
  const { sqs, dynamodb } = place.clients;
  return judge(truth, {
    parcels: await readStoredParcels(dynamodb, resources.parcelsTable),
    failures: await readFailureRecords(dynamodb, resources.failuresTable),
    deadLetters: await readDeadLetters(sqs, resources.deadLetterQueueUrl),
  });
}
