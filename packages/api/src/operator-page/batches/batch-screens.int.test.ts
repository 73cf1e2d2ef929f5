import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../../consumer/test/engines.ts';
import { tableOf } from '../../../../operations/test/parcels-rig.ts';
import { deploymentOf, openApi, tokens } from '../../../test/api-rig.ts';
import { textOf } from '../../../test/page-text.ts';

const engines = useEngines(process.env);
const nowMs = Date.parse('2026-11-28T10:00:00Z');

/** The page over a table with these batches; with `null`, without a table. */
async function openPage(batches: readonly Readonly<Record<string, unknown>>[] | null = []) {
  const { dynamodb, resources } = engines();
  const batchesTable = batches ? await tableOf(dynamodb, tables.batches) : undefined;
  const documents = DynamoDBDocumentClient.from(dynamodb);
  for (const batch of batches ?? []) {
    const Item = { createdDay: '2026-11-28', createdAtUtc: '2026-11-28T09:00:00.000Z', rejected: 0, ...batch };
    await documents.send(new PutCommand({ TableName: batchesTable, Item }));
  }
  const deployment = { ...deploymentOf(resources), batchesTable };
  const { app } = await openApi({
    engines: engines(),
    deps: { deployment, clock: { ...systemClock, now: () => nowMs } },
  });
  return async (url: string) => {
    const answer = await app.inject({ url, headers: { cookie: `waybill-80=${tokens.read}` } });
    return { status: answer.statusCode, body: answer.body, text: textOf(answer.body).join(' ') };
  };
}

const done = { state: 'sent', accepted: 1_000, packs: 8 };
const isLive = (body: string) => body.includes('data-every-seconds');

describe('the screen of batches', () => {
  test('lists what was pushed, the newest first, and narrows it down by status', async () => {
    const get = await openPage([
      { ...done, batchId: '20261128T080000000-a', failed: new Set(['event-7']) },
      { ...done, batchId: '20261128T090000000-b', pending: new Set([0, 1]), rejected: 2 },
    ]);
    const all = await get('/batches');
    expect(all.status).toBe(200);
    expect(all.text).toContain('20261128T090000000-b processing 2026-11-28 09:00:00Z 60 min ago 1,000 2 2 0');
    expect(all.text).toContain('20261128T080000000-a failed 2026-11-28 09:00:00Z 60 min ago 1,000 0 0 1');
    expect(all.text.indexOf('-b processing')).toBeLessThan(all.text.indexOf('-a failed'));
    expect(isLive(all.body)).toBe(true);
    const failed = await get('/batches?status=failed');
    expect(failed.text).toContain('20261128T080000000-a');
    expect(failed.text).not.toContain('20261128T090000000-b');
    expect(failed.body).toContain('href="/batches?status=failed" aria-current="true"');
    expect((await get('/batches?status=queued')).text).toContain('No batch is queued.');
  });

  test('goes on page by page', async () => {
    const ids = Array.from({ length: 51 }, (_, index) => `20261128T09000${String(index).padStart(4, '0')}-c`);
    const get = await openPage(ids.map((batchId) => ({ ...done, batchId })));
    const first = await get('/batches');
    const next = /rel="next" href="([^"]*)"/.exec(first.body)?.[1];
    const second = await get(String(next));
    const idsIn = (body: string) => [...body.matchAll(/id="batch-([^"]*)"/g)].map(([, id]) => id);
    expect([...idsIn(first.body), ...idsIn(second.body)]).toEqual(ids.toReversed());
    expect(second.body).not.toContain('rel="next"');
    expect(isLive(second.body)).toBe(false);
  });

  test('says so where nothing was pushed, and where nothing can be', async () => {
    expect((await (await openPage())('/batches')).text).toContain('Nothing was pushed over HTTP lately.');
    const get = await openPage(null);
    for (const url of ['/batches', '/batches/x']) {
      const { status, text } = await get(url);
      expect([status, text]).toEqual([404, expect.stringContaining('Nothing is pushed to this deployment')]);
    }
  });
});

describe('the screen of one batch', () => {
  test('says how it stands, and leads to the records of what failed', async () => {
    const startedAtUtc = '2026-11-28T09:00:02.000Z';
    const get = await openPage([
      {
        ...done,
        batchId: 'b-1',
        startedAtUtc,
        finishedAtUtc: startedAtUtc,
        failed: new Set(['event-9007199254740991']),
      },
      { ...done, batchId: 'b-2', pending: new Set([7]), rejected: 1 },
    ]);
    const failed = await get('/batches/b-1');
    expect(failed.text).toContain('This batch is done in part: some of its events failed.');
    expect(failed.text).toContain('Packs pending 0 of 8');
    expect(failed.text).toContain('Finished 2026-11-28 09:00:02Z 60 min ago');
    expect(failed.body).toContain('href="/failures/record/event-9007199254740991"');
    expect(isLive(failed.body)).toBe(false);
    const underWay = await get('/batches/b-2');
    expect(underWay.text).toContain('This batch is being written. 1 event of it was refused');
    expect(isLive(underWay.body)).toBe(true);
  });

  test('that is not there says for how long one is', async () => {
    const { status, text, body } = await (await openPage())(`/batches/${encodeURIComponent('<b>')}`);
    expect(status).toBe(404);
    expect(text).toContain('There is no batch <b>. Batches are kept for 14 days.');
    expect(body).not.toContain('<b>');
  });
});
