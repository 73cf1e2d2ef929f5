import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { type Engines, startEngines } from '@waybill/local/engines/engines.ts';
import { openParcelTable } from '@waybill/processor/parcels/batched/open-parcel-table.ts';
import { statementUnits } from '@waybill/processor/parcels/batched/statement-units.ts';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { prices } from '@waybill/shared/prices.ts';
import { meterTables } from '@waybill/shared/telemetry/table-meter.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { measured } from '../../packages/poller/test/observed.ts';
import { scan } from '../../packages/processor/test/processor-rig.ts';
import { recordedLog } from '../../packages/shared/test/recorded-log.ts';

let engines: Engines;
let resources: Resources;
let clients: ReturnType<typeof openClients>;

beforeAll(async () => {
  engines = await startEngines();
  const { close, ...provisioning } = openClients(engines.env);
  resources = await provision({ ...provisioning, openIndex: false });
  close();
});
afterAll(() => engines.stop());
// A client has one meter.
beforeEach(() => {
  clients = openClients(engines.env);
});
afterEach(() => clients.close());

test('a store that knows nothing of it is metered: its reads, its writes, and those whose condition fails', async () => {
  const { dynamodb } = clients;
  const { metrics, value } = measured();
  meterTables(dynamodb, { metrics, tables: { [resources.checkpointsTable]: 'checkpoints' } });
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'metered' });
  expect(await store.acquire(undefined, 'somebody')).toBe('acquired');
  expect(value('waybill.store.writes{checkpoints}')).toBe(1);
  expect(value('waybill.store.write_units{checkpoints}')).toBe(1);
  expect(await store.renew({ token: 7, holder: 'nobody' }, 1)).toBe('fenced');
  expect(value('waybill.store.writes{checkpoints}')).toBe(2);
  expect(value('waybill.store.write_units{checkpoints}')).toBe(2);
  await store.read();
  // A consistent read of a small item.
  expect(value('waybill.store.read_units{checkpoints}')).toBe(1);
  expect(value('waybill.cost.spent{DynamoDB}')).toBeCloseTo(2 * prices.writeUnit.usd + prices.readUnit.usd, 12);
});

test('the question which statements the engine takes is not counted, and what is written by the answer is', async () => {
  const { dynamodb } = clients;
  const { metrics, value } = measured();
  const { parcelsTable: tableName } = resources;
  const statements = { table: 'parcels', unitsSpent: statementUnits() };
  meterTables(dynamodb, { metrics, tables: { [tableName]: 'parcels' }, statements });
  const { log } = recordedLog();
  const parcels = openParcelTable({
    ...{ dynamodb, tableName, historyEvents: 32, retentionDays: 0 },
    ...{ clock: systemClock, log, metrics, writeConcurrency: 64 },
  });
  await parcels.chooseWriter();
  expect(value('waybill.store.writes')).toBeUndefined();
  expect(value('waybill.store.statements')).toBeUndefined();
  await parcels.apply(stateOf(scan(1)));
  expect(value('waybill.store.writes{parcels}')).toBe(1);
  expect(value('waybill.store.write_units{parcels}')).toBe(1);
});
