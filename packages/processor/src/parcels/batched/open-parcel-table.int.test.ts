import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { BatchExecuteStatementCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useEngines } from '../../../../consumer/test/engines.ts';
import { recordedLog } from '../../../../shared/test/recorded-log.ts';
import { keptOnTrial, scan } from '../../../test/processor-rig.ts';
import { openParcelTable } from './open-parcel-table.ts';

const engines = useEngines(process.env);

function open(dynamodb: DynamoDBClient, tableName: string, monotonic = () => 0, kept = keptOnTrial) {
  const { log, lines } = recordedLog();
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  const table = openParcelTable({
    ...kept,
    dynamodb,
    tableName,
    clock: { now: () => 0, monotonic },
    metrics,
    log,
    writeConcurrency: 64,
  });
  const warnings = () => lines.filter(({ level }) => level === 'warn');
  return { table, warnings };
}

type Answer = { readonly status: number; readonly body: object };

/** An engine that answers each operation as the test says, and keeps what it was asked. */
async function engine(answerTo: (operation: string, request: string) => Answer) {
  const asked: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).replace(/.*\./, '');
    asked.push(operation);
    const { status, body } = answerTo(operation, await text(request));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
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
  const questions = () => asked.filter((operation) => operation === 'BatchExecuteStatement').length;
  return { dynamodb, asked, questions };
}

/** An engine that answers every call alike. */
const answering = async (status: number, body: object): Promise<DynamoDBClient> =>
  (await engine(() => ({ status, body }))).dynamodb;

const failure = (name: string): Answer => ({
  status: name === 'InternalServerError' ? 500 : 400,
  body: { __type: name },
});
const statementFailure = (Code: string): Answer => ({ status: 200, body: { Responses: [{ Error: { Code } }] } });
/** Answers the probe as an engine does that has statements, and does every other statement. */
const takesThem = (request: string): Answer => {
  if (request.includes(`INSERT INTO \\"parcels\\" VALUE {'parcelId': ?}`)) return statementFailure('ValidationError');
  if (request.includes('{"N":"0"}')) return statementFailure('ConditionalCheckFailed');
  return { status: 200, body: { Responses: [{}] } };
};

