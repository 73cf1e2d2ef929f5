import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbOperationLog } from '@waybill/operations/record/dynamodb-operation-log.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../../consumer/test/engines.ts';
import { bodiesOf, drain, failureLogOf, newPair, put, scan } from '../../../../operations/test/dead-letter-rig.ts';
import { tableOf } from '../../../../operations/test/parcels-rig.ts';
import { deploymentOf, openApi, tokens } from '../../../test/api-rig.ts';
import { openBrowser, type Page } from '../../../test/page-rig.ts';
import { createCursors } from '../../pages/cursor.ts';
import { redriveRoutes } from '../../redrives/redrive-routes.ts';
import { RedriveSlot } from '../../redrives/redrive-slot.ts';
import { operatorPage } from '../operator-page.ts';

const engines = useEngines(process.env);
const because = 'the rule is fixed in 1.4';
const hostile = '"><script>alert(1)</script>';

/** An API with dead letters of its own, and with a record of why each of them failed. */
async function withDeadLetters(eventIds: readonly number[]) {
  const { sqs, dynamodb, resources } = engines();
  const pair = await newPair(sqs);
  const operationsTable = await tableOf(dynamodb, tables.operations);
  const failuresTable = await tableOf(dynamodb, tables.failures);
  const deployment = {
    ...deploymentOf({ ...resources, failuresTable }),
    scanQueueUrl: pair.sourceUrl,
    operationsTable,
  };
  const failures = failureLogOf({ ...engines(), resources: { ...resources, failuresTable } });
  const add = async (ids: readonly number[]) => {
    await put(
      sqs,
      pair.url,
      ids.map((id) => ({ body: scan(id) })),
    );
    const failure = { reason: 'INVALID_EVENT', detail: `INVALID_DATE: ${hostile}` } as const;
    for (const id of ids) await failures.record({ failureId: `event-${id}`, ...failure, parcelId: id, body: '{}' });
  };
  await add(eventIds);
  const api = await openApi({
    engines: engines(),
    deps: { deployment },
    routes: (deps) => {
      const pace = { heartbeatMs: 50, waitSeconds: 0 };
      const shared = { ...deps, slot: new RedriveSlot(deps.log), cursors: createCursors(deps.settings.tokens), pace };
      return [redriveRoutes(shared), operatorPage(shared)];
    },
  });
  const log = dynamoDbOperationLog(
    { documents: DynamoDBDocumentClient.from(dynamodb), tableName: operationsTable },
    systemClock,
  );
  const browser = await openBrowser(api);
  const ended = async ({ path }: Page) => {
    let page = await browser.get(path);
    await expect
      .poll(
        async () => {
          page = await browser.get(path);
          return page.html;
        },
        { timeout: 15_000, interval: 50 },
      )
      .toContain('<dt>Finished</dt>');
    return page;
  };
  return { ...api, ...browser, add, ended, log, sqs, pair };
}

