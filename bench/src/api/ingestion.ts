import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { apiVariables } from '@waybill/api/config.ts';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { median } from '../figures/median.ts';
import { atLeast, atMost, type PartResult, type PartTools } from '../parts/part.ts';
import { bodyOf, eventsEach, pushedElements } from './bodies.ts';
import { fire, ofLatencies } from './fire.ts';
import { type ApiBenchOptions, apiFlags } from './options.ts';
import { type MeasuredServer, startApi, startBare } from './servers.ts';

/** Target size of a pack, bytes: the default, for both. */
const messageMaxBytes = apiVariables.MESSAGE_MAX_BYTES.parse(undefined);
/** Bodies before anything is measured, for each. */
const warmUpBodies = 30;

type Measured = {
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicrosPerEvent: number;
  readonly sendsPerBody: number;
  readonly dynamodbPerBody: number;
  readonly failed: number;
};

/** Bodies of 1,000 events pushed to the API, beside the same packs sent without it. */
export async function measureIngestion({ engine, options, say }: PartTools<ApiBenchOptions>): Promise<PartResult> {
  const { rounds, connections, bodies } = options;
  const resources = await engine.provision();
  const { sqs, close } = openClients(engine.env);
  const bare = await startBare(engine, resources);
  const unlimited = { API_REQUESTS_PER_SECOND: '0', MAX_QUEUE_MESSAGES: '0' };
  const api = await startApi(engine, resources, unlimited, apiFlags(options));
  const requests = pushedElements().map((elements) => ({ body: bodyOf(elements) }));
  const headers = { ...api.headers, 'content-type': 'application/json' };
  const push = (amount: number) =>
    measured(api, () =>
      fire({ url: `${api.url}/v1/scan-events`, method: 'POST', headers, requests, connections, amount }),
    );
  const send = (amount: number) =>
    measured(bare, async () => {
      const plan = { bare: 'sends', bodies: amount, atOnce: connections, messageMaxBytes } as const;
      const { latencies, seconds } = await bare.run(plan);
      return { ...ofLatencies(latencies, seconds), byStatus: { 202: latencies.length }, errors: 0 };
    });
  const results: { readonly pushed: Measured; readonly sent: Measured }[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      const amount = round === 0 ? warmUpBodies : bodies;
      const one = { sent: await send(amount), pushed: await push(amount) };
      await sqs.send(new PurgeQueueCommand({ QueueUrl: resources.scanQueueUrl }));
      if (round === 0) continue;
      results.push(one);
      const [ours, theirs] = [one.pushed, one.sent].map(({ eventsPerSecond }) => Math.round(eventsPerSecond));
      say(`ingestion, round ${round}: ${ours} events/s, bare ${theirs} events/s`);
    }
  } finally {
    await Promise.all([api.process.stop(options.profile ? 'SIGTERM' : 'SIGKILL'), bare.process.stop()]);
    await engine.remove(resources);
    close();
  }
  return resultOf(results, connections);
}

function resultOf(
  results: readonly { readonly pushed: Measured; readonly sent: Measured }[],
  connections: number,
): PartResult {
  const row = (name: string, figure: (one: Measured) => number) => ({
    name,
    values: [median(results.map(({ pushed }) => figure(pushed))), median(results.map(({ sent }) => figure(sent)))],
  });
  const share = median(results.map(({ pushed, sent }) => pushed.eventsPerSecond / sent.eventsPerSecond));
  return {
    title: `1,000 events a body, ${connections} at a time`,
    columns: ['API', 'bare sends'],
    rows: [
      row('events a second', ({ eventsPerSecond }) => eventsPerSecond),
      row('p50 of a body, ms', ({ p50Ms }) => p50Ms),
      row('p99 of a body, ms', ({ p99Ms }) => p99Ms),
      row('CPU µs per event', ({ cpuMicrosPerEvent }) => cpuMicrosPerEvent),
      row('SQS sends per body', ({ sendsPerBody }) => sendsPerBody),
      row('DynamoDB requests per body', ({ dynamodbPerBody }) => dynamodbPerBody),
    ],
    bars: [
      atLeast("share of the bare sends' events/s", share, 0.5),
      atMost(
        'bodies that were not accepted',
        results.reduce((sum, { pushed }) => sum + pushed.failed, 0),
        0,
      ),
    ],
  };
}

async function measured(server: MeasuredServer, work: () => ReturnType<typeof fire>): Promise<Measured> {
  const before = await server.process.usage();
  const { answers, seconds, p50Ms, p99Ms, byStatus, errors } = await work();
  const after = await server.process.usage();
  const calls = (service: string) =>
    Object.entries(after.calls).reduce(
      (sum, [action, count]) => (action.startsWith(service) ? sum + count - (before.calls[action] ?? 0) : sum),
      0,
    );
  const events = answers * eventsEach;
  return {
    eventsPerSecond: events / seconds,
    ...{ p50Ms, p99Ms },
    cpuMicrosPerEvent: (after.cpuMicros - before.cpuMicros) / events,
    sendsPerBody: calls('AmazonSQS.SendMessageBatch') / answers,
    dynamodbPerBody: calls('DynamoDB_') / answers,
    failed: answers - (byStatus[202] ?? 0) + errors,
  };
}
