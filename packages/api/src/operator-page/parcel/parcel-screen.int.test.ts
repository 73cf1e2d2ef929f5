import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../../consumer/test/engines.ts';
import { putItems, storeParcels, tableOf } from '../../../../operations/test/parcels-rig.ts';
import { keptOnTrial, scan } from '../../../../processor/test/processor-rig.ts';
import { deploymentOf, openApi, tokens } from '../../../test/api-rig.ts';
import { textOf } from '../../../test/page-text.ts';

const engines = useEngines(process.env);
const nowMs = Date.parse('2026-11-28T10:00:00Z');
const largest = Number.MAX_SAFE_INTEGER;
const hostile = '<img src=x onerror=alert(1)>"\u202e';

/** The page over these tables, at a moment that stands still. */
async function openPage(names: { readonly notificationsTable?: string; readonly failuresTable?: string } = {}) {
  const deployment = { ...deploymentOf(engines().resources), ...names };
  const clock = { ...systemClock, now: () => nowMs };
  const { app } = await openApi({ engines: engines(), deps: { deployment, clock } });
  return async (url: string, token = tokens.read) => {
    const answer = await app.inject({ url, headers: { cookie: `waybill-80=${token}` } });
    return { ...answer, status: answer.statusCode, location: answer.headers.location, words: textOf(answer.body) };
  };
}

const store = (...scans: readonly ReturnType<typeof scan>[]) => {
  const [first, ...others] = scans.map((each) => stateOf(each));
  if (!first) throw new Error('a parcel has a scan');
  const state = others.reduce(merge, first);
  const { dynamodb, resources } = engines();
  return storeParcels(dynamodb, resources.parcelsTable, [state], nowMs - 60_000, keptOnTrial);
};

const at = (time: string) => ({ createdDateTimeUtc: `2026-11-28T${time}Z` });

describe('the search for a parcel', () => {
  test('leads to its screen, however the id was typed', async () => {
    const get = await openPage();
    for (const typed of ['5002', ' 5 002 ', '5,002'])
      expect(await get(`/parcel?id=${encodeURIComponent(typed)}`)).toMatchObject({
        status: 303,
        location: '/parcel/5002',
      });
    expect(await get('/parcel/5,002')).toMatchObject({ status: 303, location: '/parcel/5002' });
  });

  test('says what to type where nothing, or no id, was typed', async () => {
    const get = await openPage();
    const empty = await get('/parcel');
    expect(empty.status).toBe(200);
    expect(empty.words.join(' ')).toContain('Spaces and separators, as in 1,234,567, do no harm.');
    for (const url of [`/parcel?id=${encodeURIComponent(hostile)}`, `/parcel/${encodeURIComponent(hostile)}`]) {
      const wrong = await get(url);
      expect(wrong.status).toBe(400);
      expect(wrong.words).toContain('This is not a ParcelId: type a whole number, such as 5002.');
      expect(wrong.body).toContain('aria-invalid="true"');
      expect(wrong.body).not.toContain('<img');
    }
  });
});

