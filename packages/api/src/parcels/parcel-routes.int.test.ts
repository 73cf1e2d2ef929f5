import type { GetItemCommandInput } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import {
  itemOfOldRelease,
  processHalf,
  putItems,
  storeParcels,
  tableOf,
} from '../../../operations/test/parcels-rig.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { type ApiRig, bearer, deploymentOf, openApi, tokens } from '../../test/api-rig.ts';
import { createCursors } from '../pages/cursor.ts';
import { createParcelQueries } from './parcel-queries.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
const asOfUtc = '2021-05-11T21:11:34.000Z';
const through = { completeThroughEventId: 83_270, asOfUtc };

const stillClock = { ...systemClock, now: () => Date.parse(asOfUtc), monotonic: () => 0 };

type Options = {
  /** A parcels table of the test's own, with the index of open parcels or without; else one that all share, under ids of their own. */
  readonly table?: 'with index' | 'without index';
  readonly feed?: 'known' | 'unknown';
};

/** The API with a clock that stands still. */
async function parcelsApi({ table, feed = 'known' }: Options = {}) {
  const { dynamodb, resources } = engines();
  const parcelsTable = table ? await tableOf(dynamodb, tables.parcels, table === 'with index') : resources.parcelsTable;
  if (feed === 'known') {
    const watermark = through.completeThroughEventId;
    const Item = { feed, watermark, lastEventId: watermark + 2, fencingToken: 1, leaseCounter: 1 };
    const documents = DynamoDBDocumentClient.from(dynamodb);
    await documents.send(new PutCommand({ TableName: resources.checkpointsTable, Item }));
  }
  const deployment = { ...deploymentOf(resources), parcelsTable, feed };
  const api = await openApi({ engines: engines(), deps: { deployment, clock: stillClock } });
  return {
    ...api,
    parcelsTable,
    store: (...scans: ReturnType<typeof scan>[]) =>
      storeParcels(
        dynamodb,
        parcelsTable,
        scans.map((each) => stateOf(each)),
        1_000,
      ),
    put: (...items: Parameters<typeof putItems>[2][number][]) => putItems(dynamodb, parcelsTable, items),
  };
}

const idsOf = (parcels: readonly { readonly parcelId: number }[]) => parcels.map(({ parcelId }) => parcelId);
const notAParcel = (parcelId: number) => ({ parcelId: { N: String(parcelId) }, lastEventId: { N: '1' } });
const whyNot = (parcelId: number) => `the stored item of parcel ${parcelId} is not a parcel: type is missing`;

/** Every page of a list, with limits that vary. */
async function pagesOf({ ask }: Pick<ApiRig, 'ask'>, query: Record<string, string>, limits: readonly number[]) {
  const parcels: { readonly parcelId: number }[] = [];
  const unreadable: unknown[] = [];
  const cursors: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const limit = limits[cursors.length % limits.length] ?? 1;
    const asked = { ...query, limit: String(limit), ...(cursor !== undefined && { cursor }) };
    const { status, body } = await ask({ url: '/v1/parcels', query: asked });
    expect(status).toBe(200);
    expect(body).toMatchObject(through);
    expect(body.parcels.length).toBeLessThanOrEqual(limit);
    parcels.push(...body.parcels);
    unreadable.push(...(body.unreadable ?? []));
    cursor = body.nextCursor;
    if (cursor === undefined) return { parcels, unreadable, cursors };
    cursors.push(cursor);
  }
}

