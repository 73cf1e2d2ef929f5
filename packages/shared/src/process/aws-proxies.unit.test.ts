import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { startForwardProxy } from '../../test/forward-proxy.ts';
import { serveUntilTestEnds } from '../../test/local-service.ts';
import { serveTls, trustTestCa } from '../../test/tls-server.ts';
import { type Proxies, proxiesOf } from '../http/proxies.ts';
import { openDynamoDb, openSqs } from './aws-clients.ts';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const user = 'waybill:hunter2';

async function proxy() {
  const started = await startForwardProxy(user);
  onTestFinished(() => started.stop());
  return started;
}

const through = (port: number, noProxy = '') =>
  proxiesOf({ http: `http://${user}@127.0.0.1:${port}`, https: `http://${user}@127.0.0.1:${port}`, noProxy });

function clients(endpoint: string, proxies: Proxies) {
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  const options = { requestTimeoutMs: 3_000, maxSockets: 4, maxAttempts: 1, proxies };
  const sqs = openSqs({ ...options, endpointIsQueueHost: false });
  const dynamodb = openDynamoDb(options);
  onTestFinished(() => {
    sqs.destroy();
    dynamodb.destroy();
  });
  return { sqs, dynamodb };
}

const send = new SendMessageBatchCommand({
  QueueUrl: 'http://sqs.test/1/scans',
  Entries: [{ Id: '0', MessageBody: 'scan' }],
});
const get = new GetItemCommand({ TableName: 'parcels', Key: { parcelId: { N: '1' } } });

test('SQS and DynamoDB are reached by tunnels over https', async () => {
  trustTestCa();
  const { port, asked, users } = await proxy();
  const target = await serveTls(false, (_, response) => response.end('{}'));
  const { sqs, dynamodb } = clients(`https://sqs.test:${target}`, through(port));
  await Promise.all([sqs.send(send), dynamodb.send(get)]);
  expect(asked).toEqual([`CONNECT sqs.test:${target}`, `CONNECT sqs.test:${target}`]);
  expect(users).toHaveLength(2);
});

test('an engine over http is asked for in absolute form, signed for itself', async () => {
  const { port, asked } = await proxy();
  const hosts: unknown[] = [];
  const target = new URL(
    await serveUntilTestEnds((request, response) => {
      hosts.push([request.headers.host, request.headers['proxy-authorization']]);
      response.end('{}');
    }),
  ).port;
  const { dynamodb } = clients(`http://engine.test:${target}`, through(port));
  await dynamodb.send(get);
  expect(asked).toEqual([`POST http://engine.test:${target}/`]);
  expect(hosts).toEqual([[`engine.test:${target}`, undefined]]);
});

test('an engine of this machine, and what NO_PROXY names, are asked directly', async () => {
  const { port, asked } = await proxy();
  const url = await serveUntilTestEnds((_, response) => response.end('{}'));
  const { sqs } = clients(url, through(port));
  await sqs.send(send);
  const { dynamodb } = clients('https://dynamodb.invalid', through(port, '.invalid'));
  await expect(dynamodb.send(get)).rejects.toThrow('ENOTFOUND');
  expect(asked).toEqual([]);
});

test('a container’s credentials are fetched without it', async () => {
  const { port, asked } = await proxy();
  const credentials = { AccessKeyId: 'A', SecretAccessKey: 'S', Token: 'T', Expiration: '2099-01-01T00:00:00Z' };
  const url = await serveUntilTestEnds((_, response) => response.end(JSON.stringify(credentials)));
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`);
  const { port: target } = new URL(await serveUntilTestEnds((_, response) => response.end('{}')));
  const { dynamodb } = clients(`http://engine.test:${target}`, through(port));
  await dynamodb.send(get);
  expect(asked).toEqual([`POST http://engine.test:${target}/`]);
});

test('a pod’s credentials are fetched from STS through it', async () => {
  const { port, asked } = await proxy();
  const answer = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey>
    <SessionToken>T</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
    </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
  const { port: sts } = new URL(await serveUntilTestEnds((_, response) => response.end(answer)));
  const { port: engine } = new URL(await serveUntilTestEnds((_, response) => response.end('{}')));
  const file = join(await mkdtemp(join(tmpdir(), 'waybill-')), 'token');
  onTestFinished(() => rm(dirname(file), { recursive: true }));
  await writeFile(file, 'of the pod');
  for (const [name, value] of Object.entries({
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_ROLE_ARN: 'arn:aws:iam::000000000000:role/waybill',
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_STS: `http://sts.test:${sts}`,
  }))
    vi.stubEnv(name, value);
  const { dynamodb } = clients(`http://engine.test:${engine}`, through(port));
  await dynamodb.send(get);
  expect(asked).toEqual([`POST http://sts.test:${sts}/`, `POST http://engine.test:${engine}/`]);
});

test('of a proxy that refuses, the SDK tells nothing secret', async () => {
  const { port } = await proxy();
  const url = `http://waybill:wr0ng@127.0.0.1:${port}`;
  const { sqs } = clients('https://sqs.test', proxiesOf({ http: '', https: url, noProxy: '' }));
  const error: unknown = await sqs.send(send).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ERR_PROXY_TUNNEL', statusCode: 407 });
  expect(String(error)).not.toContain('wr0ng');
});
