import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbOperationLog } from '@waybill/operations/record/dynamodb-operation-log.ts';
import { shownOperationShape } from '@waybill/operations/record/operation-shape.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { bodiesOf, drain, failureLogOf, newPair, put, scan } from '../../../operations/test/dead-letter-rig.ts';
import { tableOf } from '../../../operations/test/parcels-rig.ts';
import { bearer, deploymentOf, openApi, tokens } from '../../test/api-rig.ts';
import { redriveRoutes } from './redrive-routes.ts';
import { RedriveSlot } from './redrive-slot.ts';

const engines = useEngines(process.env);
const because = 'the rule is fixed in 1.4';
const some = { type: 'STATUS' };

/** A client of SQS that receives nothing while its gate is closed. */
function gated() {
  const { sqs } = engines();
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const send = async (command: ReceiveMessageCommand) => {
    if (command instanceof ReceiveMessageCommand) await gate.promise;
    return sqs.send(command);
  };
  return {
    sqs: Object.assign(Object.create(sqs), { send }),
    close: () => {
      gate = Promise.withResolvers();
    },
    open: () => gate.resolve(),
  };
}

/** An API with a scan queue and records of its own, and these dead letters. */
async function redrivesApi(bodies: readonly string[], deadLettersSqs: SQSClient = engines().sqs) {
  const { sqs, dynamodb, resources } = engines();
  const pair = await newPair(sqs);
  await put(
    sqs,
    pair.url,
    bodies.map((body) => ({ body })),
  );
  const operationsTable = await tableOf(dynamodb, tables.operations);
  const deployment = { ...deploymentOf(resources), scanQueueUrl: pair.sourceUrl, operationsTable };
  const open = () =>
    openApi({
      engines: engines(),
      deps: { deployment, deadLettersSqs },
      routes: (deps) => [
        redriveRoutes({ ...deps, slot: new RedriveSlot(deps.log), pace: { heartbeatMs: 50, waitSeconds: 0 } }),
      ],
    });
  const api = await open();
  const { ask } = api;
  const plan = async (filter: object = some) =>
    (await ask({ method: 'POST', url: '/v1/redrives/plan', body: { filter } })).body;
  const start = async (more: object) =>
    ask({ method: 'POST', url: '/v1/redrives', body: { filter: some, because, ...more } });
  const show = async (id: string) => (await ask({ url: `/v1/redrives/${id}` })).body;
  const ended = async (id: string) => {
    await expect.poll(async () => (await show(id)).state, { timeout: 15_000, interval: 50 }).toBe('ended');
    return show(id);
  };
  const log = dynamoDbOperationLog(
    { documents: DynamoDBDocumentClient.from(dynamodb), tableName: operationsTable },
    systemClock,
  );
  return { ...api, sqs, pair, plan, start, show, ended, log, open };
}

