import { randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { type Engines, startEngines } from '@waybill/local/engines/engines.ts';
import { freePort } from '@waybill/local/free-port.ts';
import { noProxies } from '@waybill/shared/http/proxies.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ProvisionerOptions } from './config.ts';
import { provision } from './provision.ts';
import { runProvisioner } from './run.ts';

let embedded: Engines | undefined;
let endpoints: { sqs: string; dynamodb: string };
const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

// The engines that the environment names, if it names both; else the embedded ones.
beforeAll(async () => {
  for (const [name, value] of Object.entries(keys)) vi.stubEnv(name, value);
  const { AWS_ENDPOINT_URL_SQS: sqs, AWS_ENDPOINT_URL_DYNAMODB: dynamodb } = process.env;
  if (!sqs || !dynamodb) embedded = await startEngines();
  endpoints = { sqs: embedded?.sqsEndpoint ?? sqs ?? '', dynamodb: embedded?.dynamodbEndpoint ?? dynamodb ?? '' };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await embedded?.stop();
});

const dependencies = (say: (line: string) => void, sayVariables = say) => ({
  ...{ say, sayVariables, env: {}, signal: new AbortController().signal },
  randomBytes: (count: number) => Buffer.alloc(count, 7),
});

const newPrefix = () => `p${randomUUID().slice(0, 8)}-`;

async function run(options: Partial<ProvisionerOptions>) {
  const said: string[] = [];
  const usual = {
    endpoints,
    region: 'us-east-1',
    prefix: '',
    fix: false,
    isExport: false,
    openIndex: true,
    proxies: noProxies,
    waitSeconds: 30,
  };
  const whole = { ...usual, ...options };
  const code = await runProvisioner(
    whole,
    dependencies((line) => said.push(line)),
  );
  return { code, said: said.join('\n') };
}

/** Of an engine on this machine only. */
const standIns = [
  ...['SCAN_API_URL', 'WEBHOOK_URL', 'WEBHOOK_SECRETS', 'WEBHOOK_ALLOWED_CIDRS'],
  ...['API_TOKENS', 'API_HOST', 'WAYBILL_URL', 'WAYBILL_TOKEN'],
];

describe('npm run provision', () => {
  test('says what it created, then that it exists, and which variables the processes need', async () => {
    const prefix = newPrefix();
    const first = await run({ prefix });
    const second = await run({ prefix });
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.said.match(/^created .*/gm)).toEqual([
      `created  queue  ${prefix}waybill-scans-dlq`,
      `created  queue  ${prefix}waybill-scans`,
      `created  queue  ${prefix}waybill-announcements-dlq`,
      `created  queue  ${prefix}waybill-announcements`,
      `created  table  ${prefix}waybill-parcels`,
      `created  table  ${prefix}waybill-checkpoints`,
      `created  table  ${prefix}waybill-failures`,
      `created  table  ${prefix}waybill-operations`,
      `created  table  ${prefix}waybill-batches`,
      `created  table  ${prefix}waybill-notifications`,
      `created  table  ${prefix}waybill-activity`,
    ]);
    expect(second.said).toBe(first.said.replaceAll(/^created /gm, 'exists  '));
    const exported = [...first.said.matchAll(/^ {2}export (\w+)=(.+)$/gm)].map(([, name]) => name);
    expect(exported).toEqual([
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_ENDPOINT_URL_SQS',
      'AWS_ENDPOINT_URL_DYNAMODB',
      'SCAN_QUEUE_URL',
      'CHECKPOINTS_TABLE',
      'PARCELS_TABLE',
      'FAILURES_TABLE',
      'OPERATIONS_TABLE',
      'BATCHES_TABLE',
      'NOTIFICATIONS_TABLE',
      'ACTIVITY_TABLE',
      'ANNOUNCEMENT_QUEUE_URLS',
      'NOTIFICATION_QUEUE_URL',
      ...standIns,
    ]);
    const wide = first.said.split('\n').filter((line) => line.length > 80 && !line.startsWith('  export '));
    expect(wide).toEqual([]);
  });

  test('ends with 1 when a setting differs, and corrects it with the flag for it', async () => {
    const prefix = newPrefix();
    const variables = { ...keys, AWS_ENDPOINT_URL_SQS: endpoints.sqs, AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb };
    const clients = openClients(variables);
    const { scanQueueUrl: QueueUrl } = await provision({ ...clients, prefix });
    await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '7' } }));
    clients.close();

    const found = await run({ prefix });
    expect(found.code).toBe(1);
    expect(found.said).toContain(
      [
        `DRIFT    queue  ${prefix}waybill-scans`,
        '         VisibilityTimeout',
        '           expected 30',
        '           found    7',
      ].join('\n'),
    );
    expect(found.said).toContain('1 setting differs from packages/shared/src/resources.ts');

    const fixed = await run({ prefix, fix: true });
    expect(fixed.code).toBe(0);
    expect((await run({ prefix })).said).not.toContain('DRIFT');
  });

  test('waits for an engine that is still starting', async ({ onTestFinished }) => {
    const port = await freePort();
    const { hostname, port: enginePort } = new URL(endpoints.dynamodb);
    const late = createServer((client) => {
      const engine = connect(Number(enginePort), hostname);
      for (const socket of [client, engine]) socket.on('error', () => undefined);
      client.pipe(engine).pipe(client);
    });
    onTestFinished(() => void late.close());
    const said: string[] = [];
    const say = (line: string) => {
      said.push(line);
      if (line.startsWith('waiting for DynamoDB')) late.listen(port, '127.0.0.1');
    };
    const options = {
      endpoints: { ...endpoints, dynamodb: `http://127.0.0.1:${port}` },
      region: 'us-east-1',
      prefix: newPrefix(),
      ...{ fix: false, isExport: false, openIndex: true, proxies: noProxies, waitSeconds: 30 },
    };
    expect(await runProvisioner(options, dependencies(say))).toBe(0);
    expect(said.join('\n')).toContain(`waiting for DynamoDB at http://127.0.0.1:${port}`);
  });

  test('says who does not answer when the wait is over', async () => {
    const sqs = `http://127.0.0.1:${await freePort()}`;
    const failed = run({ endpoints: { ...endpoints, sqs }, waitSeconds: 0 });
    await expect(failed).rejects.toThrow(`SQS at ${sqs} does not answer after`);
    await expect(failed).rejects.toThrow('ECONNREFUSED');
  });
});