describe('GET /v1/parcels/{parcelId}', () => {
  test('returns the parcel as the contract shows it, whatever a newer release has added to its item', async () => {
    const { ask, put } = await parcelsApi();
    const latest = scan(83_270, { parcelId: 5_002, createdDateTimeUtc: '2021-05-11T21:15:34.1506147Z', runId: '100' });
    const pickup = scan(83_269, {
      parcelId: 5_002,
      type: 'PICKUP',
      createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
    });
    const history = {
      SS: [
        '[83270,"2021-05-11T21:15:34.1506147Z","STATUS","OK","added"]',
        '[83269,"2021-05-11T21:11:34.1506147Z","PICKUP",""]',
      ],
    };
    const added = { added: { M: { deep: { L: [{ BOOL: true }] } } }, history };
    await put(itemOfOldRelease(merge(stateOf({ ...latest, statusCode: 'OK' }), stateOf(pickup)), added));
    const { status, headers, body } = await ask({ url: '/v1/parcels/5002' });
    expect(status).toBe(200);
    expect(body).toEqual({
      parcelId: 5_002,
      stage: 'in-transit',
      latest: {
        eventId: 83_270,
        type: 'STATUS',
        statusCode: 'OK',
        runId: '100',
        createdDateTimeUtc: '2021-05-11T21:15:34.1506147Z',
      },
      pickup: { eventId: 83_269, timeUtc: '2021-05-11T21:11:34.1506147Z' },
      delivery: null,
      history: [
        { eventId: 83_270, createdDateTimeUtc: '2021-05-11T21:15:34.1506147Z', type: 'STATUS', statusCode: 'OK' },
        { eventId: 83_269, createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z', type: 'PICKUP', statusCode: '' },
      ],
      revision: 1,
      updatedAtUtc: '2021-05-12T00:00:00.000Z',
      ...through,
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      etag: '"1"',
      'cache-control': 'private, no-cache',
      'waybill-as-of': asOfUtc,
      'waybill-complete-through': '83270',
    });
  });

  test('returns 304 without a body, and how fresh that is, where the client has the revision', async () => {
    const { ask, store } = await parcelsApi();
    await store(scan(1, { parcelId: 71 }));
    const url = '/v1/parcels/71';
    for (const tag of ['"1"', 'W/"1"', '"9", W/"1"', '*']) {
      const { status, headers, text } = await ask({ url, headers: { 'if-none-match': tag } });
      expect({ status, text }).toEqual({ status: 304, text: '' });
      expect(headers).toMatchObject({
        etag: '"1"',
        'cache-control': 'private, no-cache',
        'waybill-as-of': asOfUtc,
        'waybill-complete-through': '83270',
        'x-request-id': expect.anything(),
      });
      expect(headers).not.toHaveProperty('content-type');
    }
    await store(scan(2, { parcelId: 71 }));
    const changed = await ask({ url, headers: { 'if-none-match': '"1"' } });
    expect(changed).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { revision: 2 } });
  });

  test('returns to HEAD the headers alone', async () => {
    const { ask, store } = await parcelsApi();
    await store(scan(1, { parcelId: 72 }));
    const url = '/v1/parcels/72';
    const whole = await ask({ url });
    const head = await ask({ url, method: 'HEAD' });
    const { date: _, 'x-request-id': __, connection: ___, ...headers } = whole.headers;
    expect(head).toMatchObject({ status: 200, text: '', headers });
    expect(headers).toHaveProperty('content-length', String(Buffer.byteLength(whole.text)));
    expect(await ask({ url, method: 'HEAD', headers: { 'if-none-match': '"1"' } })).toMatchObject({ status: 304 });
    expect(await ask({ url: '/v1/parcels/88', method: 'HEAD' })).toMatchObject({ status: 404, text: '' });
  });

  test('returns 404 with what is known of the feed', async () => {
    const [known, unknown] = [await parcelsApi(), await parcelsApi({ feed: 'unknown' })];
    expect(await known.ask({ url: '/v1/parcels/9007199254740991', headers: { 'if-none-match': '*' } })).toMatchObject({
      status: 404,
      body: {
        code: 'NOT_FOUND',
        detail: 'parcel 9007199254740991 is not stored; the feed is on the queue through EventId 83270',
        ...through,
      },
    });
    const { status, body } = await unknown.ask({ url: '/v1/parcels/73' });
    expect({ status, ...body }).toMatchObject({ status: 404, completeThroughEventId: null, asOfUtc });
    await unknown.store(scan(1, { parcelId: 73 }));
    const { headers } = await unknown.ask({ url: '/v1/parcels/73' });
    expect(headers).not.toHaveProperty('waybill-complete-through');
  });

  test('reads the parcel consistently, and the checkpoint once however many ask', async () => {
    const { ask, store, parcelsTable, deps } = await parcelsApi();
    await store(scan(1, { parcelId: 74 }));
    const reads: GetItemCommandInput[] = [];
    deps.dynamodb.middlewareStack.add(
      (next) => (args) => {
        // Holds: a parcel and the checkpoint are each read by a GetItem.
        reads.push(args.input as GetItemCommandInput);
        return next(args);
      },
      { step: 'initialize', name: 'recordReads' },
    );
    await Promise.all(Array.from({ length: 10 }, () => ask({ url: '/v1/parcels/74' })));
    await ask({ url: '/v1/parcels/74' });
    deps.dynamodb.middlewareStack.remove('recordReads');
    const ofParcel = reads.filter(({ TableName }) => TableName === parcelsTable);
    expect(ofParcel.map(({ ConsistentRead }) => ConsistentRead)).toEqual(Array.from({ length: 11 }, () => true));
    expect(reads.length - ofParcel.length).toBe(1);
  });

  test('returns 500 for an item that is not a parcel, and says to whom to turn', async () => {
    const { ask, put, lines } = await parcelsApi();
    await put(notAParcel(75));
    const { status, body } = await ask({ url: '/v1/parcels/75' });
    expect({ status, code: body.code }).toEqual({ status: 500, code: 'INTERNAL' });
    expect(body.detail).toContain('"waybill parcel 75"');
    expect(lines.some(({ msg }) => msg === 'request failed')).toBe(true);
  });

  test('returns 503 while the checkpoint cannot be read and was not before', async () => {
    const { resources } = engines();
    const deployment = { ...deploymentOf(resources), checkpointsTable: 'waybill-no-such-table' };
    const { ask } = await openApi({ engines: engines(), deps: { deployment } });
    const { status, headers, body } = await ask({ url: '/v1/parcels/7' });
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'UNAVAILABLE' });
    expect(headers).toHaveProperty('retry-after');
    expect(JSON.stringify(body)).not.toContain('waybill-no-such-table');
  });
});

