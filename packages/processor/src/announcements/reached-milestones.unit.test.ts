import type { Milestones } from '@waybill/shared/domain/milestones.ts';
import { describe, expect, test, vi } from 'vitest';
import { scan } from '../../test/processor-rig.ts';
import { reachedMilestones } from './reached-milestones.ts';

const at = (eventId: number, timeUtc: string) => ({ eventId, timeUtc });
const now = Date.parse('2026-03-05T12:00:00Z');
const dayMs = 24 * 3_600_000;
const [longAgo, yesterday] = ['2021-05-11T21:11:34.1506147Z', '2026-03-04T12:00:00.0000000Z'];

/** What is announced of these events of parcel 7, and what is too old, as `name eventId`. */
function reached(events: readonly (readonly [eventId: number, type: string])[], stored: Milestones, sinceMs = 0) {
  const scans = events.map(([eventId, type]) => scan(eventId, { parcelId: 7, type }));
  const { announced, tooOld } = reachedMilestones(scans, new Map([[7, stored]]), sinceMs);
  const named = (list: typeof announced) => list.map(({ milestone, eventId }) => `${milestone} ${eventId}`);
  return { announced: named(announced), tooOld: named(tooOld) };
}

describe('a milestone that a message brought', () => {
  test('is announced when it is the one that is stored, as it is stored', () => {
    const delivery = at(9, yesterday);
    const brought = scan(9, { parcelId: 7, type: 'DELIVERY', createdDateTimeUtc: longAgo });
    expect(reachedMilestones([brought], new Map([[7, { delivery }]]), 0)).toEqual({
      announced: [{ parcelId: 7, milestone: 'delivery', ...delivery }],
      tooOld: [],
    });
  });

  test.each<[string, Milestones]>([
    ['an earlier one is stored', { delivery: at(8, yesterday) }],
    ['none is stored, since it was removed', {}],
    ['another milestone has its id', { pickup: at(9, yesterday) }],
  ])('is not when %s', (_, stored) => {
    expect(reached([[9, 'DELIVERY']], stored)).toEqual({ announced: [], tooOld: [] });
  });

  test('is announced once, however often it is in the message, and others of its type are not', () => {
    const stored = { pickup: at(2, yesterday), delivery: at(9, yesterday) };
    const events = [9, 10, 9].map((id) => [id, 'DELIVERY'] as const);
    expect(reached([...events, [2, 'PICKUP'], [3, 'STATUS']], stored).announced).toEqual(['delivery 9', 'pickup 2']);
  });

  test('of a parcel that is not stored is not announced', () => {
    expect(reachedMilestones([scan(9, { type: 'DELIVERY' })], new Map(), 0).announced).toEqual([]);
  });
});

describe('the age of a milestone', () => {
  const since = now - 3 * dayMs;

  test.each<[string, Milestones, 'announced' | 'tooOld']>([
    ['a fresh one', { pickup: at(2, yesterday) }, 'announced'],
    ['one of long ago', { pickup: at(2, longAgo) }, 'tooOld'],
    [
      'a late pickup of long ago that a fresh delivery waits for',
      { pickup: at(2, longAgo), delivery: at(9, yesterday) },
      'announced',
    ],
    ['one of a parcel that was delivered long ago', { pickup: at(2, longAgo), delivery: at(9, longAgo) }, 'tooOld'],
    ['one at the bound', { pickup: at(2, new Date(since).toISOString()) }, 'announced'],
    ['one just before the bound', { pickup: at(2, new Date(since - 1).toISOString()) }, 'tooOld'],
    ['one of the future', { pickup: at(2, '2099-01-01T00:00:00Z') }, 'announced'],
    ['one whose time is no time', { pickup: at(2, '2026-02-31T99:00:00Z') }, 'announced'],
    ['one of a day that there is not', { pickup: at(2, '2021-02-30T12:00:00Z') }, 'announced'],
    ['one before the bound whose zone is cut off', { pickup: at(2, '2026-03-02T11:59:59.15061') }, 'tooOld'],
  ])('%s', (_, stored, expected) => {
    const others = expected === 'announced' ? { tooOld: [] } : { announced: [] };
    expect(reached([[2, 'PICKUP']], stored, since)).toEqual({ [expected]: ['pickup 2'], ...others });
  });

  test('does not depend on where the processor runs', () => {
    vi.stubEnv('TZ', 'America/New_York');
    const stored = { pickup: at(2, '2026-03-02T11:59:59.15061') };
    expect(reached([[2, 'PICKUP']], stored, since).tooOld).toEqual(['pickup 2']);
    vi.unstubAllEnvs();
  });

  test('does not matter where all are announced', () => {
    expect(reached([[2, 'PICKUP']], { pickup: at(2, longAgo) }, Number.NEGATIVE_INFINITY).announced).toHaveLength(1);
  });
});
