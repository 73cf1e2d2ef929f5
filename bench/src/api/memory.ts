import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { median } from '../figures/median.ts';
import { atMost, type PartResult, type PartTools } from '../parts/part.ts';
import { bodyOf, pushedElements } from './bodies.ts';
import { fire } from './fire.ts';
import { type ApiBenchOptions, apiFlags } from './options.ts';
import { startApi } from './servers.ts';
import { storeParcels } from './stored.ts';

/** A load that two cores carry besides engine and client. */
const readsPerSecond = 200;
const pushesPerSecond = 4;
const parcels = 1_000;
const sampleEveryMs = 1_000;
/** So that the engine's memory stays small. */
const purgeEveryMs = 15_000;
/** Of the run: until code is compiled and caches are full. */
const warmUpShare = 0.2;
/** MiB by which the least heap of the last third may exceed that of the first, and how many times RSS may have grown. */
const most = { heapMiB: 6, rssTimes: 1.1 };
const mebibyte = 2 ** 20;

type Sample = { readonly heapMiB: number; readonly rssMiB: number };

/** Whether memory stays flat under reads and pushes. Of the heap the least counts: what is left after a collection. */
export async function measureMemory({ engine, options, say }: PartTools<ApiBenchOptions>): Promise<PartResult> {
  const { minutes } = options;
  const resources = await engine.provision();
  await storeParcels(engine.dynamodb, resources.parcelsTable, parcels);
  const { sqs, close } = openClients(engine.env);
  const unlimited = { API_REQUESTS_PER_SECOND: '0', MAX_QUEUE_MESSAGES: '0' };
  const api = await startApi(engine, resources, unlimited, apiFlags(options));
  const samples: Sample[] = [];
  const sampling = setInterval(() => {
    void api.process.usage().then(({ heapUsedBytes, rssBytes }) => {
      samples.push({ heapMiB: heapUsedBytes / mebibyte, rssMiB: rssBytes / mebibyte });
    }, ignore);
  }, sampleEveryMs);
  const purging = setInterval(() => {
    void sqs.send(new PurgeQueueCommand({ QueueUrl: resources.scanQueueUrl })).catch(ignore);
  }, purgeEveryMs);
  const duration = minutes * 60;
  try {
    const [reads, pushes] = await Promise.all([
      fire({
        url: api.url,
        headers: { ...api.headers },
        requests: Array.from({ length: parcels }, (_, index) => ({ path: `/v1/parcels/${index + 1}` })),
        connections: 10,
        overallRate: readsPerSecond,
        duration,
      }),
      fire({
        url: `${api.url}/v1/scan-events`,
        method: 'POST',
        headers: { ...api.headers, 'content-type': 'application/json' },
        requests: pushedElements().map((elements) => ({ body: bodyOf(elements) })),
        connections: 2,
        overallRate: pushesPerSecond,
        duration,
      }),
    ]);
    say(`memory: ${reads.answers} reads, ${pushes.answers} pushes in ${minutes} min`);
    const notDone = reads.answers - (reads.byStatus[200] ?? 0) + pushes.answers - (pushes.byStatus[202] ?? 0);
    return resultOf(samples, minutes, notDone + reads.errors + pushes.errors);
  } finally {
    clearInterval(sampling);
    clearInterval(purging);
    await api.process.stop(options.profile ? 'SIGTERM' : 'SIGKILL');
    await engine.remove(resources);
    close();
  }
}

// A purge or sample that fails is not what is measured; a process that has ended rejects elsewhere.
function ignore(): void {}

function resultOf(samples: readonly Sample[], minutes: number, failed: number): PartResult {
  const warm = samples.slice(Math.floor(samples.length * warmUpShare));
  const third = Math.floor(warm.length / 3);
  const [first, last] = [warm.slice(0, third), warm.slice(-third)];
  const least = (some: readonly Sample[]) => Math.min(...some.map(({ heapMiB }) => heapMiB));
  const usual = (some: readonly Sample[]) => median(some.map(({ rssMiB }) => rssMiB));
  const values = (of: (some: readonly Sample[]) => number) => [of(first), of(last), of(last) - of(first)];
  return {
    title: `Memory, ${minutes} min under load`,
    columns: ['first third', 'last third', 'growth'],
    rows: [
      { name: 'heap after collections, MiB', values: values(least) },
      { name: 'RSS, MiB', values: values(usual) },
    ],
    bars: [
      atMost('growth of the heap', least(last) - least(first), most.heapMiB, ' MiB'),
      atMost('growth of RSS', usual(last) / usual(first), most.rssTimes, ' times'),
      atMost('requests that failed', failed, 0),
    ],
  };
}
