import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createClient, type WaybillClient } from '@waybill/client/client.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { openApi, tokens } from '../../packages/api/test/api-rig.ts';
import { useEngines } from '../../packages/consumer/test/engines.ts';
import { fill, stored } from './deployment.ts';

const engines = useEngines(process.env);
beforeAll(() => fill(engines()));

const run = promisify(execFile);

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

async function server(token: string = tokens.all) {
  const settings = { ingestSecrets: [{ name: 'carrier', secret }] };
  const { listen } = await openApi({ engines: engines(), settings });
  return { baseUrl: await listen(), token };
}

const element = {
  EventId: 85_000,
  ParcelId: 5_100,
  Type: 'PICKUP',
  CreatedDateTimeUtc: '2021-05-11T21:15:34.1506147Z',
};
const because = 'the parser is mended';
const filter = { reason: 'INVALID_EVENT' };

async function startPlanned(client: WaybillClient) {
  const planned = await client.planRedrive({ filter });
  return planned.status === 200 ? client.startRedrive({ filter, because, plan: planned.data }) : planned;
}

type Tried = { readonly status: number; readonly ask: (client: WaybillClient) => Promise<{ readonly status: number }> };

/** A request by each operation that the document has. */
const operations: Readonly<Record<keyof WaybillClient, Tried>> = {
  getParcel: { status: 200, ask: (client) => client.getParcel(stored.parcelId) },
  batchGetParcels: { status: 200, ask: (client) => client.batchGetParcels({ parcelIds: [stored.parcelId, 1] }) },
  listParcels: { status: 200, ask: (client) => client.listParcels({ open: 'true', limit: 2 }) },
  pushScanEvents: {
    status: 202,
    ask: (client) => client.pushScanEvents({ ScanEvents: [element] }, { headers: { 'Idempotency-Key': 'once' } }),
  },
  getBatch: { status: 200, ask: (client) => client.getBatch(stored.batchId) },
  listBatches: { status: 200, ask: (client) => client.listBatches() },
  getStatus: { status: 200, ask: (client) => client.getStatus() },
  listFailureGroups: { status: 200, ask: (client) => client.listFailureGroups() },
  listFailures: { status: 200, ask: (client) => client.listFailures({ limit: 1 }) },
  getFailure: { status: 200, ask: (client) => client.getFailure(stored.failureId) },
  planRedrive: { status: 200, ask: (client) => client.planRedrive({ filter }) },
  startRedrive: { status: 202, ask: startPlanned },
  getRedrive: { status: 404, ask: (client) => client.getRedrive('20261128T221530-00000001') },
  cancelRedrive: { status: 404, ask: (client) => client.cancelRedrive('20261128T221530-00000001') },
  listOperations: { status: 200, ask: (client) => client.listOperations() },
  listNotifications: { status: 404, ask: (client) => client.listNotifications() },
  getNotification: { status: 404, ask: (client) => client.getNotification('delivery-5002') },
  sendNotifications: { status: 404, ask: (client) => client.sendNotifications({ parcelIds: [stored.parcelId] }) },
  getOpenApiDocument: { status: 200, ask: (client) => client.getOpenApiDocument() },
};

describe('the client', () => {
  test('makes a request by every operation, and has its answer with its type', async () => {
    const client = createClient(await server());
    for (const [name, { status, ask }] of Object.entries(operations))
      expect({ name, ...(await ask(client)) }).toMatchObject({ name, status });
    const parcel = await client.getParcel(stored.parcelId);
    expect(parcel.status === 200 && parcel.data.pickup?.eventId).toBe(83_269);
    expect(Object.keys(client).sort()).toEqual(Object.keys(operations).sort());
  });

  test('has a problem as a value, and says by headers of one request what only that one needs', async () => {
    const client = createClient(await server(tokens.read));
    const missing = await client.getParcel(9_007_199_254_740_991);
    expect(missing.status === 404 && missing.data.code).toBe('NOT_FOUND');
    const forbidden = await client.pushScanEvents({ ScanEvents: [element] });
    expect(forbidden.status === 403 && forbidden.data.code).toBe('FORBIDDEN');
    const known = await client.getParcel(stored.parcelId);
    const etag = known.headers.get('etag') ?? '';
    const again = await client.getParcel(stored.parcelId, { headers: { 'if-none-match': etag } });
    expect(again).toMatchObject({ status: 304, data: undefined });
  });
});

describe('the examples of the docs', () => {
  /** What the first block of a language in the section prints when it runs against an API. */
  async function printed(page: string, section: string, language: 'sh' | 'ts'): Promise<string> {
    const [, text = ''] = (await readFile(page, 'utf8')).split(`\n## ${section}\n`);
    const [, code = ''] = text.split('\n## ')[0]?.split(`\`\`\`${language}\n`) ?? [];
    const [example = ''] = code.split('```');
    const { baseUrl, token } = await server();
    const env = { ...process.env, WAYBILL_URL: baseUrl, WAYBILL_TOKEN: token, WAYBILL_SECRET: secret };
    const node = [process.execPath, '--input-type=module-typescript', '-e'] as const;
    const [program, ...options] = language === 'sh' ? (['bash', '-euc'] as const) : node;
    return (await run(program, [...options, example], { env })).stdout;
  }

  test('run: curl', async () => {
    expect(await printed('README.md', 'Use it', 'sh')).toMatch(
      /^\{"parcelId":5002,.+\}\{"parcels":\[.+\}\{"batchId":"[^"]+","accepted":1,"rejected":\[\]\}$/s,
    );
  });

  test('run: the client', async () => {
    expect(await printed('README.md', 'Use it', 'ts')).toMatch(/^delivered \S+Z\n\[[\s\d,]+\] undefined\n$/);
  });

  test('run: a push that is signed', async () => {
    expect(await printed('docs/api.md', 'Push', 'ts')).toMatch(
      /^202 \{\s+batchId: '[^']+',\s+accepted: 1,\s+rejected: \[\]\s+\}\n$/,
    );
  });
});
