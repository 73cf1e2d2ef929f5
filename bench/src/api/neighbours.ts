import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type PartResult, type PartTools } from '../parts/part.ts';
import { startBadClients } from './bad-clients.ts';
import { ofLatencies } from './fire.ts';
import { type ApiBenchOptions, apiFlags } from './options.ts';
import { type MeasuredServer, startApi } from './servers.ts';
import { storeParcels } from './stored.ts';

/** Milliseconds between two requests of the client whose latency is measured. */
const probeEveryMs = 10;
/** How much slower a neighbour may make it: times, and milliseconds that a busy machine adds to any p99. */
const most = { times: 3, ms: 15 };
const slowClients = 50;
const idleConnections = 1_000;
const largeClients = 4;
const largeBytes = 10 * 2 ** 20;

/** A client that reads a parcel now and then, alone and beside clients that behave badly. */
export async function measureNeighbours({ engine, options, say }: PartTools<ApiBenchOptions>): Promise<PartResult> {
  const resources = await engine.provision();
  await storeParcels(engine.dynamodb, resources.parcelsTable, 1);
  const api = await startApi(engine, resources, { API_REQUESTS_PER_SECOND: '0' }, apiFlags(options));
  const { port, headers } = api;
  const target = { port, headers };
  const large = { kind: 'large-bodies', target, count: largeClients, bytes: largeBytes } as const;
  const nobody = async () => async () => undefined;
  const neighbours: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
    alone: nobody,
    [`${slowClients} bodies, byte by byte`]: () => startBadClients({ kind: 'slow-bodies', target, count: slowClients }),
    [`${slowClients} headers that never end`]: () =>
      startBadClients({ kind: 'endless-headers', target, count: slowClients }),
    [`${idleConnections} idle connections`]: () => startBadClients({ kind: 'idle', target, count: idleConnections }),
    '10 MB bodies, length announced': () => startBadClients({ ...large, isAnnounced: true }),
    '10 MB bodies, in chunks': () => startBadClients({ ...large, isAnnounced: false }),
    'alone again': nobody,
  };
  const rows: { readonly name: string; readonly values: number[]; readonly failed: number }[] = [];
  try {
    await probe(api, options.seconds);
    for (const [name, start] of Object.entries(neighbours)) {
      const stop = await start();
      const { p50Ms, p99Ms, answers, failed } = await probe(api, options.seconds);
      await stop();
      say(`neighbours, ${name}: p99 ${p99Ms.toFixed(1)} ms`);
      rows.push({ name, values: [p50Ms, p99Ms, answers], failed });
    }
  } finally {
    await api.process.stop(options.profile ? 'SIGTERM' : 'SIGKILL');
    await engine.remove(resources);
  }
  // Whatever else the machine does, it does to the client alone, too.
  const alone = Math.max(...rows.flatMap(({ name, values }) => (name.startsWith('alone') ? [values[1] ?? 0] : [])));
  const worst = Math.max(...rows.map(({ values }) => values[1] ?? 0));
  return {
    title: 'A client that reads beside',
    columns: ['p50, ms', 'p99, ms', 'answers'],
    rows,
    bars: [
      atMost('p99 beside the worst neighbour', worst, Math.max(most.times * alone, alone + most.ms), ' ms'),
      atMost(
        'requests that failed',
        rows.reduce((sum, { failed }) => sum + failed, 0),
        0,
      ),
    ],
  };
}

async function probe({ url, headers }: MeasuredServer, seconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies: number[] = [];
  let failed = 0;
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const from = performance.now();
    const status = await statusOf(`${url}/v1/parcels/1`, headers, agent);
    if (status !== 200) failed += 1;
    latencies.push(performance.now() - from);
    await delay(probeEveryMs);
  }
  agent.destroy();
  return { ...ofLatencies(latencies, seconds), failed };
}

function statusOf(url: string, headers: Readonly<Record<string, string>>, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve) => {
    get(url, { headers, agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', () => resolve(undefined));
  });
}
