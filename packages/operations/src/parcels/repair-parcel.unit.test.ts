import { writeParcel } from '@waybill/processor/parcels/write-parcel.ts';
import { merge, removalOf, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../consumer/test/journal.ts';
import { MemoryParcels } from '../../../processor/test/memory-parcels.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { repairParcel } from './repair-parcel.ts';

const of = (eventId: number, type = 'STATUS') => stateOf(scan(eventId, { parcelId: 1, type }));
const wrong = 9_000_000_000;

function stored(...changes: ReturnType<typeof of>[]) {
  const table = new MemoryParcels(new Journal());
  const state = changes.reduce(merge);
  table.parcels.set(1, { state, revision: 4 });
  return { table, state };
}

describe('the repair of a parcel', () => {
  test('takes away what a wrong event said, for good: its replay is redundant, and later scans go on', async () => {
    const { table, state } = stored(of(1, 'PICKUP'), of(2), of(wrong));
    const repair = await repairParcel(table, 1, [wrong]);
    const parcel = () => table.parcels.get(1);
    expect(repair).toEqual({ outcome: 'repaired', before: state, after: parcel()?.state });
    expect(parcel()?.state).toMatchObject({ latest: { eventId: 2 }, milestones: { pickup: { eventId: 1 } } });
    const repaired = parcel();
    expect(await writeParcel(table, of(wrong))).toBe('redundant');
    expect(parcel()).toEqual(repaired);
    expect(await writeParcel(table, of(3))).toBe('applied');
    expect(parcel()?.state).toMatchObject({ latest: { eventId: 3 }, removed: [wrong] });
    expect(parcel()?.state.history.map(({ eventId }) => eventId)).toEqual([3, 2, 1]);
  });

  test('of a delivery opens the parcel again, and the next delivery counts', async () => {
    const { table } = stored(of(1, 'PICKUP'), of(2, 'DELIVERY'));
    await repairParcel(table, 1, [2]);
    expect(table.parcels.get(1)?.state.milestones).toEqual(of(1, 'PICKUP').milestones);
    await writeParcel(table, of(5, 'DELIVERY'));
    expect(table.parcels.get(1)?.state.milestones.delivery?.eventId).toBe(5);
  });

  test('a second time, or of no events, changes nothing', async () => {
    const { table, state } = stored(of(1), of(2));
    expect(await repairParcel(table, 1, [])).toEqual({ outcome: 'unchanged', before: state });
    expect(await repairParcel(table, 1, [2])).toMatchObject({ outcome: 'repaired' });
    expect(await repairParcel(table, 1, [2])).toMatchObject({ outcome: 'unchanged' });
    expect(table.parcels.get(1)?.revision).toBe(5);
  });

  test('by a process that is told a lower bound of histories takes away the removed events only', async () => {
    const { table, state } = stored(of(1), of(2), of(3), of(wrong));
    table.historyEvents = 2;
    expect(await repairParcel(table, 1, [])).toEqual({ outcome: 'unchanged', before: state });
    expect(await repairParcel(table, 1, [wrong])).toMatchObject({ outcome: 'repaired' });
    expect(table.parcels.get(1)?.state.history.map(({ eventId }) => eventId)).toEqual([3, 2, 1]);
  });

  test('that would leave no scan is refused, also where the others are not known', async () => {
    const { table, state } = stored(of(1), of(2));
    expect(await repairParcel(table, 1, [2, 1])).toEqual({ outcome: 'nothing left', before: state });
    const old = { ...of(wrong), history: [] };
    table.parcels.set(1, { state: old, revision: 4 });
    expect(await repairParcel(table, 1, [wrong])).toEqual({ outcome: 'nothing left', before: old });
    expect(table.parcels.get(1)).toEqual({ state: old, revision: 4 });
  });

  test('takes in a scan whose texts are cut as it does when it comes again', () => {
    const long = { createdDateTimeUtc: `2021-05-11T21:11:34.${'1'.repeat(60)}Z`, statusCode: 'x'.repeat(65) };
    const none = { history: [] };
    const cut = { ...merge(stateOf(scan(6, { parcelId: 1, ...long })), removalOf(1, [9])), ...none };
    const lesser = { ...stateOf(scan(6, { parcelId: 1, ...long, statusCode: '' })), ...none };
    const once = merge(cut, lesser);
    expect(merge(once, cut)).toEqual(once);
    expect(once.latest.statusCode).toBe('x'.repeat(64));
  });

  test('of a parcel that is not there writes nothing', async () => {
    const table = new MemoryParcels(new Journal());
    expect(await repairParcel(table, 1, [2])).toEqual({ outcome: 'not stored' });
    expect(table.ids).toEqual([]);
  });

  test('that others overtake sees what they wrote, and gives up when they always do', async () => {
    const { table } = stored(of(1), of(wrong));
    let next = 2;
    let races = 1;
    const raced = {
      ...{ historyEvents: 32, apply: table.apply, addHistory: table.addHistory },
      replace: async (...[state, before]: Parameters<typeof table.replace>) => {
        // The first call only reads.
        if (before.revision > 0 && races > 0) {
          races -= 1;
          await writeParcel(table, of(next++));
        }
        return await table.replace(state, before);
      },
    };
    expect(await repairParcel(raced, 1, [wrong])).toMatchObject({
      outcome: 'repaired',
      after: { latest: { eventId: 2 } },
    });
    races = 100;
    expect(await repairParcel(raced, 1, [2])).toEqual({ outcome: 'contended' });
    expect(table.parcels.get(1)?.state.removed).toEqual([wrong]);
  });
});
