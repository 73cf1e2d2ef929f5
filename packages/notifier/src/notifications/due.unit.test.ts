import type { Milestones } from '@waybill/shared/domain/milestones.ts';
import { type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { describe, expect, test } from 'vitest';
import { scan } from '../../../processor/test/processor-rig.ts';
import { requirementsNamed } from '../requirements/requirements.ts';
import { type DueSettings, dueOf, type Question } from './due.ts';
import type { StoredNotification } from './notifications-table.ts';

const first = { eventId: 83_270, timeUtc: '2026-11-28T21:15:34.1506147Z' };
const earlier = { eventId: 83_200, timeUtc: '2026-11-28T20:00:00Z' };

function parcel(milestones: Milestones): ParcelState {
  return { ...stateOf(scan(1, { parcelId: 7 })), milestones };
}

const stored = (fields: Partial<StoredNotification> = {}): StoredNotification => ({
  notificationId: 'delivery-7',
  state: 'notified',
  parcelId: 7,
  milestone: 'delivery',
  told: first,
  previous: undefined,
  attempts: 1,
  notifiedCount: 1,
  unmet: [],
  lastStatus: 200,
  lastError: undefined,
  firstAttemptAtUtc: '2026-11-29T05:00:00.000Z',
  notifiedAtUtc: '2026-11-29T05:00:00.000Z',
  reportedAtUtc: undefined,
  changedAtUtc: '2026-11-29T05:00:00.000Z',
  ...fields,
});

const unmetBefore = (unmet: readonly string[]) =>
  stored({ state: 'requirements-not-met', notifiedCount: 0, attempts: 0, unmet, notifiedAtUtc: undefined });

const settings: DueSettings = {
  milestones: ['delivery'],
  corrections: false,
  requirements: requirementsNamed(['picked-up']),
  maxAgeMs: undefined,
};

const picked = { pickup: { eventId: 80_000, timeUtc: '2026-11-27T00:00:00Z' } };
const delivered = parcel({ ...picked, delivery: first });
const corrected = parcel({ ...picked, delivery: earlier });

function due(question: Partial<Question>, changes: Partial<DueSettings> = {}) {
  const whole: Question = {
    milestone: 'delivery',
    parcel: delivered,
    isAnnounced: true,
    stored: undefined,
    again: false,
    reports: false,
    nowMs: Date.parse('2026-11-29T06:00:00Z'),
    ...question,
  };
  return dueOf(whole, { ...settings, ...changes });
}

const tell = { what: 'tell', milestone: first, previous: undefined, isCorrection: false };
const alreadyNotified = { what: 'nothing', because: 'already-notified' };
const notReached = { what: 'nothing', because: 'not-reached' };
const record = (...unmet: readonly string[]) => ({ what: 'record-unmet', unmet, isRecorded: false });
const isRecorded = (...unmet: readonly string[]) => ({ ...record(...unmet), isRecorded: true });

describe('a milestone that was never told', () => {
  test('is told once it is in state and meets the requirements, whatever is stored of it', () => {
    for (const before of [undefined, unmetBefore(['picked-up']), stored({ state: 'failed', notifiedCount: 0 })]) {
      expect(due({ stored: before })).toEqual(tell);
      expect(due({ stored: before, again: true })).toEqual(tell);
    }
  });

  test('is waited for where the parcel has not reached it, and nothing is recorded', () => {
    expect(due({ parcel: parcel(picked) })).toEqual(notReached);
    expect(due({ parcel: parcel(picked), stored: unmetBefore(['picked-up']), again: true })).toEqual(notReached);
  });

  test('that does not meet the requirements is recorded, once', () => {
    const late = parcel({ delivery: first });
    expect(due({ parcel: late })).toEqual(record('picked-up'));
    expect(due({ parcel: late, stored: unmetBefore(['picked-up']) })).toEqual(isRecorded('picked-up'));
    expect(due({ parcel: late, stored: unmetBefore(['recent']) })).toEqual(record('picked-up'));
    expect(due({ parcel: late, stored: stored({ state: 'failed', notifiedCount: 0 }) })).toEqual(record('picked-up'));
  });

  test('of a parcel that is not there any more is recorded where it was announced', () => {
    expect(due({ parcel: undefined })).toEqual(record('reached'));
    expect(due({ parcel: undefined, stored: unmetBefore(['reached']) })).toEqual(isRecorded('reached'));
    expect(due({ parcel: undefined, isAnnounced: false })).toEqual(notReached);
  });
});

describe('a milestone that was told', () => {
  test('is not told again, though its parcel has changed or gone', () => {
    for (const now of [delivered, corrected, parcel(picked), undefined]) {
      expect(due({ parcel: now, stored: stored() })).toEqual(alreadyNotified);
    }
    // Sent once more, which failed: it was told all the same.
    expect(due({ stored: stored({ state: 'failed' }) })).toEqual(alreadyNotified);
  });

  test('is told again on demand, where it still meets the requirements; what is stored stays where it does not', () => {
    expect(due({ stored: stored(), again: true })).toEqual(tell);
    const late = parcel({ delivery: first });
    expect(due({ parcel: late, stored: stored(), again: true })).toEqual(isRecorded('picked-up'));
    const previous = { eventId: 90_000, timeUtc: first.timeUtc };
    expect(due({ stored: stored({ previous }), again: true })).toEqual({ ...tell, previous });
  });

  test('and differs now is told as a correction, where corrections are wanted', () => {
    const correction = { what: 'tell', milestone: earlier, previous: first, isCorrection: true };
    const wanted = { corrections: true };
    expect(due({ parcel: corrected, stored: stored() }, wanted)).toEqual(correction);
    const sameEvent = { eventId: first.eventId, timeUtc: earlier.timeUtc };
    const otherTime = parcel({ ...picked, delivery: sameEvent });
    expect(due({ parcel: otherTime, stored: stored() }, wanted)).toEqual({ ...correction, milestone: sameEvent });
    expect(due({ stored: stored() }, wanted)).toEqual(alreadyNotified);
    expect(due({ parcel: corrected, stored: stored({ state: 'failed' }) }, wanted)).toEqual(correction);
    const unmet = parcel({ delivery: earlier });
    expect(due({ parcel: unmet, stored: stored() }, wanted)).toEqual(alreadyNotified);
  });

  test('is reported where that was not done yet', () => {
    expect(due({ stored: stored(), reports: true })).toEqual({ what: 'report' });
    expect(due({ stored: stored({ reportedAtUtc: 'then' }), reports: true })).toEqual(alreadyNotified);
    expect(due({ stored: unmetBefore(['picked-up']), reports: true })).toEqual(tell);
  });
});
