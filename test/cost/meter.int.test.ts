import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { type Engines, startEngines } from '@waybill/local/engines/engines.ts';
import { dynamoDbCheckpointStore } from '@waybill/poller/checkpoint/dynamodb-checkpoint-store.ts';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import { prices } from '@waybill/shared/prices.ts';
import { meterTables } from '@waybill/shared/telemetry/cost-meter.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measured } from '../../packages/poller/test/observed.ts';

let engines: Engines;
let clients: ReturnType<typeof openClients>;
let resources: Resources;

beforeAll(async () => {
  engines = await startEngines();
  clients = openClients(engines.env);
  resources = await provision(clients);
});
afterAll(async () => {
  clients.close();
  await engines.stop();
});

test('a store that knows nothing of it is metered: its reads, and its writes whose condition fails', async () => {
  const { dynamodb } = clients;
  const { metrics, value } = measured();
  meterTables(dynamodb, { metrics, tables: { [resources.checkpointsTable]: 'checkpoints' } });
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'metered', metrics });
  expect(await store.acquire(undefined, 'somebody')).toBe('acquired');
  expect(value('waybill.store.write_units{checkpoints}')).toBe(1);
  expect(await store.renew(7, 1)).toBe('fenced');
  expect(value('waybill.store.write_units{checkpoints}')).toBe(2);
  await store.read();
  // A consistent read of a small item.
  expect(value('waybill.store.read_units{checkpoints}')).toBe(1);
  expect(value('waybill.cost.spent{DynamoDB}')).toBeCloseTo(2 * prices.writeUnit.usd + prices.readUnit.usd, 12);
});
