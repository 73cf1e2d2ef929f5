import { isDeepStrictEqual } from 'node:util';
import { milestoneNames, milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyInstant } from '../../shared/test/arbitrary-events.ts';
import type { ConditionalWrite, ParcelTable, StoredParcel } from '../src/parcels/parcel-table.ts';
import { writeParcel } from '../src/parcels/write-parcel.ts';
import { scan } from './processor-rig.ts';

/** A parcels table to be tried. */
export type TableOnTrial = {
  readonly table: ParcelTable;
  /** Stores the parcel as it is. */
  readonly put: (parcel: StoredParcel) => Promise<void>;
  readonly get: (parcelId: number) => Promise<StoredParcel | undefined>;
};

/** Ids that collide, so that every order and every tie of latest and milestones comes up. */
const id = fc.integer({ min: 1, max: 6 });
const text = fc.constantFrom('', 'a', 'b', 'é');
const instant = fc.oneof(fc.constantFrom('2021-05-11T21:11:34Z', '2021-05-11T21:11:34.5Z'), anyInstant);
const milestone = fc.record({ eventId: id, timeUtc: instant });

/** Any parcel state, reachable or not: the write must not depend on what wrote before it. */
const anyState = fc.record({
  latest: fc.record({
    eventId: id,
    type: fc.constantFrom(...Object.values(milestoneTypes), 'STATUS', 'x'),
    statusCode: text,
    runId: text,
    createdDateTimeUtc: instant,
  }),
  milestones: fc.record(Object.fromEntries(milestoneNames.map((name) => [name, milestone])), {
    requiredKeys: [],
    noNullPrototype: true,
  }),
});
const types = [...Object.values(milestoneTypes), 'STATUS'];

/**
 * The behaviour that every parcels table has, and so the behaviour of `writeParcel` on it.
 *
 * @param beforeFirstId where several suites share a table, each has ids of its own
 */
export function describeParcelTable(name: string, open: () => TableOnTrial, pairs: number, beforeFirstId = 0): void {
  let parcels = beforeFirstId;
  const freshId = () => ++parcels;

  describe(`the parcels table ${name}`, () => {
    test('after a write holds the merge of what was stored and the change, for every pair', async () => {
      const { table, put, get } = open();
      const outcomes = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.option(anyState, { nil: undefined }), anyState, async (before, after) => {
          const parcelId = freshId();
          const change: ParcelState = { parcelId, ...after };
          const stored: ParcelState | undefined = before && { parcelId, ...before };
          if (stored) await put({ state: stored, revision: 7 });
          const outcome = await writeParcel(table, change);
          outcomes.add(outcome);
          const expected = stored ? merge(stored, change) : change;
          const redundant = outcome === 'redundant';
          expect(await get(parcelId)).toEqual({ state: expected, revision: stored ? (redundant ? 7 : 8) : 1 });
          expect(redundant).toBe(stored !== undefined && isDeepStrictEqual(stored, expected));
          if (outcome === 'applied' && stored) expect(change.latest.eventId).toBeGreaterThan(stored.latest.eventId);
        }),
        { numRuns: pairs },
      );
      expect([...outcomes].sort()).toEqual(['applied', 'merged', 'redundant']);
    });

    test('holds the merge of each of many parcels that are written at once', async () => {
      const { table, put, get } = open();
      const pair = fc.tuple(fc.option(anyState, { nil: undefined }), anyState);
      await fc.assert(
        fc.asyncProperty(fc.array(pair, { minLength: 20, maxLength: 60 }), async (pairs) => {
          const written = await Promise.all(
            pairs.map(async ([before, after]) => {
              const parcelId = freshId();
              const stored = before && { parcelId, ...before };
              if (stored) await put({ state: stored, revision: 7 });
              const change = { parcelId, ...after };
              return { change, expected: stored ? merge(stored, change) : change };
            }),
          );
          await Promise.all(written.map(({ change }) => writeParcel(table, change)));
          for (const { expected } of written) expect((await get(expected.parcelId))?.state).toEqual(expected);
        }),
        { numRuns: Math.ceil(pairs / 100) },
      );
    });

    test('returns what is stored when the condition fails, nothing when there is nothing', async () => {
      const { table, put } = open();
      const state = stateOf(scan(5, { parcelId: freshId(), type: 'DELIVERY' }));
      expect(await table.replace(state, 3)).toEqual({ done: false, stored: undefined });
      await put({ state, revision: 3 });
      expect(await table.apply(state)).toEqual({ done: false, stored: { state, revision: 3 } });
      expect(await table.replace(state, 2)).toEqual({ done: false, stored: { state, revision: 3 } });
      expect(await table.replace(state, 3)).toEqual({ done: true });
    });

    test('loses nothing when many write one parcel at once', async () => {
      const { table, get } = open();
      const parcelId = freshId();
      const events = Array.from({ length: 12 }, (_, index) =>
        scan(index + 1, { parcelId, type: types[index % types.length] ?? '' }),
      );
      const changes = events.map(stateOf);
      const shuffled = [...changes.slice(6).reverse(), ...changes.slice(0, 6)];
      const writes = await Promise.allSettled(shuffled.map((change) => writeParcel(table, change)));
      // What lost too many races is left to the backoff: tried again, it must come out the same.
      for (const [index, { status }] of writes.entries()) {
        const change = shuffled[index];
        if (status === 'rejected' && change) await writeParcel(table, change);
      }
      expect((await get(parcelId))?.state).toEqual(changes.reduce(merge));
    });
  });

  describe(`a write to the parcels table ${name}`, () => {
    test('that another writer overtakes between look and replacement merges again', async () => {
      const { table, put, get } = open();
      const parcelId = freshId();
      const late = stateOf(scan(1, { parcelId, type: 'PICKUP' }));
      const first = stateOf(scan(5, { parcelId }));
      const overtaking = stateOf(scan(9, { parcelId, type: 'DELIVERY' }));
      await put({ state: first, revision: 1 });
      let overtaken = false;
      const raced: ParcelTable = {
        apply: table.apply,
        replace: async (state, revision): Promise<ConditionalWrite> => {
          if (!overtaken) {
            overtaken = true;
            expect(await writeParcel(table, overtaking)).toBe('applied');
          }
          return await table.replace(state, revision);
        },
      };
      expect(await writeParcel(raced, late)).toBe('merged');
      expect(await get(parcelId)).toEqual({ state: [first, overtaking, late].reduce(merge), revision: 3 });
    });

    test('is done again from the beginning when the item was deleted meanwhile', async () => {
      const { table, get } = open();
      const parcelId = freshId();
      const change = stateOf(scan(5, { parcelId }));
      let looks = 0;
      const raced: ParcelTable = {
        apply: async (state) => (++looks === 1 ? { done: false, stored: undefined } : await table.apply(state)),
        replace: table.replace,
      };
      expect(await writeParcel(raced, change)).toBe('applied');
      expect(await get(parcelId)).toEqual({ state: change, revision: 1 });
    });

    test('gives up after ten lost races, and says so', async () => {
      const { table, put } = open();
      const parcelId = freshId();
      await put({ state: stateOf(scan(100, { parcelId })), revision: 1 });
      let others = 0;
      const contended: ParcelTable = {
        apply: table.apply,
        replace: async (state, revision) => {
          others += 1;
          await writeParcel(table, stateOf(scan(100 + others, { parcelId })));
          return await table.replace(state, revision);
        },
      };
      const late = stateOf(scan(1, { parcelId, type: 'PICKUP' }));
      await expect(writeParcel(contended, late)).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
      expect(others).toBe(10);
    });
  });
}
