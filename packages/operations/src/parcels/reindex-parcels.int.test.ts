import { type DynamoDBClient, QueryCommand, ScanCommand, type UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { writeParcel } from '@waybill/processor/parcels/write-parcel.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { keptOnTrial, scan } from '../../../processor/test/processor-rig.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { itemOfOldRelease, putItems, tableOf } from '../../test/parcels-rig.ts';
import type { Progress } from '../record/operation.ts';
import { planReindex } from './plan-reindex.ts';
import { runReindex } from './reindex-parcels.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
const quiet = { signal: never, onProgress: () => undefined };
const pace = { writeUnitsPerSecond: 1_000 };

const old = (parcelId: number, type = 'STATUS') => itemOfOldRelease(stateOf(scan(parcelId, { parcelId, type })));
const marks = (parcelId: number) => ({ openShard: { N: String(parcelId % 16) }, openedAtMs: { N: '1700000000000' } });

async function deps(openIndex = true) {
  const { dynamodb } = engines();
  const parcelsTable = await tableOf(dynamodb, tables.parcels, openIndex);
  return {
    dynamodb,
    deployment: { parcelsTable },
    clock: { ...instantClock(), now: () => Date.parse('2026-11-28T00:00:00Z') },
  };
}

type Deps = Awaited<ReturnType<typeof deps>>;

async function items({ dynamodb, deployment }: Deps) {
  const { Items = [] } = await dynamodb.send(
    new ScanCommand({ TableName: deployment.parcelsTable, ConsistentRead: true }),
  );
  return new Map(Items.map((item) => [Number(item['parcelId']?.N), item]));
}

/** What the index holds, ascending. */
async function indexed({ dynamodb, deployment }: Deps): Promise<number[]> {
  const found = await Promise.all(
    Array.from({ length: 16 }, (_, shard) =>
      dynamodb.send(
        new QueryCommand({
          TableName: deployment.parcelsTable,
          IndexName: 'open-parcels',
          KeyConditionExpression: 'openShard = :shard',
          ExpressionAttributeValues: { ':shard': { N: String(shard) } },
        }),
      ),
    ),
  );
  return found.flatMap(({ Items = [] }) => Items.map((item) => Number(item['parcelId']?.N))).sort((a, b) => a - b);
}

describe('a reindexing', () => {
  test('marks what is open, takes the marks of what is delivered, and leaves and names what is not a parcel', async () => {
    const on = await deps();
    await putItems(on.dynamodb, on.deployment.parcelsTable, [
      old(1, 'PICKUP'),
      old(2),
      old(3, 'DELIVERY'),
      { ...old(4, 'DELIVERY'), ...marks(4) },
      { ...old(5), ...marks(5) },
      { ...old(6), openShard: { N: '6' } },
      { parcelId: { N: '7' }, note: { S: 'mine' } },
    ]);
    const before = await items(on);
    const planned = await planReindex(on, pace, never);
    expect(planned.plan).toMatchObject({
      count: 4,
      isMoreThan: false,
      byReason: { mark: 3, unmark: 1, 'not a parcel': 1 },
      cost: { writeUnits: 8, readUnits: 1 },
      notLookedAt: [],
      warnings: [],
    });
    expect(await items(on)).toEqual(before);
    expect(await runReindex(on, planned, quiet)).toEqual({
      outcome: 'partly',
      counts: { lookedAt: 7, marked: 3, unmarked: 1, changedMeanwhile: 0, notParcels: 1 },
      problems: [expect.stringMatching(/^not parcels .*: 1 item of the table: 7$/)],
      resumeAfter: undefined,
    });
    const after = await items(on);
    const scanned = { N: String(Date.parse('2021-05-11T21:11:34.150Z')) };
    expect(after.get(1)).toEqual({ ...before.get(1), openShard: { N: '1' }, openedAtMs: scanned });
    expect(after.get(6)).toEqual({ ...before.get(6), openShard: { N: '6' }, openedAtMs: scanned });
    expect(after.get(4)).toEqual(old(4, 'DELIVERY'));
    for (const untouched of [3, 5, 7]) expect(after.get(untouched)).toEqual(before.get(untouched));
    expect(await indexed(on)).toEqual([1, 2, 5, 6]);
    // A second run has nothing left to do.
    const again = await planReindex(on, pace, never);
    expect(again.plan.count).toBe(0);
    expect((await runReindex(on, again, quiet)).counts).toMatchObject({ marked: 0, unmarked: 0 });
    expect(await items(on)).toEqual(after);
  });

  test('keeps its pace, is cancelled between two writes, and goes on where it says', async () => {
    const on = await deps(false);
    const ids = Array.from({ length: 60 }, (_, at) => at + 1);
    await putItems(
      on.dynamodb,
      on.deployment.parcelsTable,
      ids.map((id) => old(id)),
    );
    const filter = { writeUnitsPerSecond: 10 };
    const planned = await planReindex(on, filter, never);
    expect(planned.plan.warnings).toEqual([expect.stringContaining('has no index open-parcels')]);
    const seen: Progress[] = [];
    const cancelling = new AbortController();
    const onProgress = (progress: Progress) => {
      seen.push(progress);
      if (progress.done === 40) cancelling.abort();
    };
    const cancelled = await runReindex(on, planned, { signal: cancelling.signal, onProgress });
    expect(cancelled).toMatchObject({ outcome: 'cancelled', resumeAfter: undefined });
    expect(cancelled.counts['marked']).toBeGreaterThanOrEqual(40);
    expect(cancelled.counts['marked']).toBeLessThan(60);
    // 80 units and more, the first 10 of them at once.
    expect(on.clock.monotonic()).toBeGreaterThanOrEqual(7_000);
    const from = { ...planned, filter: { ...filter, resumeAfter: 5 } };
    const late = await runReindex(on, from, { signal: cancelling.signal, onProgress });
    expect(late).toMatchObject({ outcome: 'cancelled', resumeAfter: 5 });
    const rest = await runReindex(on, from, quiet);
    expect(rest.counts['lookedAt']).toBeLessThan(60);
    await runReindex(on, planned, quiet);
    expect((await planReindex(on, filter, never)).plan.count).toBe(0);
  });

  test('stops where it meets more than was planned, and goes on when told to', async () => {
    const on = await deps();
    await putItems(on.dynamodb, on.deployment.parcelsTable, [old(1)]);
    const planned = await planReindex(on, pace, never);
    await putItems(on.dynamodb, on.deployment.parcelsTable, [old(2), old(3)]);
    expect(await runReindex(on, planned, quiet)).toMatchObject({ outcome: 'refused', counts: { marked: 0 } });
    expect(await runReindex(on, planned, quiet, true)).toMatchObject({ outcome: 'done', counts: { marked: 3 } });
  });

  test('that the table refuses after a while says what it did, and where to go on', async () => {
    const on = { ...(await deps()), pageItems: 2 };
    await putItems(
      on.dynamodb,
      on.deployment.parcelsTable,
      [1, 2, 3, 4, 5, 6].map((parcelId) => old(parcelId)),
    );
    const planned = await planReindex(on, pace, never);
    let calls = 0;
    const { dynamodb } = engines();
    const failing: DynamoDBClient = Object.assign(Object.create(dynamodb), {
      send: async (command: UpdateItemCommand) => {
        calls += 1;
        if (calls > 4) throw new Error('throttled');
        return await dynamodb.send(command);
      },
    });
    const result = await runReindex({ ...on, dynamodb: failing }, planned, quiet);
    expect(result).toMatchObject({
      outcome: 'partly',
      counts: { lookedAt: 2, marked: 2 },
      problems: [expect.stringContaining('throttled')],
      resumeAfter: expect.any(Number),
    });
    expect(await indexed(on)).toHaveLength(2);
    const rest = await planReindex(on, { ...pace, resumeAfter: result.resumeAfter }, never);
    expect(await runReindex(on, rest, quiet)).toMatchObject({ outcome: 'done', counts: { marked: 4 } });
  });

  test('of more than a plan looks at estimates the rest, and goes on at the page where it was cancelled', async () => {
    const on = { ...(await deps(false)), pageItems: 50 };
    const ids = Array.from({ length: 60 }, (_, at) => at + 1);
    await putItems(
      on.dynamodb,
      on.deployment.parcelsTable,
      ids.map((id) => old(id)),
    );
    const filter = { writeUnitsPerSecond: 40_000 };
    const planned = await planReindex(on, filter, never, 1);
    expect(planned.plan).toMatchObject({ count: 50, isMoreThan: true });
    expect(planned.plan.notLookedAt).toEqual([expect.stringMatching(/^50 of some \d+ items .* some \d+ of all/)]);
    const cancelling = new AbortController();
    const onProgress = ({ what }: Progress) => {
      if (what === 'parcels looked at') cancelling.abort();
    };
    const cancelled = await runReindex(on, planned, { signal: cancelling.signal, onProgress });
    expect(cancelled).toMatchObject({ outcome: 'cancelled', counts: { marked: 50 } });
    const { resumeAfter } = cancelled;
    expect(resumeAfter).toBeDefined();
    const rest = await runReindex(on, { ...planned, filter: { ...filter, resumeAfter } }, quiet);
    expect(rest).toMatchObject({ outcome: 'done', counts: { lookedAt: 10, marked: 10 }, resumeAfter: undefined });
    expect((await planReindex(on, filter, never)).plan).toMatchObject({ count: 0, isMoreThan: false });
  });

  test('loses every race against processors: a delivery stays one, and no write of theirs is lost', async () => {
    const on = await deps();
    const { dynamodb, deployment } = on;
    const clock = { now: () => Date.parse('2026-11-28T00:00:00Z'), monotonic: () => 0 };
    const table = dynamoDbParcelTable({ dynamodb, tableName: deployment.parcelsTable, clock, ...keptOnTrial });
    for (let round = 0; round < 2; round += 1) {
      const ids = Array.from({ length: 16 }, (_, at) => 1 + round * 100 + at);
      await putItems(
        dynamodb,
        deployment.parcelsTable,
        ids.map((id) => old(id)),
      );
      const planned = await planReindex(on, pace, never);
      const isDelivered = (id: number) => id % 2 === 0;
      const [result] = await Promise.all([
        runReindex(on, planned, quiet),
        ...ids.map((parcelId) =>
          writeParcel(
            table,
            stateOf(scan(10_000 + parcelId, { parcelId, type: isDelivered(parcelId) ? 'DELIVERY' : 'STATUS' })),
          ),
        ),
      ]);
      expect(result.outcome).toBe('done');
      const stored = await items(on);
      for (const id of ids) {
        expect(stored.get(id)?.['lastEventId']?.N).toBe(String(10_000 + id));
        expect(stored.get(id)?.['openShard']?.N).toBe(isDelivered(id) ? undefined : String(id % 16));
        expect(stored.get(id)?.['openedAtMs'] === undefined).toBe(isDelivered(id));
      }
      expect((await indexed(on)).filter((id) => ids.includes(id))).toEqual(ids.filter((id) => !isDelivered(id)));
    }
  });
});
