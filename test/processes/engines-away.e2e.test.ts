import type { ApiAccess } from '@waybill/local/pipeline/api-access.ts';
import type { ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { describe, expect, test } from 'vitest';
import { expectGood, rigs, timed } from './rig.ts';
import { until } from './until.ts';

const openRig = rigs({ isCovered: true });

/** Seconds within which readiness must be lost, and what a busy machine may add. */
const readinessLimitMs = 15_000 + 3_000;

/** Milliseconds within which the API answers, whatever is away, and what a busy machine may add. */
const requestLimitMs = 10_000 + 3_000;

/** What the API answers to a question for a parcel that nobody has seen. */
async function statusOf({ url, token }: ApiAccess): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${url}/v1/parcels/${Number.MAX_SAFE_INTEGER}`, { headers })).status;
}

async function isReady(service: ServiceProcess): Promise<boolean> {
  return (await service.ask('/readyz')).status === 200;
}

async function becomeUnready(services: readonly ServiceProcess[]): Promise<void> {
  const took = await timed(() =>
    Promise.all(
      services.map((service) => until(`the ${service.name} is not ready`, async () => !(await isReady(service)))),
    ),
  );
  expect(took).toBeLessThan(readinessLimitMs);
  for (const service of services) expect((await service.ask('/livez')).status).toBe(200);
}

async function becomeReady(services: readonly ServiceProcess[]): Promise<void> {
  await Promise.all(services.map((service) => until(`the ${service.name} is ready`, () => isReady(service))));
}

describe.concurrent('processes', () => {
  test('that start before their engines wait for them, alive and not ready', async (context) => {
    const rig = await openRig(context, { events: 200 });
    const [sqs, dynamodb] = [await rig.proxy('SQS', 'cut'), await rig.proxy('DYNAMODB', 'cut')];
    const env = { AWS_ENDPOINT_URL_SQS: sqs.url, AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url };
    const [poller, processor] = [rig.poller(env), rig.processor(env)];
    await until('they have tried', () => sqs.connections() > 2 && dynamodb.connections() > 2);
    await becomeUnready([poller, processor]);
    sqs.open();
    dynamodb.open();
    await becomeReady([poller, processor]);
    await rig.drained(poller);
    expectGood(await rig.verdict());
  });

  test('whose DynamoDB goes away hold what they have, and put nothing in the DLQ', async (context) => {
    const rig = await openRig(context, { events: 1_500, api: { latencyMs: 20 } });
    const dynamodb = await rig.proxy('DYNAMODB');
    const env = { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url };
    const poller = rig.poller({ ...env, LEASE_SECONDS: '3', SCAN_API_LIMIT: '25' });
    // So short that messages in hand would use up their receives if they were not held.
    const processor = rig.processor({ ...env, VISIBILITY_TIMEOUT_SECONDS: '5', WRITE_CONCURRENCY: '4' });
    const { service: api, access } = await rig.webApi(env);
    const all = [poller, processor, api];
    await until('messages are in hand', async () => (await rig.queue()).inFlight > 5);
    await becomeReady([api]);
    expect(await statusOf(access)).toBe(404);
    dynamodb.cut();
    const asked = statusOf(access);
    await becomeUnready(all);
    expect(await asked).toBe(503);
    dynamodb.open();
    await becomeReady(all);
    dynamodb.silence();
    const askedInSilence = timed(async () => expect(await statusOf(access)).toBe(503));
    await becomeUnready(all);
    expect(await askedInSilence).toBeLessThan(requestLimitMs);
    dynamodb.open();
    await becomeReady(all);
    expect(await statusOf(access)).toBe(404);
    expect(await api.stop()).toEqual({ code: 0, signal: null });
    await rig.drained(poller);
    expectGood(await rig.verdict());
  });

  test('whose SQS goes away go on when it is back', async (context) => {
    const rig = await openRig(context, { events: 1_000, api: { latencyMs: 20 } });
    const sqs = await rig.proxy('SQS');
    const env = { AWS_ENDPOINT_URL_SQS: sqs.url };
    const poller = rig.poller({ ...env, SCAN_API_LIMIT: '25' });
    const processor = rig.processor({ ...env, VISIBILITY_TIMEOUT_SECONDS: '5' });
    const { service: api } = await rig.webApi(env);
    await until('messages are in hand', async () => (await rig.queue()).inFlight > 0);
    await becomeReady([api]);
    sqs.silence();
    await becomeUnready([poller, processor, api]);
    sqs.open();
    await becomeReady([poller, processor, api]);
    await rig.drained(poller);
    expectGood(await rig.verdict());
  });
});
