import { systemClock } from '@waybill/shared/clock.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../../consumer/test/engines.ts';
import { storeParcels, tableOf } from '../../../../operations/test/parcels-rig.ts';
import { scan } from '../../../../processor/test/processor-rig.ts';
import { deploymentOf, openApi, tokens } from '../../../test/api-rig.ts';
import { textOf } from '../../../test/page-text.ts';

const engines = useEngines(process.env);
const nowMs = Date.parse('2026-11-28T10:00:00Z');
const old = '2026-11-20T10:00:00Z';

async function openPage({ withIndex = true, parcels = [] as readonly ReturnType<typeof scan>[] } = {}) {
  const { dynamodb, resources } = engines();
  const parcelsTable = await tableOf(dynamodb, tables.parcels, withIndex);
  await storeParcels(
    dynamodb,
    parcelsTable,
    parcels.map((each) => stateOf(each)),
    nowMs - 9 * 86_400_000,
  );
  const clock = { now: nowMs };
  const deps = {
    deployment: { ...deploymentOf(resources), parcelsTable },
    clock: { ...systemClock, now: () => clock.now },
  };
  const { app } = await openApi({ engines: engines(), deps });
  const get = async (url: string) => {
    const answer = await app.inject({ url, headers: { cookie: `waybill-80=${tokens.read}` } });
    return { status: answer.statusCode, body: answer.body, text: textOf(answer.body).join(' ') };
  };
  return { get, clock };
}

const idsIn = (body: string) => [...body.matchAll(/href="\/parcel\/(\d+)"/g)].map(([, id]) => Number(id));
const nextIn = (body: string) => /rel="next" href="([^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');

describe('the screen of stuck parcels', () => {
  test('lists open parcels without a scan for so long, each with a link and how long that is', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const { get } = await openPage({
      parcels: [
        scan(1, { parcelId: 9_007_199_254_740_991, type: hostile, statusCode: hostile, createdDateTimeUtc: old }),
        scan(2, { parcelId: 12, type: 'PICKUP', createdDateTimeUtc: old }),
        scan(3, { parcelId: 13, createdDateTimeUtc: '2026-11-28T09:00:00Z' }),
        scan(4, { parcelId: 14, type: 'DELIVERY', createdDateTimeUtc: old }),
      ],
    });
    const all = await get('/stuck');
    expect(all.status).toBe(200);
    expect(idsIn(all.body).sort()).toEqual([12, 9_007_199_254_740_991]);
    expect(all.text).toContain('2026-11-20 10:00:00Z 8 d ago');
    expect(all.text).toContain(`${hostile} ${hostile}`);
    expect(all.body).not.toContain('<img');
    expect(idsIn((await get('/stuck?since=30m&stage=')).body)).toHaveLength(3);
    const inTransit = await get('/stuck?since=48h&stage=in-transit');
    expect(idsIn(inTransit.body)).toEqual([12]);
    expect(inTransit.body).toContain('<option value="in-transit" selected>');
    expect((await get('/stuck?since=30d')).text).toContain(
      'Nothing is stuck: every open parcel was scanned within 30d.',
    );
  });

  test('goes on page by page with what the first page meant, however long that takes', async () => {
    const parcels = Array.from({ length: 51 }, (_, index) =>
      scan(index + 1, { parcelId: index + 1, createdDateTimeUtc: old }),
    );
    const { get, clock } = await openPage({ parcels });
    const first = await get('/stuck?since=48h');
    clock.now += 60_000;
    const next = nextIn(first.body);
    expect(next).toContain('before=2026-11-26T10%3A00%3A00.000Z');
    const second = await get(String(next));
    expect(second.status).toBe(200);
    expect([...idsIn(first.body), ...idsIn(second.body)].sort((a, b) => a - b)).toEqual(
      parcels.map(({ parcelId }) => parcelId),
    );
    expect(nextIn(second.body)).toBeUndefined();
    expect(second.body).toContain('First page');
  });

  test('says how to type a duration', async () => {
    const { get } = await openPage();
    const wrong = await get('/stuck?since=two+days');
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('This is not a duration. Type a number and a unit: 90m, 48h or 5d.');
    expect(wrong.body).toContain('value="two days"');
  });

  test('without the index says how to switch it on, and what serves meanwhile', async () => {
    const { get } = await openPage({ withIndex: false });
    const off = await get('/stuck?since=5d');
    expect(off.status).toBe(404);
    expect(off.text).toContain('the parcels table has no index open-parcels');
    expect(off.text).toContain('deploy with -c openIndex=true');
    expect(off.text).toContain('waybill parcels stuck --since 5d');
  });
});
