import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { itemOfOldRelease, processHalf, putItems, storeParcels, tableOf } from '../../test/parcels-rig.ts';
import {
  type OpenPosition,
  openFromStart,
  openParcelsPage,
  openPositionShape,
  requireOpenIndex,
} from './open-parcels.ts';
import { stuckParcels, stuckShape } from './stuck-parcels.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
const dayMs = 86_400_000;
const startMs = Date.parse('2026-11-01T00:00:00Z');

/** Forty parcels in a few batches, so that some are first seen at the same time; each fifth is delivered. */
function someParcels(): { readonly seenAtMs: number; readonly state: ParcelState }[] {
  return Array.from({ length: 40 }, (_, at) => {
    const parcelId = 1 + at * 7;
    const seenAtMs = startMs + ((at * 13) % 10) * dayMs;
    const createdDateTimeUtc = `${new Date(seenAtMs).toISOString().slice(0, 19)}.${at}5Z`;
    const seen = stateOf(scan(1_000 + at, { parcelId, createdDateTimeUtc, type: at % 2 === 0 ? 'PICKUP' : 'STATUS' }));
    const delivery = stateOf(scan(2_000 + at, { parcelId, createdDateTimeUtc, type: 'DELIVERY' }));
    return { seenAtMs, state: at % 5 === 0 ? merge(seen, delivery) : seen };
  });
}

const expected = someParcels()
  .filter(({ state }) => !state.milestones.delivery)
  .sort((a, b) => a.seenAtMs - b.seenAtMs || a.state.parcelId - b.state.parcelId);

const tablesMade = new Map<boolean, Promise<string>>();

/** The parcels in a table of their own, with the index or without. */
async function question(openIndex = true) {
  const { dynamodb } = engines();
  const made = tablesMade.get(openIndex) ?? storeSome(openIndex);
  tablesMade.set(openIndex, made);
  const deployment = { parcelsTable: await made };
  return { dynamodb, deployment, clock: instantClock(), random: () => 0.5, mapping: new Map() };
}

async function storeSome(openIndex: boolean): Promise<string> {
  const { dynamodb } = engines();
  const parcelsTable = await tableOf(dynamodb, tables.parcels, openIndex);
  const groups = Map.groupBy(someParcels(), ({ seenAtMs }) => seenAtMs);
  for (const [seenAtMs, parcels] of groups)
    await storeParcels(
      dynamodb,
      parcelsTable,
      parcels.map(({ state }) => state),
      seenAtMs,
    );
  return parcelsTable;
}

const idsOf = (parcels: readonly { readonly parcelId: number }[]) => parcels.map(({ parcelId }) => parcelId);

