/**
 * The API on embedded engines with some data, and schemathesis against it:
 *
 *     node test/openapi/contract.ts <path of schemathesis> [its options]
 *
 * Exits as schemathesis does: 0 when it finds nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { provision } from '@waybill/provisioner/provision.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { apiRoutes } from '../../packages/api/src/routes.ts';
import type { ApiDependencies } from '../../packages/api/src/server/api-dependencies.ts';
import { openServer } from '../../packages/api/src/server/open-server.ts';
import { apiSettings, bearer, clientsOf, tokens } from '../../packages/api/test/api-rig.ts';
import { startEngines } from '../../packages/local/src/engines/engines.ts';
import { measured, recordedLog } from '../../packages/poller/test/observed.ts';
import { fill } from './deployment.ts';

const [schemathesis, ...options] = process.argv.slice(2);
if (schemathesis === undefined) throw new Error('say where schemathesis is');

const engines = await startEngines();
// What is tried here is what the API says, not whether an engine on a busy machine responds at each first try.
const settings = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 8 };
const sqs = new SQSClient({ ...settings, endpoint: engines.sqsEndpoint, useQueueUrlAsEndpoint: false });
const dynamodb = new DynamoDBClient({ ...settings, endpoint: engines.dynamodbEndpoint });
const resources = await provision({ sqs, dynamodb, prefix: 'contract-', openIndex: true });
const onEngines = { sqs, dynamodb, resources };
await fill(onEngines);

const { log, lines } = recordedLog();
const deps: ApiDependencies = {
  ...clientsOf(onEngines),
  mapping: new Map(),
  clock: systemClock,
  random: Math.random,
  log,
  metrics: measured().metrics,
  settings: apiSettings,
};
const { app, stop } = await openServer({ ...deps, routes: apiRoutes(deps) });
const url = await app.listen({ host: '127.0.0.1', port: 0 });

// It keeps what it found where it runs.
const cwd = await mkdtemp(join(tmpdir(), 'waybill-contract-'));
const child = spawn(
  schemathesis,
  [
    ...['--config-file', `${import.meta.dirname}/schemathesis.toml`],
    ...['run', `${url}/openapi.json`, '--header', `Authorization: ${bearer(tokens.all).authorization}`],
    ...options,
  ],
  { stdio: 'inherit', cwd },
);
const [code] = await once(child, 'exit');
// Last, because of a long log often only the end is kept. A 503 says nothing of what the engine answered: this does.
for (const { level, msg, ...more } of lines)
  if (level === 'warn' || level === 'error' || level === 'fatal')
    console.log(`the API logged: ${msg}`, JSON.stringify(more));
await rm(cwd, { recursive: true });
await stop();
sqs.destroy();
dynamodb.destroy();
await engines.stop();
process.exitCode = typeof code === 'number' ? code : 1;
