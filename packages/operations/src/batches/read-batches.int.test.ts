import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import { tables } from '@waybill/shared/resources.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { putItems, tableOf } from '../../test/parcels-rig.ts';
import { listBatches, showBatch } from './read-batches.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
const nowMs = Date.parse('2026-11-28T12:00:00Z');
let batchesTable = '';

/** A batch of so many days ago, by the hour; its id sorts by time. */
function batch(daysAgo: number, hour: number, fields: Item = {}): Item {
  const createdAtUtc = new Date(nowMs - daysAgo * 86_400_000)
    .toISOString()
    .replace(/T.*/, `T${String(hour).padStart(2, '0')}:00:00Z`);
  return {
    batchId: { S: createdAtUtc.replace(/[-:Z]/g, '') },
    createdDay: { S: createdAtUtc.slice(0, 10) },
    state: { S: 'sent' },
    accepted: { N: '20' },
    rejected: { N: '0' },
    packs: { N: '2' },
    createdAtUtc: { S: createdAtUtc },
    ...fields,
  };
}

const reading = () => ({
  dynamodb: engines().dynamodb,
  deployment: { batchesTable },
  clock: { now: () => nowMs },
});

beforeAll(async () => {
  const { dynamodb } = engines();
  batchesTable = await tableOf(dynamodb, tables.batches);
  await putItems(dynamodb, batchesTable, [
    batch(0, 11),
    batch(0, 10, { failed: { SS: ['event-5'] } }),
    batch(1, 23, { pending: { NS: ['0', '1'] } }),
    batch(1, 3, { failed: { SS: ['event-6', 'event-7'] } }),
    batch(13, 5),
    { batchId: { S: '20261127T040000' }, createdDay: { S: '2026-11-27' } },
  ]);
});

describe('batches', () => {
  test('are listed newest first over the days, page by page, and what is not a batch is named', async () => {
    const ids = ['20261128T110000', '20261128T100000', '20261127T230000', '20261127T030000', '20261115T050000'];
    const all = await listBatches(reading(), { limit: 100 }, never);
    expect(all.batches.map(({ batchId }) => batchId)).toEqual(ids);
    expect(all).toMatchObject({ unreadable: ['20261127T040000'] });
    expect(all).not.toHaveProperty('next');
    const first = await listBatches(reading(), { limit: 2 }, never);
    expect(first).toMatchObject({ next: ids[1], batches: [{ batchId: ids[0] }, { batchId: ids[1] }] });
    const rest = await listBatches(reading(), { limit: 3, before: ids[1] ?? '' }, never);
    expect(rest.batches.map(({ batchId }) => batchId)).toEqual(ids.slice(2));
    expect(rest).not.toHaveProperty('next');
  });

  test('are narrowed by their status', async () => {
    const failed = await listBatches(reading(), { status: 'failed', limit: 1 }, never);
    expect(failed).toMatchObject({ batches: [{ batchId: '20261128T100000' }], next: '20261128T100000' });
    const before = '20261128T100000';
    const next = await listBatches(reading(), { status: 'failed', limit: 1, before }, never);
    expect(next).toMatchObject({ batches: [{ batchId: '20261127T030000' }] });
    expect(next).not.toHaveProperty('next');
  });

  test('are looked through no further than was said, and the list goes on there', async () => {
    const failed = { status: 'failed', limit: 10, mostLookedAt: 2 } as const;
    const first = await listBatches(reading(), failed, never);
    expect(first).toMatchObject({ batches: [{ batchId: '20261128T100000' }], next: '20261128T100000' });
    const second = await listBatches(reading(), { ...failed, before: first.next }, never);
    expect(second).toMatchObject({ batches: [{ batchId: '20261127T030000' }], next: '20261127T030000' });
    const third = await listBatches(reading(), { ...failed, before: second.next }, never);
    expect(third).toMatchObject({ batches: [] });
    expect(third).not.toHaveProperty('next');
  });

  test('one is shown by its id; one that is not there is an error', async () => {
    expect(await showBatch(reading(), '20261127T230000', never)).toMatchObject({ status: 'queued', packsPending: 2 });
    await expect(showBatch(reading(), 'x', never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of a deployment without their table are said to be not configured', async () => {
    const none = { ...reading(), deployment: { batchesTable: undefined } };
    const message = 'this deployment takes no pushed batches: BATCHES_TABLE is not set';
    await expect(listBatches(none, { limit: 1 }, never)).rejects.toMatchObject({ code: 'NOT_CONFIGURED', message });
    await expect(showBatch(none, 'x', never)).rejects.toMatchObject({ code: 'NOT_CONFIGURED', message });
  });
});
