import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { planRedrive } from '../src/redrive/plan-redrive.ts';
import { runRedrive } from '../src/redrive/run-redrive.ts';
import { failureLogOf, newPair, type Pair, put, redriveDeps, scan, uncancelled } from './dead-letter-rig.ts';

/**
 * Times a selective redrive of a tenth of the dead letters on these engines: `node packages/operations/test/redrive-speed.ts
 * http://127.0.0.1:9324 http://127.0.0.1:8000 10000`. Prints seconds, and the highest memory in MB.
 */
const [, , sqsEndpoint, dynamodbEndpoint, countText = '10000', filled] = process.argv;
if (!sqsEndpoint || !dynamodbEndpoint) throw new Error('Usage: redrive-speed.ts SQS_URL DYNAMODB_URL [COUNT]');
const count = Number(countText);
const settings = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const sqs = new SQSClient({ ...settings, endpoint: sqsEndpoint, useQueueUrlAsEndpoint: false });
const dynamodb = new DynamoDBClient({ ...settings, endpoint: dynamodbEndpoint });
const place = filled === undefined ? await newPlace() : JSON.parse(filled);
const { resources, pair }: { readonly resources: Resources; readonly pair: Pair } = place;

async function newPlace() {
  return { resources: await provision({ sqs, dynamodb, prefix: `speed-${Date.now()}-` }), pair: await newPair(sqs) };
}

if (filled === undefined) {
  await fill();
  // In a process of its own, whose memory is that of the redrive alone.
  spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), sqsEndpoint, dynamodbEndpoint, countText, JSON.stringify(place)],
    { stdio: 'inherit' },
  );
} else await measure();
sqs.destroy();
dynamodb.destroy();

async function fill(): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const log = failureLogOf({ sqs, dynamodb, resources });
  for (let start = 0; start < count; start += 500) {
    const some = ids.slice(start, start + 500);
    await put(
      sqs,
      pair.url,
      some.map((id) => ({ body: scan(id) })),
    );
    await Promise.all(
      some.map((id) =>
        log.record({
          ...{ failureId: `event-${id}`, detail: 'a detail', body: scan(id), parcelId: id },
          reason: id % 10 === 0 ? 'STORE_REJECTED' : 'INVALID_EVENT',
        }),
      ),
    );
  }
}

async function measure(): Promise<void> {
  let mostBytes = 0;
  const watching = setInterval(() => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  }, 50);
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const begun = systemClock.monotonic();
    const done = await work();
    const seconds = ((systemClock.monotonic() - begun) / 1_000).toFixed(1);
    process.stdout.write(`${what}: ${seconds} s, at most ${Math.round(mostBytes / 2 ** 20)} MB\n`);
    return done;
  };

  const deps = redriveDeps({ sqs, dynamodb, resources }, { visibilitySeconds: 300, waitSeconds: 2 });
  const selection = { reason: 'STORE_REJECTED', failureIds: [] };
  const planned = await timed('plan', () => planRedrive(deps, pair.sourceUrl, selection, {}, uncancelled.signal));
  const result = await timed('run', () => runRedrive(deps, planned, { isMoreThanPlannedFine: false }, uncancelled));
  process.stdout.write(`${JSON.stringify({ planned: planned.plan.count, ...result })}\n`);
  clearInterval(watching);
}
