import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { keptOnTrial, scan } from '../../../processor/test/processor-rig.ts';
import { storeParcels } from '../../test/parcels-rig.ts';
import { planRepair, runRepair } from './repair-act.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
const context = { signal: never };
// Far ahead: an engine that honours the TTL deletes what expired years ago in the middle of a test.
const nowMs = Date.parse('2124-06-01T12:00:00Z');
const deliveredAt = '2124-05-11T21:11:34.1506147Z';
const wrong = 9_000_000_000;
const kept30Days = { historyEvents: 32, retentionDays: 30 };

function deps() {
  const { dynamodb, resources } = engines();
  return { dynamodb, deployment: resources, clock: { now: () => nowMs, monotonic: () => 0 }, mapping: new Map() };
}

const of = (parcelId: number, eventId: number, type = 'STATUS') =>
  stateOf(scan(eventId, { parcelId, type, createdDateTimeUtc: deliveredAt }));

async function store(state: ParcelState, kept = keptOnTrial) {
  const { dynamodb, resources } = engines();
  await storeParcels(dynamodb, resources.parcelsTable, [state], nowMs, kept);
}

async function read(parcelId: number) {
  const { dynamodb, resources } = engines();
  const Key = { parcelId: { N: String(parcelId) } };
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName: resources.parcelsTable, Key, ConsistentRead: true }),
  );
  return Item;
}

describe('a repair', () => {
  test('shows before and after, and does what it has shown', async () => {
    await store([of(1, 1, 'PICKUP'), of(1, 2), of(1, wrong)].reduce(merge));
    const planned = await planRepair(deps(), { parcelId: 1, eventIds: [wrong] }, never);
    expect(planned.before.latest.eventId).toBe(wrong);
    expect(planned.after).toMatchObject({ latest: { eventId: 2 }, pickup: { eventId: 1 }, revision: 2 });
    expect(planned.plan).toMatchObject({ count: 1, warnings: [], cost: { writeUnits: 2 } });
    expect((await read(1))?.['revision']?.N).toBe('1');
    expect(await runRepair(deps(), planned, context)).toMatchObject({ outcome: 'done', counts: { repaired: 1 } });
    expect(await read(1)).toMatchObject({
      lastEventId: { N: '2' },
      revision: { N: '2' },
      removed: { NS: [String(wrong)] },
    });
  });

  test('keeps the end that the item has, whatever this process is told of retention', async () => {
    await store([of(2, 1, 'DELIVERY'), of(2, wrong)].reduce(merge), kept30Days);
    const before = await read(2);
    const expiresAt = Math.floor(Date.parse('2124-05-11T21:11:34Z') / 1_000) + 30 * 86_400;
    expect(before?.['expiresAt']).toEqual({ N: String(expiresAt) });
    await runRepair(deps(), await planRepair(deps(), { parcelId: 2, eventIds: [wrong] }, never), context);
    expect(await read(2)).toMatchObject({ lastEventId: { N: '1' }, expiresAt: before?.['expiresAt'] });
    await store([of(3, 1, 'DELIVERY'), of(3, wrong)].reduce(merge));
    await runRepair(deps(), await planRepair(deps(), { parcelId: 3, eventIds: [wrong] }, never), context);
    expect(await read(3)).not.toHaveProperty('expiresAt');
  });

  test('of a delivery opens the parcel again, without an end', async () => {
    await store(merge(of(4, 1), of(4, 2, 'DELIVERY')), kept30Days);
    const planned = await planRepair(deps(), { parcelId: 4, eventIds: [2] }, never);
    expect([planned.before.stage, planned.after.stage]).toEqual(['delivered', 'registered']);
    await runRepair(deps(), planned, context);
    const item = await read(4);
    expect(item).toMatchObject({ openShard: { N: '4' }, openedAtMs: { N: String(nowMs) } });
    expect(item).not.toHaveProperty('expiresAt');
  });

  test('keeps what comes between its plan and its run, a delivery with its end included', async () => {
    await store(merge(of(5, 1), of(5, wrong)));
    const planned = await planRepair(deps(), { parcelId: 5, eventIds: [wrong] }, never);
    const { dynamodb, resources } = engines();
    const clock = { now: () => nowMs, monotonic: () => 0 };
    const table = dynamoDbParcelTable({ dynamodb, tableName: resources.parcelsTable, clock, ...kept30Days });
    const seen = await table.apply(of(5, 7, 'DELIVERY'));
    if (seen.done || !seen.stored) throw new Error('a scan below the wrong one is merged');
    await table.replace(merge(seen.stored.state, of(5, 7, 'DELIVERY')), seen.stored);
    const end = (await read(5))?.['expiresAt'];
    expect(await runRepair(deps(), planned, context)).toMatchObject({ outcome: 'done' });
    expect(await read(5)).toMatchObject({ lastEventId: { N: '7' }, deliveryEventId: { N: '7' }, expiresAt: end });
  });

  test('says what there is not to do, and refuses what would leave nothing', async () => {
    await store(merge(of(6, 1), of(6, 2)));
    await expect(planRepair(deps(), { parcelId: 6, eventIds: [1, 2] }, never)).rejects.toMatchObject({
      code: 'OPERATION_REFUSED',
    });
    await expect(planRepair(deps(), { parcelId: 60, eventIds: [1] }, never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const filter = { parcelId: 6, eventIds: [2] };
    await runRepair(deps(), { filter }, context);
    const again = await planRepair(deps(), filter, never);
    expect(again.plan).toMatchObject({ count: 0, warnings: [expect.stringContaining('before')] });
    expect(again.after).toEqual(again.before);
    expect(await runRepair(deps(), again, context)).toMatchObject({
      outcome: 'done',
      counts: { repaired: 0, unchanged: 1 },
    });
    const unseen = await planRepair(deps(), { parcelId: 6, eventIds: [77] }, never);
    expect(unseen.plan.warnings).toEqual([expect.stringContaining('event 77')]);
    expect(await runRepair(deps(), { filter: { parcelId: 60, eventIds: [1] } }, context)).toMatchObject({
      outcome: 'refused',
    });
    expect(await runRepair(deps(), { filter: { parcelId: 6, eventIds: [1] } }, context)).toMatchObject({
      outcome: 'refused',
    });
  });
});