describe('POST /v1/parcels/batch-get', () => {
  const url = '/v1/parcels/batch-get';
  const ask = (api: ApiRig, body: object) => api.ask({ method: 'POST', url, body });

  test('returns parcels in the order asked for, each once, what is missing, and what cannot be shown', async () => {
    const api = await parcelsApi();
    await api.store(...[205, 203, 209].map((parcelId) => scan(parcelId, { parcelId })));
    await api.put(notAParcel(207));
    const { status, body } = await ask(api, { parcelIds: [209, 204, 207, 203, 209, 204, 205] });
    expect(status).toBe(200);
    expect(idsOf(body.parcels)).toEqual([209, 203, 205]);
    const { parcels: _, ...rest } = body;
    expect(rest).toEqual({ missing: [204], unreadable: [{ parcelId: 207, problem: whyNot(207) }], ...through });
    expect(api.lines.filter(({ msg }) => msg === 'stored items cannot be shown')).toMatchObject([{ count: 1 }]);
  });

  test('asks again for what DynamoDB leaves unprocessed', async () => {
    const api = await parcelsApi();
    const parcelIds = Array.from({ length: 100 }, (_, at) => 1_001 + at);
    await api.store(...parcelIds.slice(50).map((parcelId) => scan(parcelId)));
    const half = processHalf(engines().dynamodb);
    const { body } = await ask(api, { parcelIds }).finally(half.end);
    expect(idsOf(body.parcels)).toEqual(parcelIds.slice(50));
    expect(body.missing).toEqual(parcelIds.slice(0, 50));
    expect(half.calls()).toBe(7);
  });

  test.each([
    [{ parcelIds: [] }],
    [{ parcelIds: Array.from({ length: 101 }, (_, at) => 1 + at) }],
    [{ parcelIds: [0] }],
    [{ parcelIds: [2 ** 53] }],
    [{ parcelIds: [1.5] }],
    [{ parcelIds: ['5'] }],
    [{ parcelIds: [5], limit: 1 }],
    [{}],
    [[5]],
  ])('refuses %j', async (body) => {
    const api = await openApi({ engines: engines() });
    const answer = await ask(api, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', errors: [{}] } });
  });
});

describe('GET /v1/parcels', () => {
  test('returns all parcels page by page, each once, while limits vary, with what cannot be shown', async () => {
    const api = await parcelsApi({ table: 'with index' });
    const parcelIds = Array.from({ length: 60 }, (_, at) => 1 + at * 3);
    await api.put(...parcelIds.map((parcelId) => itemOfOldRelease(stateOf(scan(parcelId)))), notAParcel(5));
    const { parcels, unreadable } = await pagesOf(api, {}, [1, 25, 7, 1_000_000]);
    expect(idsOf(parcels).toSorted((a, b) => a - b)).toEqual(parcelIds);
    expect(unreadable).toEqual([{ parcelId: 5, problem: whyNot(5) }]);
  });

  test('returns open parcels, those first seen longest ago first, and a parcel that is delivered between two pages not any more', async () => {
    const api = await parcelsApi({ table: 'with index' });
    const seen = [40, 3, 21, 8, 17, 16, 33, 2];
    for (const [at, parcelId] of seen.entries())
      await storeParcels(engines().dynamodb, api.parcelsTable, [stateOf(scan(100 + at, { parcelId }))], 1_000 + at);
    await api.store(scan(900, { parcelId: 50, type: 'DELIVERY' }));
    expect(idsOf((await pagesOf(api, { open: 'true' }, [3, 1, 2])).parcels)).toEqual(seen);
    const { body: first } = await api.ask({ url: '/v1/parcels?open=true&limit=3' });
    expect(idsOf(first.parcels)).toEqual([40, 3, 21]);
    // What the cursor ends at, and what comes after it.
    await api.store(scan(901, { parcelId: 21, type: 'DELIVERY' }), scan(902, { parcelId: 17, type: 'DELIVERY' }));
    const { body: second } = await api.ask({ url: `/v1/parcels?open=true&cursor=${first.nextCursor}` });
    expect(idsOf(second.parcels)).toEqual([8, 16, 33, 2]);
    expect(second).not.toHaveProperty('nextCursor');
  });

  test('narrows open parcels by stage and latest scan', async () => {
    const api = await parcelsApi({ table: 'with index' });
    const at = (second: string) => ({ createdDateTimeUtc: `2021-05-11T21:11:${second}Z` });
    await api.store(
      scan(1, { type: 'PICKUP', ...at('34.10') }),
      scan(2, { type: 'PICKUP', ...at('34.2') }),
      scan(3, at('00')),
    );
    await api.put(
      itemOfOldRelease(stateOf(scan(4, { type: 'PICKUP', createdDateTimeUtc: 'soon' })), {
        openShard: { N: '4' },
        openedAtMs: { N: '1' },
      }),
    );
    const found = async (query: string) => {
      const { body } = await api.ask({ url: `/v1/parcels?open=true&${query}` });
      return [idsOf(body.parcels).toSorted(), body.unreadable ?? []];
    };
    expect(await found('stage=in-transit')).toEqual([[1, 2, 4], []]);
    expect(await found('stage=registered')).toEqual([[3], []]);
    expect(await found('stage=delivered')).toEqual([[], []]);
    const unclear = [{ parcelId: 4, problem: 'the time of its latest scan cannot be read' }];
    expect(await found('stage=in-transit&lastScanBefore=2021-05-11T21:11:34.2Z')).toEqual([[1], unclear]);
    expect(await found('lastScanBefore=2021-05-11T21:11:00Z')).toEqual([[], unclear]);
    expect(await found('lastScanBefore=2021-05-11T21:12:00Z')).toEqual([[1, 2, 3], unclear]);
  });

  test('refuses a cursor of other filters, one that was changed and one of another token that is gone', async () => {
    const api = await parcelsApi({ table: 'with index' });
    await api.store(...[1, 2, 3].map((id) => scan(id)));
    const { body: open } = await api.ask({ url: '/v1/parcels?open=true&limit=1' });
    const { body: all } = await api.ask({ url: '/v1/parcels?limit=1' });
    for (const query of [
      `cursor=${open.nextCursor}`,
      `open=true&cursor=${all.nextCursor}`,
      `open=true&stage=registered&cursor=${open.nextCursor}`,
      `open=true&cursor=${open.nextCursor}A`,
      `open=true&cursor=${open.nextCursor}&cursor=${open.nextCursor}`,
      'cursor=',
      `cursor=${'A'.repeat(5_000)}`,
    ]) {
      const { status, body } = await api.ask({ url: `/v1/parcels?${query}` });
      expect({ query, status, errors: body.errors }).toMatchObject({
        query,
        status: 400,
        errors: [{ pointer: '/cursor' }],
      });
    }
    const withoutIt = await openApi({
      engines: engines(),
      settings: { tokens: api.deps.settings.tokens.slice(0, 1) },
      deps: { deployment: api.deps.deployment },
    });
    const ask = (token: string) =>
      withoutIt.ask({ url: `/v1/parcels?open=true&cursor=${open.nextCursor}`, headers: bearer(token) });
    expect(await ask(tokens.read)).toMatchObject({ status: 400 });
  });

  test('returns 404 INDEX_OFF for open parcels where the table has no index, and all parcels all the same', async () => {
    const api = await parcelsApi({ table: 'without index' });
    expect(await api.ask({ url: '/v1/parcels?open=true' })).toMatchObject({ status: 404, body: { code: 'INDEX_OFF' } });
    expect(await api.ask({ url: '/v1/parcels' })).toMatchObject({ status: 200, body: { parcels: [] } });
  });
});

describe('questions about parcels', () => {
  test.each([
    ['/v1/parcels/0'],
    ['/v1/parcels/-5'],
    ['/v1/parcels/+5'],
    ['/v1/parcels/05'],
    ['/v1/parcels/5.0'],
    ['/v1/parcels/5e3'],
    ['/v1/parcels/%205'],
    ['/v1/parcels/0x5'],
    ['/v1/parcels/9007199254740992'],
    ['/v1/parcels/99999999999999999999'],
    ['/v1/parcels?limit=0'],
    ['/v1/parcels?limit=-1'],
    ['/v1/parcels?limit=ten'],
    ['/v1/parcels?offset=3'],
    ['/v1/parcels?open=false'],
    ['/v1/parcels?open='],
    ['/v1/parcels?open=true&stage=lost'],
    ['/v1/parcels?open=true&lastScanBefore=2021-05-11T21:15:34'],
    ['/v1/parcels?open=true&lastScanBefore=2021-05-11T21:15Z'],
    ['/v1/parcels?open=true&lastScanBefore=2021-05-11T21:15:34%2B02:00'],
    ['/v1/parcels?open=true&lastScanBefore=2021-02-30T21:15:34Z'],
    ['/v1/parcels?stage=in-transit'],
    ['/v1/parcels?lastScanBefore=2021-05-11T21:15:34Z'],
  ])('are refused as %s', async (url) => {
    const { ask } = await openApi({ engines: engines() });
    expect(await ask({ url })).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', errors: [{}] } });
  });

  test('need the scope read, in the route and in the act', async () => {
    const { ask, deps } = await openApi({ engines: engines() });
    const requests = [
      { url: '/v1/parcels/7' },
      { url: '/v1/parcels' },
      { method: 'POST', url: '/v1/parcels/batch-get', body: { parcelIds: [7] } },
    ] as const;
    for (const request of requests) {
      expect(await ask({ ...request, headers: bearer(tokens.ingest) })).toMatchObject({ status: 403 });
      expect(await ask({ ...request, headers: bearer('waybill_unknown') })).toMatchObject({ status: 401 });
    }
    const { one, some, open, all } = createParcelQueries({ ...deps, cursors: createCursors(deps.settings.tokens) });
    const ingests = { name: 'carrier', scopes: new Set(['ingest'] as const) };
    const forbidden = { code: 'FORBIDDEN' };
    await expect(one(ingests, 7, never)).rejects.toMatchObject(forbidden);
    await expect(some(ingests, [7], never)).rejects.toMatchObject(forbidden);
    await expect(open(ingests, {}, { limit: 1 }, never)).rejects.toMatchObject(forbidden);
    await expect(all(ingests, { limit: 1 }, never)).rejects.toMatchObject(forbidden);
  });
});
