import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deployment } from '@waybill/operations/deployment.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { onTestFinished } from 'vitest';
import type { OnEngines } from '../../consumer/test/engines.ts';
import { measured, recordedLog } from '../../poller/test/observed.ts';
import { seeded } from '../../poller/test/poller-rig.ts';
import { type Scope, scopes } from '../src/access/caller.ts';
import { apiRoutes } from '../src/routes.ts';
import type { ApiDependencies, ApiSettings } from '../src/server/api-dependencies.ts';
import { openServer, type ServerDependencies } from '../src/server/open-server.ts';

/** A token for each scope, named as its scope is; `all` has every one. Each is one that `waybill token new` could have made. */
export const tokens = {
  read: tokenOf('read'),
  ingest: tokenOf('ingest'),
  operate: tokenOf('operate'),
  all: tokenOf('all'),
} as const satisfies Readonly<Record<Scope | 'all', string>>;

function tokenOf(name: string): string {
  return `waybill_${createHash('sha256').update(`the token of ${name}`).digest('base64url')}`;
}

export const apiSettings: ApiSettings = {
  tokens: Object.entries(tokens).map(([name, token]) => ({
    name,
    scopes: scopes.filter((scope) => name === 'all' || scope === name),
    sha256: createHash('sha256').update(token).digest('hex'),
  })),
  ingestSecrets: [],
  requestsPerSecond: 0,
  bodyMaxBytes: 4_194_304,
  maxQueueMessages: 50_000,
  messageMaxBytes: 61_440,
  leaseMs: 15_000,
};

/** The header by which this token lets a request in. */
export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** The tables and the queue of a test's own. */
export function deploymentOf(resources: Resources): Deployment {
  const more: Partial<Deployment> = resources;
  return {
    ...resources,
    batchesTable: more.batchesTable,
    notificationsTable: undefined,
    activityTable: more.activityTable,
    feed: 'scan-events',
  };
}

export type ApiRigOptions = {
  /** Real engines; without them every call to AWS fails at once. */
  readonly engines?: OnEngines;
  readonly settings?: Partial<ApiSettings>;
  /** Replaces what the routes work with, such as the queue by one in memory. */
  readonly deps?: Partial<ApiDependencies>;
  /** Routes of the test's own in place of the API's. */
  readonly routes?: (deps: ApiDependencies) => readonly FastifyPluginAsyncZod[];
  readonly limits?: ServerDependencies['limits'];
};

export type ApiRig = {
  readonly app: FastifyInstance;
  readonly stop: () => Promise<void>;
  readonly deps: ApiDependencies;
  /** All that was logged, as JSON.parse gives it. */
  readonly lines: readonly Record<string, unknown>[];
  /** Sums of counters, last values of gauges and histograms; with attributes as `name{value,…}`. */
  readonly value: (name: string) => number | undefined;
  /** Makes a request with the token `all` unless it has an `authorization` of its own. The body is sent as JSON. */
  readonly ask: (request: InjectOptions) => Promise<Answer>;
  /** Opens a free port of 127.0.0.1 and returns its URL. */
  readonly listen: () => Promise<string>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The body as JSON.parse gives it; undefined where it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: a test compares it with what it expects, whatever it is
  readonly body: any;
};

/** The API over these engines until the test is over. */
export async function openApi(options: ApiRigOptions = {}): Promise<ApiRig> {
  const { log, lines } = recordedLog();
  const { metrics, value } = measured();
  const deps: ApiDependencies = {
    ...clientsOf(options.engines),
    mapping: new Map(),
    clock: systemClock,
    random: seeded(1),
    log,
    metrics,
    settings: { ...apiSettings, ...options.settings },
    ...options.deps,
  };
  const { app, stop } = await openServer({
    ...deps,
    limits: options.limits ?? {},
    routes: (options.routes ?? apiRoutes)(deps),
  });
  onTestFinished(async () => {
    await stop();
    if (!options.engines) {
      deps.sqs.destroy();
      deps.dynamodb.destroy();
    }
  });
  return {
    app,
    stop,
    deps,
    lines,
    value,
    listen: () => app.listen({ host: '127.0.0.1', port: 0 }),
    ask: async (request) => {
      const headers = { ...bearer(tokens.all), ...request.headers };
      const { statusCode: status, headers: answered, body: text } = await app.inject({ ...request, headers });
      const isJson = /json/.test(String(answered['content-type']));
      return { status, headers: answered, text, body: isJson && text !== '' ? JSON.parse(text) : undefined };
    },
  };
}

/** Clients of these engines; without engines, such that every call fails at once. */
export function clientsOf(engines: OnEngines | undefined) {
  if (engines) {
    const deployment = deploymentOf(engines.resources);
    const { sqs, dynamodb } = engines;
    const documents = DynamoDBDocumentClient.from(dynamodb);
    const queue = sqsSender(sqs, deployment.scanQueueUrl);
    return { sqs, deadLettersSqs: sqs, dynamodb, documents, deployment, queue };
  }
  const nowhere = {
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const sqs = new SQSClient(nowhere);
  const dynamodb = new DynamoDBClient(nowhere);
  const scanQueueUrl = 'http://127.0.0.1:1/000000000000/waybill-scans';
  const deployment: Deployment = {
    scanQueueUrl,
    parcelsTable: 'waybill-parcels',
    checkpointsTable: 'waybill-checkpoints',
    failuresTable: 'waybill-failures',
    operationsTable: 'waybill-operations',
    batchesTable: 'waybill-batches',
    notificationsTable: undefined,
    activityTable: undefined,
    feed: 'scan-events',
  };
  const documents = DynamoDBDocumentClient.from(dynamodb);
  return { sqs, deadLettersSqs: sqs, dynamodb, documents, deployment, queue: sqsSender(sqs, scanQueueUrl) };
}
