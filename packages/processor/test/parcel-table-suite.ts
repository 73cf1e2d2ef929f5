import { historyEntry } from '@waybill/shared/domain/history.ts';
import { milestoneNames, milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import {
  bounded,
  merge,
  type ParcelState,
  sameBesideHistory,
  sameState,
  stateOf,
} from '@waybill/shared/domain/parcel-state.ts';
import { noneRemoved } from '@waybill/shared/domain/removals.ts';
import type { ParcelTableSettings } from '@waybill/shared/parcels/parcel-item.ts';
import type { ConditionalWrite, ParcelTable, StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyInstant } from '../../shared/test/arbitrary-events.ts';
import { writeParcel } from '../src/parcels/write-parcel.ts';
import { keptOnTrial, scan } from './processor-rig.ts';

/** What an item has beside the state: when the parcel was seen first while it is open, when it may go once it is delivered. */
export type StoredItem = StoredParcel & { readonly expiresAt?: number | undefined };

/** A parcels table to be tried. */
export type TableOnTrial = {
  readonly table: ParcelTable;
  /** Stores the parcel as it is. */
  readonly put: (parcel: StoredItem) => Promise<void>;
  readonly get: (parcelId: number) => Promise<StoredItem | undefined>;
  /** The table's clock, where it stores the open marks and the end: milliseconds since 1970. */
  readonly marksAtMs?: number;
};

/** Each of the bounds: no history, one that every write meets, one that some meet, one that none meets. */
const everyKept: readonly ParcelTableSettings[] = [0, 1, 3, 32].flatMap((historyEvents) =>
  [0, 90].map((retentionDays) => ({ historyEvents, retentionDays })),
);

/** Ids that collide, so that every order and every tie of latest and milestones comes up. */
const id = fc.integer({ min: 1, max: 6 });
const text = fc.constantFrom('', 'a', 'b', 'é');
const instant = fc.oneof(fc.constantFrom('2021-05-11T21:11:34Z', '2021-05-11T21:11:34.5Z'), anyInstant);
const milestone = fc.record({ eventId: id, timeUtc: instant });
const type = fc.constantFrom(...Object.values(milestoneTypes), 'STATUS', 'x');
const anyScan = { eventId: id, type, statusCode: text, createdDateTimeUtc: instant };

/** The second is cut in an entry, and so without its zone. */
const times = ['2021-05-11T21:11:34Z', `2021-05-11T21:11:35.${'0'.repeat(70)}Z`];

/** As a set has them: each once, in the order that `merge` makes. */
const anyHistory = fc
  .array(fc.record({ ...anyScan, createdDateTimeUtc: fc.constantFrom(...times) }), { maxLength: 5 })
  .map((scans) => scans.map((each) => ({ ...unseen, history: [historyEntry(each)] })).reduce(merge, unseen).history);

const unseen: ParcelState = {
  parcelId: 1,
  latest: { eventId: 1, type: '', statusCode: '', runId: '', createdDateTimeUtc: '' },
  milestones: {},
  history: [],
  removed: noneRemoved,
};

/** Any parcel state, reachable or not: the write must not depend on what wrote before it. */
const anyState = fc.record({
  latest: fc.record({ ...anyScan, runId: text }),
  milestones: fc.record(Object.fromEntries(milestoneNames.map((name) => [name, milestone])), {
    requiredKeys: [],
    noNullPrototype: true,
  }),
  history: anyHistory,
  removed: fc.constant(noneRemoved),
});

/**
 * What may be stored beside a state: nothing of it by 0.1.0, whose items have no history either. Where 0.1.0 ran beside
 * this release, a delivered parcel may have been left open.
 */
const anyStored = fc
  .record({
    state: anyState,
    removed: fc.oneof({ weight: 4, arbitrary: fc.constant(noneRemoved) }, fc.uniqueArray(id, { maxLength: 3 })),
    isMarked: fc.boolean(),
    isLeftOpen: fc.boolean(),
  })
  .map(({ state, removed, ...marks }) => ({
    state: { ...state, removed: [...removed].sort((a, b) => a - b) },
    ...marks,
  }));
type Value<Generator> = Generator extends fc.Arbitrary<infer Type> ? Type : never;
type AnyStored = Value<typeof anyStored>;

const anyChange = fc.oneof(
  { weight: 5, arbitrary: anyState },
  { weight: 1, arbitrary: fc.constant('what is stored' as const) },
);
type AnyChange = Value<typeof anyChange>;

const openedBefore = 1_600_000_000_000;

/** An item with what belongs to its state, or one that was written before there was such a thing. */
function itemOf(
  { state, isMarked, isLeftOpen }: AnyStored,
  parcelId: number,
  { retentionDays }: ParcelTableSettings,
): StoredItem {
  const { delivery } = state.milestones;
  const marks = {
    openedAtMs: (delivery ? isLeftOpen : isMarked || state.history.length > 0) ? openedBefore : undefined,
    expiresAt: delivery && isMarked && retentionDays > 0 ? expectedEnd(delivery.timeUtc, retentionDays) : undefined,
  };
  return { state: { parcelId, ...state }, revision: 7, ...marks };
}

/** As the design says: the delivery's second and the days. */
function expectedEnd(timeUtc: string, retentionDays: number): number {
  return Date.parse(timeUtc.replace(/(\.\d*)?Z?$/, 'Z')) / 1_000 + retentionDays * 24 * 3_600;
}

const types = [...Object.values(milestoneTypes), 'STATUS'];

/**
 * The behaviour that every parcels table has, and so the behaviour of `writeParcel` on it.
 *
 * @param beforeFirstId where several suites share a table, each has ids of its own
 */
export function describeParcelTable(
  name: string,
  openWith: (kept: ParcelTableSettings) => TableOnTrial,
  pairs: number,
  beforeFirstId = 0,
): void {
  let parcels = beforeFirstId;
  const freshId = () => ++parcels;
  const open = () => openWith(keptOnTrial);

  describe(`the parcels table ${name}`, () => {
    test('after a write holds the merge of what was stored and the change, for every pair, whatever is kept', async () => {
      const outcomes = new Set<string>();
      const changeOf = (after: AnyChange, stored: StoredItem | undefined, parcelId: number): ParcelState => {
        if (after !== 'what is stored') return { parcelId, ...after };
        return stored ? { ...stored.state, removed: noneRemoved } : stateOf(scan(1, { parcelId }));
      };
      const each = Math.ceil(pairs / everyKept.length);
      for (const kept of everyKept) {
        const { table, put, get, marksAtMs } = openWith(kept);
        const pair = fc.asyncProperty(fc.option(anyStored, { nil: undefined }), anyChange, async (before, after) => {
          const parcelId = freshId();
          const stored = before && itemOf(before, parcelId, kept);
          const change = bounded(changeOf(after, stored, parcelId), kept.historyEvents);
          if (stored) await put(stored);
          const outcome = await writeParcel(table, change);
          outcomes.add(outcome);
          const expected = stored ? bounded(merge(stored.state, change), kept.historyEvents) : change;
          const isRedundant = stored !== undefined && sameState(stored.state, expected);
          const isUntouched = isRedundant && !(stored.state.milestones.delivery && stored.openedAtMs);
          const found = await get(parcelId);
          expect(found).toMatchObject({ state: expected, revision: stored ? (isUntouched ? 7 : 8) : 1 });
          expect(outcome === 'redundant').toBe(isRedundant);
          if (outcome === 'applied' && stored)
            expect(change.latest.eventId).toBeGreaterThan(stored.state.latest.eventId);
          if (found && marksAtMs !== undefined && !isUntouched) expectMarks(found, stored, kept, marksAtMs);
        });
        await fc.assert(pair, { numRuns: each });
      }
      expect([...outcomes].sort()).toEqual(['applied', 'merged', 'redundant']);
    });

    /** Just what has not arrived is marked as open, since it was seen first; just what has arrived has an end. */
    function expectMarks(
      found: StoredItem,
      stored: StoredItem | undefined,
      { retentionDays }: ParcelTableSettings,
      marksAtMs: number,
    ): void {
      const { delivery } = found.state.milestones;
      expect(found.openedAtMs).toBe(delivery ? undefined : (stored?.openedAtMs ?? marksAtMs));
      // An addition to the history sets nothing else.
      if (stored && stored.expiresAt === found.expiresAt && sameBesideHistory(found.state, stored.state)) return;
      const expires = delivery && retentionDays > 0;
      expect(found.expiresAt).toBe(expires ? expectedEnd(delivery.timeUtc, retentionDays) : undefined);
    }

    test.each([0, 32].flatMap((historyEvents) => [0, 90].map((retentionDays) => ({ historyEvents, retentionDays }))))(
      'brings up whatever lacks its marks with the next scan, for $historyEvents entries and $retentionDays days',
      async (kept) => {
        const { table, put, get, marksAtMs } = openWith(kept);
        const types = ['STATUS', 'DELIVERY'] as const;
        const pairs = types.flatMap((one) => types.map((other) => [one, other] as const));
        for (const [[before, after], isKnown] of [true, false].flatMap((each) =>
          pairs.map((pair) => [pair, each] as const),
        )) {
          for (const history of [[], [historyEntry(scan(5))]]) {
            // An open item with a history has its marks; only a delivered one may have been written without its end.
            if (history.length > 0 && (before !== 'DELIVERY' || kept.historyEvents === 0)) continue;
            const parcelId = freshId();
            const state = { ...stateOf(scan(5, { parcelId, type: before })), history };
            await put({ state, revision: 7 });
            if (isKnown) await writeParcel(table, bounded(stateOf(scan(1, { parcelId })), kept.historyEvents));
            await put({ state, revision: 7 });
            const change = bounded(
              stateOf(scan(9, { parcelId, type: after, createdDateTimeUtc: times[1] ?? '' })),
              kept.historyEvents,
            );
            expect(await writeParcel(table, change)).toBe('applied');
            const found = await get(parcelId);
            expect(found?.state).toEqual(merge(state, change));
            if (found && marksAtMs !== undefined) expectMarks(found, { state, revision: 7 }, kept, marksAtMs);
          }
        }
      },
    );

    test('adds a late scan to the history by one union after the refused write, and writes nothing for a repetition', async () => {
      const { table, put, get } = open();
      const parcelId = freshId();
      const [first, late, last] = [1, 2, 3].map((eventId) => stateOf(scan(eventId, { parcelId })));
      if (!first || !late || !last) throw new Error('there are three');
      const stored = merge(first, last);
      await put({ state: stored, revision: 7, openedAtMs: openedBefore });
      const calls: string[] = [];
      const counted: ParcelTable = {
        historyEvents: table.historyEvents,
        apply: (...args) => {
          calls.push('apply');
          return table.apply(...args);
        },
        addHistory: (...args) => {
          calls.push('addHistory');
          return table.addHistory(...args);
        },
        replace: (...args) => {
          calls.push('replace');
          return table.replace(...args);
        },
      };
      expect(await writeParcel(counted, late)).toBe('merged');
      expect(calls).toEqual(['apply', 'addHistory']);
      const after = await get(parcelId);
      expect(after).toMatchObject({ state: merge(stored, late), revision: 8 });
      expect(await writeParcel(counted, late)).toBe('redundant');
      expect(await writeParcel(counted, first)).toBe('redundant');
      expect(calls.slice(2)).toEqual(['apply', 'apply']);
      expect(await get(parcelId)).toEqual(after);
    });

    test('replaces no addition to the history that came between look and replacement', async () => {
      const { table, put, get } = open();
      const parcelId = freshId();
      const [picked, late, last] = [
        stateOf(scan(1, { parcelId, type: 'PICKUP' })),
        stateOf(scan(2, { parcelId })),
        stateOf(scan(3, { parcelId })),
      ];
      await put({ state: last, revision: 7, openedAtMs: openedBefore });
      const raced: ParcelTable = {
        ...table,
        replace: async (state, stored) => {
          if (stored.revision === 7) expect(await table.addHistory(parcelId, late.history)).toEqual({ done: true });
          return await table.replace(state, stored);
        },
      };
      expect(await writeParcel(raced, picked)).toBe('merged');
      expect(await get(parcelId)).toMatchObject({ state: [last, late, picked].reduce(merge), revision: 9 });
    });

    test('adds nothing to the history of a parcel that is not stored, has none, is full or was repaired', async () => {
      const { table, put } = openWith({ historyEvents: 2, retentionDays: 0 });
      const added = stateOf(scan(1)).history;
      expect(await table.addHistory(freshId(), added)).toEqual({ done: false, stored: undefined });
      const [one, other] = [5, 6].map((eventId) => stateOf(scan(eventId, { parcelId: 1 })));
      if (!one || !other) throw new Error('there are two');
      for (const state of [{ ...one, history: [] }, merge(one, other), { ...one, removed: [4] }]) {
        const parcelId = freshId();
        const stored = { state: { ...state, parcelId }, revision: 3, openedAtMs: openedBefore };
        await put(stored);
        expect(await table.addHistory(parcelId, added)).toMatchObject({ done: false, stored });
      }
    });

    test('holds the merge of each of many parcels that are written at once', async () => {
      const { table, put, get } = open();
      const pair = fc.tuple(fc.option(anyStored, { nil: undefined }), anyState);
      await fc.assert(
        fc.asyncProperty(fc.array(pair, { minLength: 20, maxLength: 60 }), async (pairs) => {
          const written = await Promise.all(
            pairs.map(async ([before, after]) => {
              const parcelId = freshId();
              const stored = before && itemOf(before, parcelId, keptOnTrial);
              if (stored) await put(stored);
              const change = { parcelId, ...after };
              return { change, expected: stored ? merge(stored.state, change) : change };
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
      expect(await table.replace(state, { revision: 3 })).toEqual({ done: false, stored: undefined });
      await put({ state, revision: 3 });
      expect(await table.apply(state)).toEqual({ done: false, stored: { state, revision: 3 } });
      expect(await table.replace(state, { revision: 2 })).toEqual({ done: false, stored: { state, revision: 3 } });
      expect(await table.replace(state, { revision: 3 })).toEqual({ done: true });
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
      await put({ state: first, revision: 1, openedAtMs: openedBefore });
      let overtaken = false;
      const raced: ParcelTable = {
        ...table,
        replace: async (state, stored): Promise<ConditionalWrite> => {
          if (!overtaken) {
            overtaken = true;
            expect(await writeParcel(table, overtaking)).toBe('applied');
          }
          return await table.replace(state, stored);
        },
      };
      expect(await writeParcel(raced, late)).toBe('merged');
      expect(await get(parcelId)).toMatchObject({ state: [first, overtaking, late].reduce(merge), revision: 3 });
    });

    test('is done again from the beginning when the item was deleted meanwhile', async () => {
      const { table, get } = open();
      const parcelId = freshId();
      const change = stateOf(scan(5, { parcelId }));
      let looks = 0;
      const raced: ParcelTable = {
        ...table,
        apply: async (state) => (++looks === 1 ? { done: false, stored: undefined } : await table.apply(state)),
      };
      expect(await writeParcel(raced, change)).toBe('applied');
      expect(await get(parcelId)).toMatchObject({ state: change, revision: 1 });
    });

    test('gives up after ten lost races, and says so', async () => {
      const { table, put } = open();
      const parcelId = freshId();
      await put({ state: stateOf(scan(100, { parcelId })), revision: 1, openedAtMs: openedBefore });
      let others = 0;
      const contended: ParcelTable = {
        ...table,
        replace: async (state, stored) => {
          others += 1;
          await writeParcel(table, stateOf(scan(100 + others, { parcelId })));
          return await table.replace(state, stored);
        },
      };
      const late = stateOf(scan(1, { parcelId, type: 'PICKUP' }));
      await expect(writeParcel(contended, late)).rejects.toMatchObject({ code: 'STORE_CONTENDED' });
      expect(others).toBe(10);
    });
  });
}
