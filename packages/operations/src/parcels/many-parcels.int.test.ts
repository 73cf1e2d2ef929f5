import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { itemOfOldRelease, processHalf, putItems, storeParcels, tableOf } from '../../test/parcels-rig.ts';
import { allParcelsPage } from './all-parcels.ts';
import { getParcels } from './get-parcels.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;

async function question() {
  const { dynamodb } = engines();
  const deployment = { parcelsTable: await tableOf(dynamodb, tables.parcels) };
  return { dynamodb, deployment, clock: instantClock(), random: () => 0.5, mapping: new Map() };
}

const idsOf = (parcels: readonly { readonly parcelId: number }[]) => parcels.map(({ parcelId }) => parcelId);
const notAParcel = { parcelId: { N: '7777' }, lastEventId: { N: '1' } };
const whyNot = { parcelId: 7_777, problem: 'the stored item of parcel 7777 is not a parcel: type is missing' };

describe('parcels asked for by their ids', () => {
  test('come in the order asked for, each once, with the ids that are not stored and the items that are not parcels', async () => {
    const asked = await question();
    const states = [5, 3, 9].map((parcelId) => stateOf(scan(100 + parcelId, { parcelId })));
    await storeParcels(asked.dynamodb, asked.deployment.parcelsTable, states, 0);
    await putItems(asked.dynamodb, asked.deployment.parcelsTable, [
      notAParcel,
      itemOfOldRelease(stateOf(scan(1, { parcelId: 8 })), { ofANewerRelease: { M: { deep: { BOOL: true } } } }),
    ]);
    const found = await getParcels(asked, [9, 4, 7_777, 3, 9, 8, 4, Number.MAX_SAFE_INTEGER, 5], never);
    expect(idsOf(found.parcels)).toEqual([9, 3, 8, 5]);
    expect(found.parcels[0]).toMatchObject({ parcelId: 9, stage: 'registered', latest: { eventId: 109 } });
    expect(found.missing).toEqual([4, Number.MAX_SAFE_INTEGER]);
    expect(found.unreadable).toEqual([whyNot]);
  });

  test('are asked for again where DynamoDB leaves some unprocessed, which are not taken for missing', async () => {
    const asked = await question();
    const parcelIds = Array.from({ length: 100 }, (_, at) => 500 - at * 3);
    const stored = parcelIds.filter((parcelId) => parcelId % 2 === 0);
    await storeParcels(
      asked.dynamodb,
      asked.deployment.parcelsTable,
      stored.map((parcelId) => stateOf(scan(parcelId))),
      0,
    );
    const half = processHalf(asked.dynamodb);
    const found = await getParcels(asked, parcelIds, never).finally(half.end);
    expect(idsOf(found.parcels)).toEqual(stored);
    expect(found.missing).toEqual(parcelIds.filter((parcelId) => parcelId % 2 !== 0));
    // 100, 50, 25, 12, 6, 3, 1 keys.
    expect(half.calls()).toBe(7);
    expect(asked.clock.sleeps.length).toBe(6);
  });
});

describe('all parcels', () => {
  test('come page by page, each once, whatever the limits, with the items that are not parcels', async () => {
    const asked = await question();
    const parcelIds = Array.from({ length: 2_500 }, (_, at) => 1 + at * 3);
    const items = [...parcelIds.map((parcelId) => itemOfOldRelease(stateOf(scan(parcelId)))), notAParcel];
    const batches = Array.from({ length: Math.ceil(items.length / 25) }, (_, at) => items.slice(at * 25, at * 25 + 25));
    for (let at = 0; at < batches.length; at += 10) {
      const puts = batches.slice(at, at + 10).map((batch) => batch.map((Item) => ({ PutRequest: { Item } })));
      await Promise.all(
        puts.map((requests) =>
          asked.dynamodb.send(
            new BatchWriteItemCommand({ RequestItems: { [asked.deployment.parcelsTable]: requests } }),
          ),
        ),
      );
    }
    const limits = [1, 1_000, 7, 333, 100, 1_000, 640];
    const found: number[] = [];
    const unreadable: unknown[] = [];
    let position: string | undefined;
    let pages = 0;
    do {
      const limit = limits[pages % limits.length] ?? 1;
      const page = await allParcelsPage(asked, { limit, position }, never);
      expect(page.parcels.length + page.unreadable.length).toBeLessThanOrEqual(limit);
      found.push(...idsOf(page.parcels));
      unreadable.push(...page.unreadable);
      position = page.next;
      pages += 1;
    } while (position !== undefined);
    expect(found.toSorted((a, b) => a - b)).toEqual(parcelIds);
    expect(unreadable).toEqual([whyNot]);
    expect(pages).toBeGreaterThan(5);
  });
});
