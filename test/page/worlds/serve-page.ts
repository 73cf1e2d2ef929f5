import type { AddressInfo } from 'node:net';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { type Clock, systemClock } from '@waybill/shared/clock.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { apiRoutes } from '../../../packages/api/src/routes.ts';
import type { ApiDependencies } from '../../../packages/api/src/server/api-dependencies.ts';
import { type ApiServer, openServer } from '../../../packages/api/src/server/open-server.ts';
import { apiSettings } from '../../../packages/api/test/api-rig.ts';
import type { OnEngines } from '../../../packages/consumer/test/engines.ts';
import { measured, recordedLog } from '../../../packages/poller/test/observed.ts';
import { seeded } from '../../../packages/poller/test/poller-rig.ts';
import { feed, lease } from './checkpoint.ts';
import { momentMs } from './moment.ts';
import type { WorldName } from './world.ts';

/** An API over a world. */
export type ServedPage = {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends the API; the port stays free for {@link start}. */
  readonly stop: () => Promise<void>;
  /** Starts it again on the same port. */
  readonly start: () => Promise<void>;
  /** All that it logged, as JSON.parse gives it. */
  readonly lines: readonly Record<string, unknown>[];
};

/** In the stale world a short one: for half of it a silent poller is watched before the page says so. */
const leaseMsOf = (world: WorldName) => (world === 'stale' ? 1_000 : apiSettings.leaseMs);

/** The API of a world, at the world's moment, on a free port of 127.0.0.1. */
export async function servePage(world: WorldName, engines: OnEngines): Promise<ServedPage> {
  const { log, lines } = recordedLog();
  const { dynamodb, resources } = engines;
  const sqs = world === 'stale' ? sqsAway() : engines.sqs;
  const clock: Clock = { ...systemClock, now: () => momentMs };
  const deps: ApiDependencies = {
    ...{ sqs, deadLettersSqs: sqs, dynamodb, documents: DynamoDBDocumentClient.from(dynamodb) },
    deployment: { ...resources, feed },
    queue: sqsSender(sqs, resources.scanQueueUrl),
    ...{ mapping: new Map(), clock, random: seeded(1), log, metrics: measured().metrics },
    settings: { ...apiSettings, leaseMs: leaseMsOf(world) },
  };
  const open = async (port: number): Promise<ApiServer> => {
    const server = await openServer({ ...deps, routes: apiRoutes(deps) });
    await server.app.listen({ host: '127.0.0.1', port });
    return server;
  };
  const renewals = world === 'burning' ? renewLease(engines) : undefined;
  let server: ApiServer | undefined = await open(0);
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = server.app.server.address() as AddressInfo;
  const end = async () => {
    await server?.stop();
    server = undefined;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    start: async () => {
      server ??= await open(port);
    },
    stop: async () => {
      renewals?.();
      await end();
      if (world === 'stale') sqs.destroy();
    },
  };
}

/** SQS where nobody listens. */
function sqsAway(): SQSClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new SQSClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:9', credentials, maxAttempts: 1 });
}

/** Often enough for a look of two seconds to see it. */
const renewEveryMs = 250;

/**
 * Has the poller of a world that falls behind renew its lease: what it wrote last is too old to show that it lives. Returns
 * what ends it.
 */
function renewLease({ dynamodb, resources }: OnEngines): () => void {
  const checkpoints = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed });
  const ending = new AbortController();
  const renew = async () => {
    while (!ending.signal.aborted) {
      await checkpoints.renew(lease, undefined);
      await systemClock.sleep(renewEveryMs, ending.signal);
    }
  };
  // The engines are stopped after it: a renewal in flight may fail then.
  renew().catch(() => undefined);
  return () => ending.abort();
}
