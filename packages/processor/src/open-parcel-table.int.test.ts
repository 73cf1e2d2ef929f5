import { createServer, type Server } from 'node:http';
import { BatchExecuteStatementCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createMetrics } from '@waybill/shared/metrics.ts';
import { stateOf } from '@waybill/shared/parcel-state.ts';
import { startTelemetry } from '@waybill/shared/telemetry.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { recordedLog } from '../../shared/test/recorded-log.ts';
import { useEngines } from '../test/engines.ts';
import { scan } from '../test/processor-rig.ts';
import { openParcelTable } from './open-parcel-table.ts';

const engines = useEngines(process.env);

function open(dynamodb: DynamoDBClient, tableName: string) {
  const { log, lines } = recordedLog();
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  const table = openParcelTable({
    dynamodb,
    tableName,
    clock: { now: () => 0 },
    metrics,
    log,
    writeConcurrency: 64,
  });
  const warnings = () => lines.filter(({ level }) => level === 'warn');
  return { table, warnings };
}

/** An engine that answers every call alike. */
async function answering(status: number, answer: object): Promise<DynamoDBClient> {
  const server: Server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`listens on ${address}`);
  const dynamodb = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: `http://127.0.0.1:${address.port}`,
    maxAttempts: 1,
  });
  onTestFinished(() => {
    dynamodb.destroy();
    server.close();
  });
  return dynamodb;
}

describe('the writer', () => {
  test('is the one that the engine takes; asking writes nothing, and what is chosen writes', async () => {
    const { dynamodb, resources } = engines();
    const { table, warnings } = open(dynamodb, resources.parcelsTable);
    const asked = dynamodb.send(new BatchExecuteStatementCommand({ Statements: [{ Statement: 'x' }] }));
    const knows = await asked.then(
      () => true,
      (error: Error) => error.name !== 'UnknownOperationException',
    );
    expect(await table.choose()).toBe(knows ? 'batched' : 'single');
    expect(warnings()).toHaveLength(knows ? 0 : 1);
    const state = stateOf(scan(5));
    expect(await table.apply(state)).toEqual({ done: true });
    expect(await table.apply(state)).toEqual({ done: false, stored: { state, revision: 1 } });
    const nobody = { ...state, parcelId: 0 };
    expect(await table.replace(nobody, 0)).toEqual({ done: false, stored: undefined });
  });

  test.each([
    ['does not know the call', 400, { __type: 'com.amazonaws.dynamodb.v20120810#UnknownOperationException' }],
    ['does not allow it', 400, { __type: 'com.amazon.coral.service#AccessDeniedException' }],
    ['does not allow a statement', 200, { Responses: [{ Error: { Code: 'AccessDenied', Message: 'no' } }] }],
  ])('is single updates, with a warning, where the engine %s', async (_, status, answer) => {
    const { table, warnings } = open(await answering(status, answer), 'parcels');
    expect(await table.choose()).toBe('single');
    expect(await table.choose()).toBe('single');
    expect(warnings()).toHaveLength(1);
  });

  test('is asked for again while the engine may only be away, three times at most', async () => {
    const { table } = open(await answering(500, { __type: 'InternalServerError' }), 'parcels');
    await expect(table.choose()).rejects.toMatchObject({ name: 'InternalServerError' });
    await expect(table.choose()).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(await table.choose()).toBe('single');
  });
});