describe('the screen of a parcel', () => {
  test('shows where it is, its scans with the late ones marked, its failures and its notifications', async () => {
    const { dynamodb, resources } = engines();
    const notificationsTable = await tableOf(dynamodb, tables.notifications);
    await store(
      scan(101, { parcelId: 81, type: 'PICKUP', ...at('07:00:00') }),
      scan(102, { parcelId: 81, type: 'STATUS', statusCode: 'SORTED', ...at('06:30:00') }),
      scan(103, { parcelId: 81, type: 'DELIVERY', ...at('09:00:00') }),
    );
    const documents = DynamoDBDocumentClient.from(dynamodb);
    const checkpoint = { feed: 'scan-events', watermark: 102, lastEventId: 104, fencingToken: 1, leaseCounter: 1 };
    await documents.send(new PutCommand({ TableName: resources.checkpointsTable, Item: checkpoint }));
    const failed = { failureId: 'event-99', reason: 'INVALID_EVENT', detail: hostile, attempts: 3, parcelId: 81 };
    const times = { firstFailedAtUtc: '2026-11-28T08:00:00Z', lastFailedAtUtc: '2026-11-28T09:00:00Z' };
    const unresolved = unresolvedValue('INVALID_EVENT', 'event-99');
    await documents.send(
      new PutCommand({ TableName: resources.failuresTable, Item: { ...failed, ...times, unresolved } }),
    );
    const told = { notificationId: 'delivery-81', state: 'failed', parcelId: 81, milestone: 'delivery', attempts: 2 };
    await documents.send(new PutCommand({ TableName: notificationsTable, Item: { ...told, lastError: hostile } }));

    const { status, words, body } = await (await openPage({ notificationsTable }))('/parcel/81');
    expect(status).toBe(200);
    const text = words.join(' ');
    expect(text).toContain('Parcel 81 was delivered. Its latest scan was 60 min ago.');
    expect(text).toContain('The feed is complete through EventId 102');
    expect(text).toContain('3 scans, the highest EventId first. 1 scan came late');
    const history = body.slice(body.indexOf('<ol class="timeline">'), body.indexOf('</ol>'));
    expect(textOf(history)).toEqual([
      ...['DELIVERY delivery', '2026-11-28 09:00:00Z 60 min ago · EventId 103'],
      ...['STATUS SORTED late', '2026-11-28 06:30:00Z 4 h ago · EventId 102'],
      ...['PICKUP pickup', '2026-11-28 07:00:00Z 3 h ago · EventId 101'],
    ]);
    expect(history.match(/<li class="milestone">|<li class="late">/g)).toHaveLength(3);
    expect(body).toContain('href="/failures/record/event-99"');
    expect(body).toContain('href="/notifications/delivery-81"');
    expect(words.filter((word) => word.includes('<img src=x onerror=alert(1)>'))).toHaveLength(2);
    expect(body).not.toContain('<img');
  });

  test('shows ids whole and texts of the carrier as they are, whatever they hold', async () => {
    const texts = { type: hostile, statusCode: hostile, runId: hostile, createdDateTimeUtc: 'yesterday' };
    await store(scan(largest, { parcelId: largest, ...texts }));
    const { words, body } = await (await openPage())(`/parcel/${largest}`);
    const text = words.join(' ');
    expect(text).toContain(`Parcel 9007199254740991 is registered with the carrier.`);
    expect(text).toContain('EventId 9007199254740991');
    expect(text).toContain('yesterday');
    expect(body).not.toContain('<img');
    expect(body.match(/<bdi class="foreign">&lt;img/g)?.length).toBeGreaterThanOrEqual(4);
  });

  test('that is not stored says what is known, and what to do', async () => {
    const { status, words } = await (await openPage())('/parcel/404404');
    expect(status).toBe(404);
    const text = words.join(' ');
    expect(text).toContain('Parcel 404404 is not stored.');
    expect(text).toContain('None of its scans is on record as failed.');
    expect(text).toContain('waybill replay --from N --to N');
  });

  test('reads no table whole where failures have no index, and says so', async () => {
    const { dynamodb } = engines();
    const { name, key } = tables.failures;
    const failuresTable = await tableOf(dynamodb, { name, key });
    await putItems(dynamodb, failuresTable, [{ failureId: { S: 'event-98' }, parcelId: { N: '82' } }]);
    await store(scan(111, { parcelId: 82 }));
    const { status, words, body } = await (await openPage({ failuresTable }))('/parcel/82');
    expect(status).toBe(200);
    expect(words.join(' ')).toContain('Not looked at: failures: not looked for: the index unresolved');
    expect(body).not.toContain('event-98');
  });

  test('whose item is not a parcel is a problem that names the command for it', async () => {
    const { dynamodb, resources } = engines();
    await putItems(dynamodb, resources.parcelsTable, [{ parcelId: { N: '83' }, lastEventId: { N: '1' } }]);
    const { status, words } = await (await openPage())('/parcel/83');
    expect(status).toBe(500);
    expect(words.join(' ')).toContain('the operator finds out why by "waybill parcel 83"');
  });

  test('needs a token that may read', async () => {
    const get = await openPage();
    expect(await get('/parcel/81', tokens.ingest)).toMatchObject({ status: 403 });
    expect(await get('/parcel/81', 'waybill_wrong')).toMatchObject({
      status: 303,
      location: '/sign-in?next=%2Fparcel%2F81',
    });
  });
});
