import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { describe, expect, test } from 'vitest';
import { scan } from '../../../processor/test/processor-rig.ts';
import { firstSeenMs, markingOf } from './open-marks.ts';

const at = (eventId: number, createdDateTimeUtc: string, type = 'STATUS') =>
  stateOf(scan(eventId, { parcelId: 1, createdDateTimeUtc, type }));
const nowMs = Date.parse('2026-01-01T00:00:00Z');
const seen = (state: ParcelState, updatedAtUtc = '2025-06-01T00:00:00.000Z') =>
  new Date(firstSeenMs({ state, updatedAtUtc }, nowMs)).toISOString();

describe('when a parcel of an earlier release was seen first', () => {
  test('is the earliest time of its scans: latest, milestones, history', () => {
    const pickedUp = at(1, '2025-05-01T00:00:00.1239Z', 'PICKUP');
    const latest = at(2, '2025-05-03T00:00:00Z');
    expect(seen({ ...merge(pickedUp, latest), history: [] })).toBe('2025-05-01T00:00:00.123Z');
    expect(seen({ ...latest, history: [] })).toBe('2025-05-03T00:00:00.000Z');
    expect(seen(merge(latest, at(3, '2025-05-02T00:00:00Z')))).toBe('2025-05-02T00:00:00.000Z');
  });

  test('is no later than the last write of the item, or now', () => {
    expect(seen(at(1, '2031-01-01T00:00:00Z'))).toBe('2025-06-01T00:00:00.000Z');
    expect(seen(at(1, '2031-01-01T00:00:00Z'), 'unknown')).toBe('2026-01-01T00:00:00.000Z');
    expect(seen(at(1, 'unknown'), 'unknown')).toBe('2026-01-01T00:00:00.000Z');
  });

  test('is not before 1970: the index takes a number, and its readers a time', () => {
    expect(seen(at(1, '0001-01-01T00:00:00Z'))).toBe('1970-01-01T00:00:00.000Z');
  });
});

test('an item that is not a parcel is named, and not touched', () => {
  expect(markingOf({ parcelId: { N: '7' }, note: { S: 'mine' } }, 7, nowMs)).toEqual({
    kind: 'not a parcel',
    problem: expect.stringContaining('parcel 7 is not a parcel'),
  });
});
