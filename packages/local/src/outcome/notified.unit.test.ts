import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { noMisbehaviours } from '../receiver/misbehaviour.ts';
import type { ReceiverCounts, Told } from '../receiver/receiver.ts';
import { judgeNotified } from './notified.ts';
import { expectedParcels } from './oracle.ts';

const hash = createHash('sha256').update('scan-events').digest('hex').slice(0, 8);
const timeUtc = '2026-11-28T21:11:34.1506147Z';
const scan = (EventId: number, ParcelId: number, Type: string) => ({
  ...{ EventId, ParcelId, Type, CreatedDateTimeUtc: timeUtc },
});
/** Two that were delivered, and one on its way. */
const expected = expectedParcels([
  scan(1, 2, 'DELIVERY'),
  scan(7, 5, 'DELIVERY'),
  scan(9, 5, 'DELIVERY'),
  scan(3, 8, 'PICKUP'),
]);

const counts: ReceiverCounts = {
  ...{ requests: 9, taken: 9, unverified: 0, malformed: 0, astray: 0, refused: 0 },
  misbehaved: noMisbehaviours,
};

function told(id: string, eventId: number, times = 1): [string, Told] {
  const parcelId = Number(id.split('_')[2]);
  const notification = { id, type: 'parcel.delivered', parcelId, milestone: 'delivery', eventId, timeUtc } as const;
  return [id, { notification, times, milestones: [{ eventId, timeUtc }] }];
}

const judged = (tellings: readonly [string, Told][], more: Partial<ReceiverCounts> = {}) =>
  judgeNotified(expected, { told: new Map(tellings), counts: { ...counts, ...more } }, 'scan-events');

const first = told(`delivery_${hash}_2`, 1, 3);
const second = told(`delivery_${hash}_5`, 7);

describe('what a receiver was told', () => {
  test('is good when each first delivery was told under its id, however often', () => {
    expect(judged([first, second])).toEqual({ due: 2, repeated: 1, corrected: 0, problems: [] });
  });

  test('is good when a delivery that was told too early was corrected', () => {
    const early = told(`delivery_${hash}_5`, 9);
    const corrected = judged([first, early, told(`delivery_${hash}_5_7`, 7)]);
    expect(corrected).toEqual({ due: 2, repeated: 1, corrected: 1, problems: [] });
    expect(judged([first, early]).problems).toEqual([expect.stringMatching(/^parcel 5: told .*9.*, not 7 /)]);
  });

  test('is not good when one was not told, or something that is not due was', () => {
    expect(judged([second]).problems).toEqual(['parcel 2: its delivery was not told']);
    for (const id of [`delivery_${hash}_8`, `pickup_${hash}_8`, 'delivery_01234567_2'])
      expect(judged([first, second, told(id, 1)]).problems).toEqual([`${id} was told, and is no first delivery`]);
  });

  test('is not good when a request was unsigned, was none, or went elsewhere', () => {
    for (const wrong of [{ unverified: 1 }, { malformed: 1 }, { astray: 1 }])
      expect(judged([first, second], wrong).problems).toHaveLength(1);
  });
});