describe('the writer', () => {
  test('is the one that the engine takes; asking writes nothing, and what is chosen writes', async () => {
    const { dynamodb, resources } = engines();
    const { table, warnings } = open(dynamodb, resources.parcelsTable);
    const asked = dynamodb.send(new BatchExecuteStatementCommand({ Statements: [{ Statement: 'x' }] }));
    const knows = await asked.then(
      () => true,
      (error: Error) => error.name !== 'UnknownOperationException',
    );
    expect(await table.chooseWriter()).toBe(knows ? 'batched' : 'single');
    expect(warnings()).toHaveLength(knows ? 0 : 1);
    const state = stateOf(scan(5));
    expect(await table.apply(state)).toEqual({ done: true });
    expect(await table.apply(state)).toEqual({ done: false, stored: { state, revision: 1, openedAtMs: 0 } });
    const nobody = { ...state, parcelId: 0 };
    expect(await table.replace(nobody, { revision: 0 })).toEqual({ done: false, stored: undefined });
  });

  test.each([
    { historyEvents: 0, retentionDays: 0 },
    { historyEvents: 0, retentionDays: 90 },
    { historyEvents: 32, retentionDays: 90 },
  ])('is batches for $historyEvents entries and $retentionDays days where it is for others', async (kept) => {
    const { dynamodb, resources } = engines();
    const chosen = await open(dynamodb, resources.parcelsTable).table.chooseWriter();
    expect(await open(dynamodb, resources.parcelsTable, undefined, kept).table.chooseWriter()).toBe(chosen);
  });

  test.each([
    ['does not know the call', 400, { __type: 'com.amazonaws.dynamodb.v20120810#UnknownOperationException' }],
    ['does not allow it', 400, { __type: 'com.amazon.coral.service#AccessDeniedException' }],
    ['does not allow a statement', 200, { Responses: [{ Error: { Code: 'AccessDenied', Message: 'no' } }] }],
  ])('is single updates, with a warning, where the engine %s', async (_, status, answer) => {
    const { table, warnings } = open(await answering(status, answer), 'parcels');
    expect(await table.chooseWriter()).toBe('single');
    expect(await table.chooseWriter()).toBe('single');
    expect(warnings()).toHaveLength(1);
  });

  test('is asked for again while the engine may only be away, three times at most', async () => {
    const { table } = open(await answering(500, { __type: 'InternalServerError' }), 'parcels');
    await expect(table.chooseWriter()).rejects.toMatchObject({ name: 'InternalServerError' });
    await expect(table.chooseWriter()).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(await table.chooseWriter()).toBe('single');
  });

  test('that is single updates because the engine was away is asked for again beside writes, ever later', async () => {
    let nowMs = 0;
    const { dynamodb, asked, questions } = await engine((operation) =>
      operation === 'UpdateItem' ? { status: 200, body: {} } : failure('InternalServerError'),
    );
    const { table, warnings } = open(dynamodb, 'parcels', () => nowMs);
    for (let attempt = 1; attempt <= 2; attempt += 1) await expect(table.chooseWriter()).rejects.toThrow();
    expect(await table.chooseWriter()).toBe('single');
    const askedAtMs: number[] = [];
    for (nowMs = 0; nowMs <= 3_600_000; nowMs += 30_000) {
      const before = questions();
      expect(await table.apply(stateOf(scan(5)))).toEqual({ done: true });
      expect(await table.chooseWriter()).toBe('single');
      if (questions() > before) askedAtMs.push(nowMs);
    }
    expect(askedAtMs.slice(0, 5)).toEqual([60_000, 180_000, 420_000, 900_000, 1_500_000]);
    expect(askedAtMs.length).toBeLessThanOrEqual(4 + 3_600 / 600);
    expect(asked.filter((operation) => operation === 'UpdateItem')).toHaveLength(121);
    expect(warnings()).toHaveLength(1);
  });

  test.each(['InternalServerError', 'AccessDeniedException'])(
    'is batches once an engine that said %s is well',
    async (name) => {
      let nowMs = 0;
      let isWell = false;
      const { dynamodb, asked } = await engine((operation, request) => {
        if (operation === 'UpdateItem') return { status: 200, body: {} };
        return isWell ? takesThem(request) : failure(name);
      });
      const { table } = open(dynamodb, 'parcels', () => nowMs);
      for (let attempt = 1; attempt <= 2; attempt += 1) await table.chooseWriter().catch(() => undefined);
      expect(await table.chooseWriter()).toBe('single');
      isWell = true;
      nowMs = 60_000;
      await table.apply(stateOf(scan(5)));
      expect(asked).toContain('UpdateItem');
      expect(await table.chooseWriter()).toBe('batched');
      const before = asked.length;
      expect(await table.apply(stateOf(scan(5)))).toEqual({ done: true });
      expect(asked.slice(before)).toEqual(['BatchExecuteStatement']);
    },
  );

  test('is never asked for again where the engine does not know the call', async () => {
    let nowMs = 0;
    const { dynamodb, questions } = await engine((operation) =>
      operation === 'UpdateItem' ? { status: 200, body: {} } : failure('UnknownOperationException'),
    );
    const { table } = open(dynamodb, 'parcels', () => nowMs);
    await table.chooseWriter();
    for (nowMs = 0; nowMs <= 86_400_000; nowMs += 600_000) {
      await table.apply(stateOf(scan(5)));
      await table.chooseWriter();
    }
    expect(questions()).toBe(1);
  });

  test('is single updates for good where the engine does a statement that it had to refuse', async () => {
    let nowMs = 0;
    const { dynamodb, questions } = await engine(() => ({ status: 200, body: { Responses: [{}] } }));
    const { table } = open(dynamodb, 'parcels', () => nowMs);
    expect(await table.chooseWriter()).toBe('single');
    for (nowMs = 0; nowMs <= 86_400_000; nowMs += 600_000) {
      await table.apply(stateOf(scan(5)));
      expect(await table.chooseWriter()).toBe('single');
    }
    expect(questions()).toBe(1);
  });

  test.each([
    ['a whole call', failure('AccessDeniedException')],
    ['a statement', statementFailure('AccessDenied')],
  ])('is single updates from when %s is denied, and batches again once that is allowed', async (_, denial) => {
    let nowMs = 0;
    let isDenied = false;
    const { dynamodb, asked, questions } = await engine((operation, request) => {
      if (operation === 'UpdateItem') return { status: 200, body: {} };
      return isDenied ? denial : takesThem(request);
    });
    const { table, warnings } = open(dynamodb, 'parcels', () => nowMs);
    expect(await table.chooseWriter()).toBe('batched');
    const before = questions();
    isDenied = true;
    for (let write = 0; write < 10; write += 1) expect(await table.apply(stateOf(scan(5)))).toEqual({ done: true });
    // The first was refused and repeated; no other was tried as a statement.
    expect(questions()).toBe(before + 1);
    expect(asked.filter((operation) => operation === 'UpdateItem')).toHaveLength(10);
    expect(warnings()).toHaveLength(1);
    isDenied = false;
    nowMs = 60_000;
    await table.apply(stateOf(scan(5)));
    expect(await table.chooseWriter()).toBe('batched');
  });
});