describe('open parcels', () => {
  test('come page by page, those first seen longest ago first, each once, whatever the size of a page', async () => {
    const asked = await question();
    for (const limit of [9, 100]) {
      const found: number[] = [];
      let position: OpenPosition | undefined = openFromStart;
      while (position) {
        const page = await openParcelsPage(asked, {}, { limit, position }, never);
        expect(page.parcels.length).toBeLessThanOrEqual(limit);
        expect(page.unjudged).toEqual([]);
        found.push(...idsOf(page.parcels));
        // As an API's cursor carries it.
        position = page.next && openPositionShape.parse(JSON.parse(JSON.stringify(page.next)));
      }
      expect(found.toSorted((a, b) => a - b)).toEqual(
        idsOf(expected.map(({ state }) => state)).toSorted((a, b) => a - b),
      );
      const seenAt = new Map(expected.map(({ state, seenAtMs }) => [state.parcelId, seenAtMs]));
      const times = found.map((parcelId) => seenAt.get(parcelId) ?? 0);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  test('are narrowed by stage and by the instant of the latest scan', async () => {
    const asked = await question();
    const before = `${new Date(startMs + 4 * dayMs).toISOString().slice(0, 19)}.2Z`;
    const answer = await stuckParcels(
      asked,
      { filter: { stage: 'in-transit', lastScanBefore: before }, limit: 100 },
      never,
    );
    const fits = expected.filter(({ state, seenAtMs }) => {
      const at = state.latest.eventId - 1_000;
      const isBefore = seenAtMs < startMs + 4 * dayMs || (seenAtMs === startMs + 4 * dayMs && Number(`0.${at}5`) < 0.2);
      return state.milestones.pickup !== undefined && isBefore;
    });
    expect(fits.length).toBeGreaterThan(3);
    expect(new Set(idsOf(answer.parcels))).toEqual(new Set(idsOf(fits.map(({ state }) => state))));
    expect(answer.hasMore).toBe(false);
  });

  test('without the index are found by a scan, in the same order, and the answer says so', async () => {
    const [withIndex, without] = [await question(), await question(false)];
    await expect(requireOpenIndex(without, never)).rejects.toMatchObject({ code: 'INDEX_OFF' });
    await expect(requireOpenIndex(withIndex, never)).resolves.toBeUndefined();
    for (const limit of [5, 100]) {
      const answer = stuckShape.parse(await stuckParcels(without, { filter: {}, limit }, never));
      const seen = (await stuckParcels(withIndex, { filter: {}, limit }, never)).hasMore;
      expect(answer.hasMore).toBe(seen);
      expect(idsOf(answer.parcels)).toEqual(idsOf(expected.map(({ state }) => state)).slice(0, limit));
      expect(answer.notLookedAt).toEqual([expect.stringContaining('has no index open-parcels: the whole table')]);
    }
  });

  test('that cannot be judged are counted and named, and delivered ones that 0.1.0 left in the index are not shown', async () => {
    const { dynamodb } = engines();
    const asked = { ...(await question()), deployment: { parcelsTable: await storeSome(true) } };
    const marks = (parcelId: number) => ({
      openShard: { N: String(parcelId % 16) },
      openedAtMs: { N: String(startMs) },
    });
    await putItems(dynamodb, asked.deployment.parcelsTable, [
      { parcelId: { N: '9001' }, ...marks(9001) },
      itemOfOldRelease(stateOf(scan(1, { parcelId: 9002, createdDateTimeUtc: 'soon' })), marks(9002)),
      itemOfOldRelease(stateOf(scan(1, { parcelId: 9003, type: 'DELIVERY' })), marks(9003)),
    ]);
    const filter = { lastScanBefore: '2021-01-01T00:00:00Z' };
    for (const limit of [1, 100]) {
      const answer = await stuckParcels(asked, { filter, limit }, never);
      expect(answer).toMatchObject({ parcels: [], unjudged: 2 });
      expect(new Set(idsOf(answer.unjudgedParcels))).toEqual(new Set([9001, 9002]));
    }
  });

  test('that DynamoDB leaves unprocessed are asked for again', async () => {
    const asked = await question();
    const half = processHalf(asked.dynamodb);
    const { parcels } = await stuckParcels(asked, { filter: {}, limit: 100 }, never).finally(half.end);
    expect(idsOf(parcels).length).toBe(expected.length);
    expect(half.calls()).toBeGreaterThan(3);
    expect(asked.clock.sleeps.length).toBeGreaterThan(2);
  });

  test('make a short page where their histories are long, so that an answer is bounded in size', async () => {
    const { dynamodb } = engines();
    const parcelsTable = await tableOf(dynamodb, tables.parcels);
    const long = Array.from({ length: 100 }, (_, at) => JSON.stringify([at + 1, 'x'.repeat(64), 'y'.repeat(50), '']));
    const parcelIds = Array.from({ length: 105 }, (_, at) => at + 1);
    const items = parcelIds.map((parcelId) =>
      itemOfOldRelease(stateOf(scan(parcelId)), {
        history: { SS: long },
        openShard: { N: String(parcelId % 16) },
        openedAtMs: { N: String(parcelId) },
      }),
    );
    await putItems(dynamodb, parcelsTable, items);
    const asked = { ...(await question()), deployment: { parcelsTable } };
    const first = await openParcelsPage(asked, {}, { limit: 1_000, position: openFromStart }, never);
    expect(idsOf(first.parcels)).toEqual(parcelIds.slice(0, 100));
    const second = await openParcelsPage(asked, {}, { limit: 1_000, position: first.next ?? openFromStart }, never);
    expect([idsOf(second.parcels), second.next]).toEqual([parcelIds.slice(100), undefined]);
  });
});