describe('a redrive over HTTP', () => {
  test('is planned, confirmed, and followed to its end; it is on record with the name of the token', async () => {
    await failureLogOf(engines()).record({
      ...{
        failureId: 'event-901',
        reason: 'INVALID_EVENT',
        detail: 'INVALID_DATE: no date',
        body: '{"User":"jane.doe"}',
      },
      parcelId: 5_901,
    });
    const { sqs, pair, plan, start, ended, ask } = await redrivesApi([
      scan(901),
      scan(902),
      scan(903, { type: 'PICKUP' }),
    ]);
    const planned = await plan();
    expect(planned).toMatchObject({ count: 2, isMoreThan: false, byReason: { INVALID_EVENT: 1, 'no record': 1 } });
    expect(JSON.stringify(planned)).not.toContain('jane');
    const { status, headers, body } = await start({ plan: planned });
    expect(status).toBe(202);
    expect(headers['location']).toBe(`/v1/redrives/${body.operationId}`);
    expect(body).toMatchObject({ state: 'running', kind: 'redrive-some', by: 'all', because, plan: planned });
    const end = shownOperationShape.parse(await ended(body.operationId));
    expect(end).toMatchObject({ outcome: 'done', counts: { redriven: 2, handedBack: 1 }, problems: [], filter: some });
    expect(bodiesOf(await drain(sqs, pair.sourceUrl))).toEqual([scan(901), scan(902)]);
    expect(bodiesOf(await drain(sqs, pair.url))).toEqual([scan(903, { type: 'PICKUP' })]);
    const again = await ask({ method: 'POST', url: `/v1/redrives/${body.operationId}/cancel` });
    expect(again).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  test('that meets over 10 % more than was planned refuses, unless told to go on', async () => {
    const { plan, start, ended } = await redrivesApi([1, 2, 3, 4].map((n) => scan(910 + n)));
    const planned = { ...(await plan()), count: 1 };
    const refused = await ended((await start({ plan: planned })).body.operationId);
    expect(refused).toMatchObject({ outcome: 'refused', problems: [expect.stringContaining('plan again')] });
    const forced = await ended((await start({ plan: planned, moreThanPlanned: true })).body.operationId);
    expect(forced).toMatchObject({ outcome: 'done', counts: { redriven: 4 } });
  });

  test('is cancelled through its record, by whichever process is asked, and nothing runs beside it', async () => {
    const bodies = Array.from({ length: 40 }, (_, index) => scan(1_000 + index));
    const gate = gated();
    const { sqs, pair, plan, start, ended, show, ask, open } = await redrivesApi(bodies, gate.sqs);
    const planned = await plan();
    gate.close();
    const { body } = await start({ plan: planned });
    const url = `/v1/redrives/${body.operationId}`;
    const other = await open();
    for (const each of [ask, other.ask]) {
      const conflict = { status: 409, body: { code: 'CONFLICT' } };
      expect(await each({ method: 'POST', url: '/v1/redrives/plan', body: { filter: {} } })).toMatchObject(conflict);
      const redrive = { filter: some, because, plan: planned };
      expect(await each({ method: 'POST', url: '/v1/redrives', body: redrive })).toMatchObject(conflict);
    }
    const cancel = await other.ask({ method: 'POST', url: `${url}/cancel`, headers: bearer(tokens.operate) });
    expect(cancel).toMatchObject({ status: 202, body: { state: 'cancelling', cancelRequestedBy: 'operate' } });
    // Two heartbeats later the process that runs it knows.
    const beats = new Set<string>();
    const seen = async () => beats.add((await show(body.operationId)).heartbeatAtUtc).size;
    await expect.poll(seen, { interval: 20 }).toBeGreaterThan(3);
    gate.open();
    expect(await ended(body.operationId)).toMatchObject({ outcome: 'cancelled', problems: ['cancelled by operate'] });
    expect(await drain(sqs, pair.sourceUrl)).toEqual([]);
    expect(bodiesOf(await drain(sqs, pair.url))).toEqual(bodies.toSorted());
  });

  test('hands back what it holds when its process stops, and says on record why it ended', async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => scan(1_100 + index));
    const gate = gated();
    const { app, sqs, pair, plan, start, log } = await redrivesApi(bodies, gate.sqs);
    const planned = await plan();
    gate.close();
    const { body } = await start({ plan: planned });
    const closed = app.close();
    gate.open();
    await closed;
    expect(await log.read(body.operationId)).toMatchObject({
      outcome: 'cancelled',
      problems: [expect.stringContaining('its process was stopped')],
    });
    expect(bodiesOf(await drain(sqs, pair.url))).toEqual(bodies.toSorted());
  });

  test("of which nobody has heard for over a minute is shown as interrupted, and stands in nobody's way", async () => {
    const { plan, start, ended, show, log, ask } = await redrivesApi([scan(1_201)]);
    const planned = await plan();
    const startedAtUtc = new Date(Date.now() - 61_000).toISOString();
    const record = { operationId: '20261128T221530-00000001', kind: 'redrive-some', by: 'arn:ann', because } as const;
    await log.begin({ ...record, filter: {}, plan: planned, startedAtUtc });
    expect(await show(record.operationId)).toMatchObject({ state: 'interrupted', by: 'arn:ann' });
    const cancel = await ask({ method: 'POST', url: `/v1/redrives/${record.operationId}/cancel` });
    expect(cancel).toMatchObject({ status: 202, body: { state: 'interrupted' } });
    expect(await ended((await start({ plan: planned })).body.operationId)).toMatchObject({ outcome: 'done' });
  });

  test('is refused without a reason, a plan and the scope, and not found where the record is of another act', async () => {
    const { plan, start, ask, log } = await redrivesApi([]);
    const planned = await plan({});
    for (const wrong of [{ plan: planned, because: ' ' }, {}, { plan: planned, filter: { reasons: 'X' } }])
      expect(await start(wrong)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect((await start({ plan: planned, because: 'x'.repeat(70_000) })).status).toBe(413);
    const operationId = '20261128T221530-00000002';
    const record = { operationId, kind: 'replay', by: 'ann', because, filter: {}, plan: planned } as const;
    await log.begin({ ...record, startedAtUtc: new Date().toISOString() });
    for (const id of [operationId, '20261128T221530-00000003', '%00', encodeURIComponent('a/b ü%')]) {
      expect(await ask({ url: `/v1/redrives/${id}` }), id).toMatchObject({ status: 404 });
      expect(await ask({ method: 'POST', url: `/v1/redrives/${id}/cancel` }), id).toMatchObject({ status: 404 });
    }
    const headers = bearer(tokens.read);
    for (const url of ['/v1/redrives', '/v1/redrives/plan', `/v1/redrives/${operationId}/cancel`])
      expect(await ask({ method: 'POST', url, headers, body: {} })).toMatchObject({ status: 403 });
  });
});
