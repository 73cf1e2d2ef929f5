import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbOperationLog } from '@waybill/operations/record/dynamodb-operation-log.ts';
import type { OperationStart } from '@waybill/operations/record/operation.ts';
import { shownOperationShape } from '@waybill/operations/record/operation-shape.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { describe, expect, test } from 'vitest';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);

const plan: OperationStart['plan'] = {
  count: 68,
  isMoreThan: false,
  byReason: { INVALID_EVENT: 60, STORE_REJECTED: 8 },
  oldestUtc: '2026-11-27T10:00:00.000Z',
  newestUtc: '2026-11-28T10:00:00.000Z',
  samples: [{ failureId: 'event-83269', reason: 'INVALID_EVENT', detail: 'INVALID_DATE: expected a date' }],
  cost: { sqsRequests: 20, readUnits: 0, writeUnits: 68, dollars: 0.000_05 },
  notLookedAt: [],
  warnings: ['5 of them failed again in the last 10 minutes: the fix is not out'],
};

async function begin(operationId: string, fields: Partial<OperationStart> = {}) {
  const { dynamodb, resources } = engines();
  const table = { documents: DynamoDBDocumentClient.from(dynamodb), tableName: resources.operationsTable };
  const log = dynamoDbOperationLog(table, systemClock);
  const start: OperationStart = {
    operationId,
    kind: 'redrive-some',
    by: 'arn:aws:sts::123456789012:assumed-role/Operator/anna',
    because: 'the feed sent wrong dates',
    filter: { reason: 'INVALID_EVENT', parcel: [5002, 5003] },
    plan,
    startedAtUtc: new Date().toISOString(),
    ...fields,
  };
  await log.begin(start);
  return { log, start };
}

const now = new Date().toISOString().slice(0, 10).replaceAll('-', '');

describe('waybill operations', () => {
  test('list shows acts, the newest first, in columns of 80 characters and as JSON lines', async () => {
    expect(await run(['operations', 'list'])).toEqual({ code: 0, stdout: '', stderr: 'No operations on record.\n' });
    const { log } = await begin(`${now}T000001-00000001`);
    await log.end(`${now}T000001-00000001`, { outcome: 'done', counts: {}, finishedAtUtc: '2026-11-28T22:15:31.000Z' });
    await begin(`${now}T000002-00000002`);
    const { stdout, code } = await run(['operations', 'list'], { columns: 80 });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.length > 80)).toEqual([false, false, false]);
    expect(lines[1]).toMatch(`${now}T000002-00000002  0 s ago  redrive-some  running  anna  the feed sent w…`);
    expect(lines[2]).toMatch(/000001-00000001 .* done /);
    const json = await run(['operations', 'list', '--limit', '1', '--json']);
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => shownOperationShape.parse(JSON.parse(line)).operationId),
    ).toEqual([`${now}T000002-00000002`]);
  });

  test('show has the whole record', async () => {
    const { start } = await begin(`${now}T000003-00000003`);
    const json = await run(['operations', 'show', start.operationId, '--json']);
    expect(shownOperationShape.parse(JSON.parse(json.stdout))).toEqual({ ...start, state: 'running' });
    const { stdout } = await run(['operations', 'show', start.operationId], { columns: 80 });
    for (const text of [
      start.by,
      start.because,
      'it is under way',
      '60 INVALID_EVENT',
      '$0.00005',
      'the fix is not out',
    ])
      expect(stdout).toContain(text);
  });

  test('show says how far an act is, who wants it cancelled, and that its process is silent', async () => {
    const { log, start } = await begin(`${now}T000004-00000004`);
    const progress = { what: 'dead letters redriven', done: 1_200, total: 9_000 };
    const show = async () => (await run(['operations', 'show', start.operationId], { columns: 80 })).stdout;
    const at = new Date().toISOString();
    await log.heartbeat(start.operationId, { heartbeatAtUtc: at, progress });
    await log.requestCancel(start.operationId, { cancelRequestedBy: 'joe', cancelRequestedAtUtc: at });
    const cancelling = await show();
    for (const text of ['it is being cancelled', 'dead letters redriven: 1,200 of 9,000', 'by joe'])
      expect(cancelling).toContain(text);
    await log.heartbeat(start.operationId, { heartbeatAtUtc: '2026-01-01T00:00:00.000Z', progress });
    expect(await show()).toContain('its process was killed');
  });

  test('show of an id that is not on record says so, and what to try', async () => {
    expect(await run(['operations', 'show', '20260101T000000-00000000'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'waybill: There is no operation 20260101T000000-00000000 on record\n  Try: waybill operations list\n',
    });
  });
});
