import type { Resources } from '@waybill/provisioner/provision.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, embeddedEngine } from '../pipelines/engine.ts';
import { bodyOf, pushedElements } from './bodies.ts';
import { fire } from './fire.ts';
import { type MeasuredServer, startApi } from './servers.ts';
import { storeParcels } from './stored.ts';

const parcels = 50;

let engine: Engine;
let resources: Resources;
let api: MeasuredServer;

beforeAll(async () => {
  engine = await embeddedEngine();
  resources = await engine.provision();
  await storeParcels(engine.dynamodb, resources.parcelsTable, parcels);
  api = await startApi(engine, resources, { API_REQUESTS_PER_SECOND: '0', MAX_QUEUE_MESSAGES: '0' });
});

afterAll(async () => {
  await api.process.stop();
  await engine.stop();
});

/** AWS requests that the API made meanwhile, by action. Readiness asks now and then, too. */
async function callsDuring(work: () => Promise<unknown>): Promise<(action: string) => number> {
  const { calls: before } = await api.process.usage();
  await work();
  const { calls: after } = await api.process.usage();
  return (action) => (after[action] ?? 0) - (before[action] ?? 0);
}

test('a parcel costs one GetItem, and all of them together one read of the checkpoint a second', async () => {
  const amount = 600;
  const startedAt = performance.now();
  const calls = await callsDuring(async () => {
    const requests = Array.from({ length: parcels }, (_, index) => ({ path: `/v1/parcels/${index + 1}` }));
    const fired = await fire({ url: api.url, headers: { ...api.headers }, requests, connections: 10, amount });
    expect(fired.byStatus).toEqual({ 200: amount });
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const reads = calls('DynamoDB_20120810.GetItem');
  expect(reads).toBeGreaterThanOrEqual(amount);
  // Besides the checkpoint, readiness looks at a table every 5 s.
  expect(reads).toBeLessThanOrEqual(amount + Math.ceil(seconds) + 1 + Math.ceil(seconds / 5));
});

test('a body of 1,000 events costs one send of packs, and two writes of its batch', async () => {
  const amount = 20;
  const requests = pushedElements().map((elements) => ({ body: bodyOf(elements) }));
  const headers = { ...api.headers, 'content-type': 'application/json' };
  const calls = await callsDuring(async () => {
    const target = { url: `${api.url}/v1/scan-events`, method: 'POST', headers, requests } as const;
    const fired = await fire({ ...target, connections: 4, amount });
    expect(fired.byStatus).toEqual({ 202: amount });
  });
  const each = (action: string) => calls(action) / amount;
  expect({
    sends: each('AmazonSQS.SendMessageBatch'),
    puts: each('DynamoDB_20120810.PutItem'),
    updates: each('DynamoDB_20120810.UpdateItem'),
  }).toEqual({ sends: 1, puts: 1, updates: 1 });
});
