import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { describe, expect, type TestContext, test } from 'vitest';
import { expectGood, rigs } from './rig.ts';
import { until } from './until.ts';

const openRig = rigs();
const clean = { code: 0, signal: null };

/** Milliseconds that credentials are good: longer than the 5 s between two renewals. */
const lifeMs = 8_000;

/** A container's metadata that answers or leaves every request open, with credentials of a short life. */
async function metadataService({ onTestFinished }: Pick<TestContext, 'onTestFinished'>, goodForMs: number) {
  let isSilent = true;
  let requests = 0;
  const answer = (response: ServerResponse) => {
    const Expiration = new Date(Date.now() + goodForMs).toISOString();
    const credentials = { AccessKeyId: 'test', SecretAccessKey: 'test', Token: 'test', Expiration };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(credentials));
  };
  const server = createServer((_, response) => {
    requests += 1;
    if (!isSilent) answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/credentials`,
    },
    requests: () => requests,
    silence: () => {
      isSilent = true;
    },
    speak: () => {
      isSilent = false;
    },
  };
}

const isReady = async (service: ServiceProcess) => (await service.ask('/readyz')).status === 200;
const lacksCredentials = async (service: ServiceProcess) => {
  const { status, text } = await service.ask('/readyz');
  return status === 503 && text.includes('CREDENTIALS_UNAVAILABLE');
};
/** Lines on either output that are not the logger's. */
const strayLines = (service: ServiceProcess) => service.log().filter((line) => !line.startsWith('{"level":'));

describe.concurrent('a credentials request that is never answered', () => {
  test('at the start leaves both alive and says why; they go on by themselves when it is answered', async (context) => {
    const rig = await openRig(context, { events: 200 });
    const metadata = await metadataService(context, 3_600_000);
    const services = [rig.poller(metadata.env), rig.processor(metadata.env)] as const;
    await Promise.all(services.map((each) => until(`${each.name} says why`, () => lacksCredentials(each))));
    const asked = metadata.requests();
    await until('they ask again', () => metadata.requests() > asked + 1);
    for (const service of services) expect((await service.ask('/livez')).status).toBe(200);
    metadata.speak();
    await Promise.all(services.map((each) => until(`${each.name} is ready`, () => isReady(each))));
    await rig.drained(services[0]);
    expectGood(await rig.verdict());
    expect(services.flatMap(strayLines)).toEqual([]);
  });

  test('at the start does not keep a SIGTERM from ending both with 0 at once', async (context) => {
    const rig = await openRig(context);
    const metadata = await metadataService(context, 3_600_000);
    const env = { ...metadata.env, STOP_TIMEOUT_SECONDS: '11' };
    const services = [rig.poller(env), rig.processor(env)] as const;
    await Promise.all(services.map((each) => until(`${each.name} says why`, () => lacksCredentials(each))));
    expect(await Promise.all(services.map((each) => each.stop()))).toEqual([clean, clean]);
  });

  test('at a renewal stops nothing while the old ones are good, and then for no longer than it lasts', async (context) => {
    const rig = await openRig(context, { events: 1_000, api: { latencyMs: 20 } });
    const metadata = await metadataService(context, lifeMs);
    metadata.speak();
    const services = [rig.poller(metadata.env), rig.processor(metadata.env)] as const;
    await Promise.all(services.map((each) => until(`${each.name} is ready`, () => isReady(each))));
    metadata.silence();
    await Promise.all(services.map((each) => until(`${each.name} says why`, () => lacksCredentials(each))));
    for (const service of services) expect((await service.ask('/livez')).status).toBe(200);
    metadata.speak();
    await Promise.all(services.map((each) => until(`${each.name} is ready`, () => isReady(each))));
    await rig.drained(services[0]);
    expectGood(await rig.verdict());
  });

  test('at a renewal does not keep a SIGTERM from ending both with 0', async (context) => {
    const rig = await openRig(context);
    const metadata = await metadataService(context, lifeMs);
    metadata.speak();
    const services = [rig.poller(metadata.env), rig.processor(metadata.env)] as const;
    await Promise.all(services.map((each) => until(`${each.name} is ready`, () => isReady(each))));
    metadata.silence();
    await Promise.all(services.map((each) => until(`${each.name} says why`, () => lacksCredentials(each))));
    expect(await Promise.all(services.map((each) => each.stop()))).toEqual([clean, clean]);
  });
});
