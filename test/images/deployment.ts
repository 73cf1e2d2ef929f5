import { readDeadLetters, readFailureRecords } from '@waybill/local/dead-letters.ts';
import { untilDrained } from '@waybill/local/drain.ts';
import type { EngineClients } from '@waybill/local/engine-clients.ts';
import { openClients } from '@waybill/local/engine-clients.ts';
import { startEngines } from '@waybill/local/engines.ts';
import { readSamples } from '@waybill/local/prometheus-text.ts';
import type { Resources } from '@waybill/local/provision.ts';
import { queueContent } from '@waybill/local/queue-depth.ts';
import { readStoredParcels } from '@waybill/local/stored-parcels.ts';
import { judge, type Truth, type Verdict } from '@waybill/local/verdict.ts';
import type { ImageProcess } from './image-process.ts';

/** Milliseconds that tell hanging from slow on a busy machine. */
const patienceMs = 90_000;

/** Engines for one test file: those that AWS_ENDPOINT_URL_* name, else embedded ones. */
export type Place = {
  readonly env: Readonly<Record<string, string>>;
  readonly clients: EngineClients;
  stop(): Promise<void>;
};

export async function openPlace(): Promise<Place> {
  const both = process.env['AWS_ENDPOINT_URL'];
  const sqs = process.env['AWS_ENDPOINT_URL_SQS'] || both;
  const dynamodb = process.env['AWS_ENDPOINT_URL_DYNAMODB'] || both;
  const embedded = sqs && dynamodb ? undefined : await startEngines();
  const env = {
    AWS_ENDPOINT_URL_SQS: embedded?.sqsEndpoint ?? sqs ?? '',
    AWS_ENDPOINT_URL_DYNAMODB: embedded?.dynamodbEndpoint ?? dynamodb ?? '',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const clients = openClients(env);
  return {
    env,
    clients,
    stop: async () => {
      clients.close();
      await embedded?.stop();
    },
  };
}

/** Waits until this poller has read to the end of the feed and the queue holds nothing. */
export async function drained(
  place: Place,
  resources: Resources,
  poller: ImageProcess,
  lastEventId: () => number,
): Promise<void> {
  await untilDrained({
    everyMs: 100,
    signal: AbortSignal.timeout(patienceMs),
    look: async () => {
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

/** What is stored, compared with what the feed held. */
export async function verdictOf(place: Place, resources: Resources, truth: Truth): Promise<Verdict> {
  const { sqs, dynamodb } = place.clients;
  return judge(truth, {
    parcels: await readStoredParcels(dynamodb, resources.parcelsTable),
    failures: await readFailureRecords(dynamodb, resources.failuresTable),
    deadLetters: await readDeadLetters(sqs, resources.deadLetterQueueUrl),
  });
}
