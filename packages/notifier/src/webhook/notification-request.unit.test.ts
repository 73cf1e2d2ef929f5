import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { parcelView } from '@waybill/shared/parcels/parcel-view.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent } from '../../../shared/test/arbitrary-events.ts';
import { notificationRequest, type Told } from './notification-request.ts';
import { notificationTypes } from './notification-types.ts';

const context = { feed: 'scan-events', stages: new Map() };

const anyTold = fc
  .tuple(
    fc.array(anyEvent(), { minLength: 1, maxLength: 6 }),
    fc.constantFrom(...milestoneNames),
    fc.option(fc.record({ eventId: fc.nat(), timeUtc: fc.string({ unit: 'binary' }) }), { nil: undefined }),
  )
  .map(([events, milestone, previous]): Told => {
    const state = events.map((event) => stateOf({ ...event, parcelId: 5002 })).reduce(merge);
    const reached = state.milestones[milestone] ?? { eventId: 7, timeUtc: '2026-11-28T11:00:00.1506147Z' };
    const parcel = { state, revision: 3, updatedAtUtc: '2026-11-28T12:00:00.000Z' };
    return { parcel, milestone, reached, previous };
  });

describe('the request that tells a milestone', () => {
  test("is ASCII and says the parcel as the API shows it, and when in the feed's own digits", () => {
    fc.assert(
      fc.property(anyTold, (told) => {
        const { parcel, milestone, reached, previous } = told;
        const { body } = notificationRequest(told, context);
        expect(Buffer.from(body, 'ascii').toString()).toBe(body);
        const view = parcelView(parcel, context.stages);
        expect(JSON.parse(body)).toEqual(
          // As JSON has it: without what is undefined.
          JSON.parse(
            JSON.stringify({
              type: notificationTypes[milestone][previous ? 'corrected' : 'told'],
              timestamp: reached.timeUtc,
              data: previous ? { ...view, previous } : view,
            }),
          ),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('has one id for ever, which another parcel, milestone, feed or correction does not have', () => {
    fc.assert(
      fc.property(anyTold, anyTold, (a, b) => {
        const id = (told: Told, feed = 'scan-events') => notificationRequest(told, { ...context, feed }).id;
        const [first] = [{ ...a, previous: undefined }];
        expect(id(first)).toBe(id({ ...b, milestone: a.milestone, previous: undefined }));
        expect(id(first)).toMatch(/^(pickup|delivery)_[0-9a-f]{8}_5002$/);
        expect(id(first)).not.toBe(id(first, 'another'));
        const previous = { eventId: 9, timeUtc: '2026-11-28T11:00:00Z' };
        expect(id({ ...a, previous })).toBe(`${id(first)}_${a.reached.eventId}`);
      }),
      { numRuns: 50 },
    );
  });
});