describe('a statement that meets an item which cannot be read', () => {
  const unreadable = { parcelId: { N: '7' }, lastEventId: { S: 'five' } };
  const met = { Responses: [{ Error: { Code: 'ConditionalCheckFailed', Item: unreadable } }] };

  test('is repeated by a single update, which may be in order', async () => {
    const { dynamodb, asked } = await engine((operation, request) => {
      if (operation === 'UpdateItem') return { status: 200, body: {} };
      return request.includes('{"N":"7"}') ? { status: 200, body: met } : takesThem(request);
    });
    const { table } = open(dynamodb, 'parcels');
    expect(await table.chooseWriter()).toBe('batched');
    const before = asked.length;
    expect(await table.apply(stateOf(scan(9, { parcelId: 7 })))).toEqual({ done: true });
    expect(asked.slice(before)).toEqual(['BatchExecuteStatement', 'UpdateItem']);
  });

  test('and is rejected, is not among the few that are throttled and tried again alone, however many there are', async () => {
    const hot = '{"N":"1000"}';
    const { dynamodb, asked } = await engine((operation, request) => {
      if (operation === 'UpdateItem') {
        if (request.includes(hot)) return { status: 200, body: {} };
        return { status: 400, body: { __type: 'ConditionalCheckFailedException', Item: unreadable } };
      }
      if (request.includes(hot)) return statementFailure('ThrottlingError');
      return request.includes('{"N":"2021"}') ? { status: 200, body: met } : takesThem(request);
    });
    const { table } = open(dynamodb, 'parcels');
    expect(await table.chooseWriter()).toBe('batched');
    for (let parcelId = 1; parcelId <= 25; parcelId += 1) {
      const write = table.apply(stateOf(scan(2021, { parcelId })));
      await expect(write).rejects.toMatchObject({ code: 'STORE_REJECTED' });
    }
    const throttled = stateOf(scan(5, { parcelId: 1000 }));
    await expect(table.apply(throttled)).rejects.toMatchObject({ name: 'ThrottlingException' });
    const before = asked.length;
    expect(await table.apply(throttled)).toEqual({ done: true });
    expect(asked.slice(before)).toEqual(['UpdateItem']);
  });
});
