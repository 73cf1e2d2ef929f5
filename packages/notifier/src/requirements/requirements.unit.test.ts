import type { Milestones } from '@waybill/shared/domain/milestones.ts';
import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { describe, expect, test } from 'vitest';
import { scan } from '../../../processor/test/processor-rig.ts';
import type { Requirement, RequirementContext } from './requirement.ts';
import { requirements, requirementsNamed, unmetOf } from './requirements.ts';

const nowMs = Date.parse('2026-11-29T06:00:00Z');
const hour = 3_600_000;

function parcel(milestones: Milestones): ParcelState {
  return { ...stateOf(scan(1, { parcelId: 7 })), milestones };
}

const at = (eventId: number, timeUtc = '2026-11-29T05:00:00.1234567Z') => ({ eventId, timeUtc });

function unmet(state: ParcelState | undefined, context: Partial<RequirementContext> = {}) {
  const all = { milestone: 'delivery', nowMs, maxAgeMs: undefined, ...context } as const;
  return unmetOf(requirements, state, all).map(({ name }) => name);
}

describe('requirements', () => {
  test('`reached` is always among those that are checked', () => {
    expect(requirementsNamed([]).map(({ name }) => name)).toEqual(['reached']);
    expect(requirementsNamed(['picked-up']).map(({ name }) => name)).toEqual(['reached', 'picked-up']);
  });

  test('`reached`: the milestone is in state', () => {
    expect(unmet(parcel({ delivery: at(9), pickup: at(3) }))).toEqual([]);
    expect(unmet(parcel({ pickup: at(3) }))).toEqual(['reached']);
    expect(unmet(parcel({ pickup: at(3) }), { milestone: 'pickup' })).toEqual([]);
    expect(unmet(undefined)).toEqual(['reached']);
  });

  test('`recent`: the milestone was no longer ago than the bound, to the millisecond', () => {
    const state = parcel({ delivery: at(9, '2026-11-29T05:00:00Z'), pickup: at(3) });
    expect(unmet(state, { maxAgeMs: hour })).toEqual([]);
    expect(unmet(state, { maxAgeMs: hour - 1 })).toEqual(['recent']);
    expect(unmet(state)).toEqual([]);
    expect(unmet(parcel({ delivery: at(9, 'some day'), pickup: at(3) }), { maxAgeMs: 1 })).toEqual([]);
  });

  test('`picked-up`: a delivery has a pickup before it, by its EventId', () => {
    expect(unmet(parcel({ delivery: at(9) }))).toEqual(['picked-up']);
    expect(unmet(parcel({ delivery: at(9), pickup: at(10) }))).toEqual(['picked-up']);
    expect(unmet(parcel({ pickup: at(10) }), { milestone: 'pickup' })).toEqual([]);
  });

  test('are all checked, so that nobody learns of them one by one', () => {
    const old = parcel({ delivery: at(9, '2021-05-11T21:15:34Z') });
    expect(unmet(old, { maxAgeMs: hour })).toEqual(['recent', 'picked-up']);
  });

  test('get a further one by a line of the list', () => {
    const even: Requirement = {
      name: 'even',
      says: 'the ParcelId is even',
      check: (state) =>
        state && state.parcelId % 2 === 0 ? { met: true } : { met: false, detail: 'the ParcelId is not even' },
    };
    const list = [...requirements, even];
    const context = { milestone: 'delivery', nowMs, maxAgeMs: undefined } as const;
    const odd = merge(parcel({ delivery: at(9), pickup: at(3) }), parcel({}));
    expect(unmetOf(requirementsNamed(['even'], list), odd, context)).toEqual([
      { name: 'even', detail: 'the ParcelId is not even' },
    ]);
    expect(unmetOf(requirementsNamed(['recent'], list), odd, context)).toEqual([]);
  });
});