describe('a redrive in a browser without script', () => {
  test('goes from the cause over the plan to its end, and stands among the operations', async () => {
    const { get, submit, ended, sqs, pair } = await withDeadLetters([1, 2, 3]);
    const group = await get((await get('/failures')).link('INVALID_EVENT'));
    const plan = await submit(group.form('Redrive these 3…'));
    expect(plan.text).toContain('This would send 3 dead letters back to the scan queue. Nothing is sent yet.');
    expect(plan.text).toMatch(
      /The fix is not out: 3 with INVALID_EVENT .*How many 3 By reason 3 INVALID_EVENT .*Cost \$/,
    );
    expect(plan.text).toMatch(/Some of them .*event-[123]/);
    expect(plan.html).not.toContain('<script>alert');
    const run = await submit(plan.form('Redrive 3 dead letters'), { because });
    expect(run.path).toMatch(/^\/redrives\/\d{8}T\d{6}-[0-9a-f]{8}$/);
    const end = await ended(run);
    expect(end.text).toContain('Done: 3 dead letters sent back.');
    expect(end.text).toMatch(/By all Because the rule is fixed in 1\.4 .*Counts redriven 3/);
    expect(bodiesOf(await drain(sqs, pair.sourceUrl))).toHaveLength(3);
    const operations = await get('/operations');
    expect(operations.text).toMatch(/redrive-some done all the rule is fixed in 1\.4/);
    const record = await get(operations.link('-'));
    expect(record.text).toMatch(/The plan The fix is not out.*How many 3/);
    expect(record.link('How the redrive does')).toBe(run.path);
  });

  test('that meets more than was planned stops, and leads to a plan anew', async () => {
    const { get, submit, add, ended } = await withDeadLetters([11]);
    const plan = await submit((await get('/failures/record/event-11')).form('Redrive this one…'));
    expect(plan.form('Redrive 1 dead letter').fields).toContainEqual(['failureId', 'event-11']);
    const all = await submit((await get('/failures')).form('Redrive all…'));
    await add([12, 13, 14]);
    const refused = await ended(await submit(all.form('Redrive 1 dead letter'), { because }));
    expect(refused.text).toContain('Stopped: there is more than was planned.');
    const again = await submit(refused.form('Plan again…'));
    expect(again.text).toContain('This would send 4 dead letters');
    const forced = await submit(all.form('Redrive 1 dead letter'), { because, moreThanPlanned: 'on' });
    expect((await ended(forced)).text).toContain('Done: 4 dead letters sent back.');
    const nothing = await submit((await get('/redrives/plan?reason=STORE_REJECTED')).form('Plan…'));
    expect(nothing.text).toContain('there is nothing to redrive');
  });

  test('is cancelled by its button, and nothing begins beside it', async () => {
    const { get, submit, log } = await withDeadLetters([21]);
    const plan = await submit((await get('/failures')).form('Redrive all…'));
    const operationId = '20261128T221530-00000001';
    const planned = { ...{ count: 9, isMoreThan: false, byReason: {}, oldestUtc: null, newestUtc: null, samples: [] } };
    const cost = { sqsRequests: 0, readUnits: 0, writeUnits: 0, dollars: 0 };
    await log.begin({
      ...{ operationId, kind: 'redrive-all', by: 'arn:ann', because: hostile, filter: {} },
      plan: { ...planned, cost, notLookedAt: [], warnings: [] },
      startedAtUtc: new Date().toISOString(),
    });
    for (const form of [plan.form('Plan again'), plan.form('Redrive 1 dead letter')]) {
      const conflict = await submit(form, form.action === '/redrives' ? { because } : {});
      expect(conflict).toMatchObject({ status: 409, text: expect.stringContaining('Another redrive is under way') });
      expect(conflict.link('Look at it')).toBe(`/redrives/${operationId}`);
    }
    const running = await get(`/redrives/${operationId}`);
    expect(running.text).toContain('Under way: 0 dead letters of 9 sent back.');
    expect(running.html).toContain('data-every-seconds');
    expect(running.html).not.toContain('<script>alert');
    const cancelling = await submit(running.form('Cancel it'));
    expect(cancelling).toMatchObject({ path: `/redrives/${operationId}`, text: expect.stringContaining('by all') });
    expect(cancelling.text).toContain('It is being cancelled');
    await log.end(operationId, { outcome: 'cancelled', counts: {}, finishedAtUtc: new Date().toISOString() });
    expect((await get(`/redrives/${operationId}`)).html).not.toContain('data-every-seconds');
    expect(await submit(running.form('Cancel it'))).toMatchObject({ status: 409 });
  });

  test('is refused to a token that may only read, to another site, and where the form is forged', async () => {
    const api = await withDeadLetters([31]);
    const { get, submit, log } = api;
    const plan = await submit((await get('/failures')).form('Redrive all…'));
    const form = plan.form('Redrive 1 dead letter');
    const reader = await openBrowser(api, tokens.read);
    for (const site of ['cross-site', 'same-site', 'none'])
      expect(await submit(form, { because }, site), site).toMatchObject({ status: 403 });
    for (const action of ['/redrives', '/redrives/plan', '/redrives/x/cancel'])
      expect(await reader.submit({ ...form, action }, { because }), action).toMatchObject({ status: 403 });
    expect(await reader.get('/redrives/plan')).toMatchObject({ status: 403 });
    const forged = [{ because: ' ' }, { plan: '{' }, { plan: '{"count":1}' }, { parcelId: '1e3' }, { nothing: '1' }];
    for (const more of forged)
      expect(await submit(form, { because, ...more }), JSON.stringify(more)).toMatchObject({ status: 400 });
    expect(await log.list(10)).toEqual([]);
    for (const path of ['/redrives/x', '/operations/x']) expect((await get(path)).status).toBe(404);
  });
});

test('the screen of operations pages through them, the newest first, and says where there are none', async () => {
  const { get, log } = await withDeadLetters([]);
  expect((await get('/operations')).text).toContain('Nobody has done anything yet.');
  const startedAtUtc = new Date().toISOString();
  const today = startedAtUtc.slice(0, 10).replaceAll('-', '');
  const cost = { sqsRequests: 0, readUnits: 0, writeUnits: 0, dollars: 0 };
  const plan = { count: 0, isMoreThan: false, byReason: {}, oldestUtc: null, newestUtc: null, samples: [], cost };
  const idOf = (n: number) => `${today}T0000${String(n).padStart(2, '0')}-00000000`;
  for (let n = 0; n < 55; n += 1) {
    const record = { operationId: idOf(n), kind: 'replay', by: 'ann', because: `reason ${n}` } as const;
    await log.begin({ ...record, filter: { from: n }, plan: { ...plan, notLookedAt: [], warnings: [] }, startedAtUtc });
  }
  const first = await get('/operations');
  const next = await get(first.link('Next page'));
  const ids = [first, next].flatMap(({ text }) => text.match(/\d{8}T\d{6}-0{8}/g) ?? []);
  expect(ids).toEqual(Array.from({ length: 55 }, (_, index) => idOf(54 - index)));
  const record = await get(next.link(idOf(0)));
  expect(record.text).toMatch(/Kind replay .*Filter From 0/);
});
