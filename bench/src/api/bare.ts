import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import { noProxies } from '@waybill/shared/http/proxies.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { fastify } from 'fastify';
import type { BarePlan, BareReport } from './bare-plan.ts';
import { pushedElements } from './bodies.ts';

/**
 * What the API is measured by: a bare fastify route with the same GetItem, the same GetItem alone, and the packs of the same
 * events sent without HTTP. Clients as the API has them; no log, no checks, no metrics.
 */

const options = { requestTimeoutMs: 3_000, maxAttempts: 2, maxSockets: 128, proxies: noProxies, variables: {} };
const dynamodb = openDynamoDb(options);
const sqs = openSqs({ ...options, endpointIsQueueHost: false });
const TableName = process.env['PARCELS_TABLE'] ?? '';

const readParcel = async (parcelId: string) => {
  const Key = { parcelId: { N: parcelId } };
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Item;
};

const app = fastify();
app.get<{ Params: { parcelId: string } }>('/v1/parcels/:parcelId', ({ params }) => readParcel(params.parcelId));
await app.listen({ host: '127.0.0.1', port: Number(process.env['API_PORT']) });

process.on('message', (plan: BarePlan | string) => {
  if (typeof plan === 'string') return;
  run(plan).then(
    (report) => process.send?.({ report }),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});

async function run(plan: BarePlan): Promise<BareReport> {
  if (plan.bare === 'reads') {
    const until = performance.now() + plan.seconds * 1_000;
    return timed(plan.atOnce, (index) =>
      performance.now() < until ? readParcel(String(1 + (index % plan.parcels))) : undefined,
    );
  }
  const pushed = pushedElements().map((elements) =>
    elements.flatMap((json) => {
      const parsed = parse(JSON.parse(json));
      return 'event' in parsed ? [parsed.event] : [];
    }),
  );
  const queue = sqsSender(sqs, process.env['SCAN_QUEUE_URL'] ?? '');
  const deps = { queue, clock: systemClock, random: Math.random, concurrency: 10, onFailure: giveUp };
  const signal = new AbortController().signal;
  return timed(plan.atOnce, (index) => {
    if (index >= plan.bodies) return undefined;
    const bodies = pack(pushed[index % pushed.length] ?? [], plan.messageMaxBytes);
    return sendConfirmed(
      bodies.map((body) => ({ body })),
      deps,
      signal,
    );
  });
}

function giveUp(error: unknown): never {
  throw error;
}

/** Calls, some at once, until there is no further one. */
async function timed(atOnce: number, call: (index: number) => Promise<unknown> | undefined): Promise<BareReport> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  let next = 0;
  const worker = async () => {
    for (;;) {
      const calledAt = performance.now();
      const called = call(next++);
      if (!called) return;
      await called;
      latencies.push(performance.now() - calledAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { latencies, seconds: (performance.now() - startedAt) / 1_000 };
}
