import { median } from '../figures/median.ts';
import { atLeast, atMost, type PartResult, type PartTools } from '../parts/part.ts';
import { type Fired, fire, ofLatencies } from './fire.ts';
import { type ApiBenchOptions, apiFlags } from './options.ts';
import { type MeasuredServer, startApi, startBare } from './servers.ts';
import { storeParcels } from './stored.ts';

/** Parcels that are asked for, one after the other. */
const parcels = 1_000;
/** Requests to each server before anything is measured, however long they take: V8 compiles what has run often enough. */
const warmUpRequests = 6_000;

/** A measurement of one round. */
type Measured = Pick<Fired, 'perSecond' | 'p50Ms' | 'p99Ms'> & {
  readonly cpuMicrosEach: number;
  readonly callsEach: number;
  readonly failed: number;
};

/** `GET /v1/parcels/{parcelId}` beside a bare fastify route with the same GetItem, and beside the GetItem alone. */
export async function measureReads({ engine, options, say }: PartTools<ApiBenchOptions>): Promise<PartResult> {
  const { rounds, seconds, connections } = options;
  const resources = await engine.provision();
  await storeParcels(engine.dynamodb, resources.parcelsTable, parcels);
  const bare = await startBare(engine, resources);
  const api = await startApi(engine, resources, { API_REQUESTS_PER_SECOND: '0' }, apiFlags(options));
  const alone = async (): Promise<Measured> => {
    const report = () => bare.run({ bare: 'reads', seconds, atOnce: connections, parcels });
    return await measured(bare, async () => {
      const { latencies, seconds: took } = await report();
      return { ...ofLatencies(latencies, took), byStatus: { 200: latencies.length }, errors: 0 };
    });
  };
  const over = (server: MeasuredServer) =>
    measured(server, () => fire({ ...requestsTo(server), connections, duration: seconds }));
  const results: Record<'api' | 'route' | 'getItem', Measured[]> = { api: [], route: [], getItem: [] };
  try {
    for (const server of [bare, api]) await fire({ ...requestsTo(server), connections, amount: warmUpRequests });
    for (let round = 1; round <= rounds; round++) {
      const one = { getItem: await alone(), route: await over(bare), api: await over(api) };
      results.getItem.push(one.getItem);
      results.route.push(one.route);
      results.api.push(one.api);
      say(`reads, round ${round}: ${Math.round(one.api.perSecond)}/s, bare ${Math.round(one.route.perSecond)}/s`);
    }
  } finally {
    await Promise.all([api.process.stop(options.profile ? 'SIGTERM' : 'SIGKILL'), bare.process.stop()]);
    await engine.remove(resources);
  }
  return resultOf(results, connections);
}

function resultOf(results: Record<'api' | 'route' | 'getItem', Measured[]>, connections: number): PartResult {
  const { api, route, getItem } = results;
  const row = (name: string, figure: (one: Measured) => number) => ({
    name,
    values: [api, route, getItem].map((all) => median(all.map(figure))),
  });
  const ratio = (figure: (one: Measured) => number, to: readonly Measured[]) =>
    median(api.map((one, round) => figure(one) / figure(to[round] ?? one)));
  return {
    title: `GET a parcel, ${connections} at a time`,
    columns: ['API', 'bare route', 'GetItem alone'],
    rows: [
      row('a second', ({ perSecond }) => perSecond),
      row('p50, ms', ({ p50Ms }) => p50Ms),
      row('p99, ms', ({ p99Ms }) => p99Ms),
      row('CPU µs each', ({ cpuMicrosEach }) => cpuMicrosEach),
      row('DynamoDB requests each', ({ callsEach }) => callsEach),
    ],
    bars: [
      atLeast(
        "share of the bare route's rate",
        ratio(({ perSecond }) => perSecond, route),
        0.7,
      ),
      atMost(
        "p99, times the engine's",
        ratio(({ p99Ms }) => p99Ms, getItem),
        2,
      ),
      atMost(
        'requests that failed',
        api.reduce((sum, { failed }) => sum + failed, 0),
        0,
      ),
    ],
  };
}

function requestsTo({ url, headers }: MeasuredServer) {
  const requests = Array.from({ length: parcels }, (_, index) => ({ path: `/v1/parcels/${index + 1}` }));
  return { url, headers: { ...headers }, requests };
}

async function measured(server: MeasuredServer, work: () => Promise<Fired>): Promise<Measured> {
  const before = await server.process.usage();
  const { perSecond, p50Ms, p99Ms, answers, byStatus, errors } = await work();
  const after = await server.process.usage();
  const calls = (usage: typeof after) => Object.values(usage.calls).reduce((sum, count) => sum + count, 0);
  return {
    ...{ perSecond, p50Ms, p99Ms },
    cpuMicrosEach: (after.cpuMicros - before.cpuMicros) / answers,
    callsEach: (calls(after) - calls(before)) / answers,
    failed: answers - (byStatus[200] ?? 0) + errors,
  };
}
