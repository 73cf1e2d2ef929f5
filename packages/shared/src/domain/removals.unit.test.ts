import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent } from '../../test/arbitrary-events.ts';
import { historyEntry } from './history.ts';
import { milestoneNames, milestoneTypes } from './milestones.ts';
import { bounded, merge, type ParcelState, removalOf, stateOf } from './parcel-state.ts';
import { noScan } from './removals.ts';
import type { ScanEvent } from './scan-event.ts';

const parcelId = 5002;
const long = 'x'.repeat(64);

/** Scans of one parcel whose ids collide; texts that are alike up to the cut. */
const anyScan: fc.Arbitrary<ScanEvent> = anyEvent({
  parcelId: fc.constant(parcelId),
  eventId: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(Number.MAX_SAFE_INTEGER)),
  type: fc.constantFrom(...Object.values(milestoneTypes), 'STATUS', `${long}1`, `${long}2`),
  createdDateTimeUtc: fc.constantFrom(
    '2021-05-11T21:11:34Z',
    '2021-05-11T21:11:34.5Z',
    `2021-05-11T21:11:34.${'1'.repeat(60)}Z`,
    `2021-05-11T21:11:34.${'1'.repeat(60)}2Z`,
  ),
  statusCode: fc.constantFrom('', 'A', `${long}1`, `${long}2`),
  runId: fc.constantFrom('', '99', '100'),
});
const anyId = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(Number.MAX_SAFE_INTEGER));

/** Scans and removals, in any order. */
type Element = { readonly scan: ScanEvent } | { readonly removedId: number };
const anyElement: fc.Arbitrary<Element> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ scan: anyScan }) },
  { weight: 1, arbitrary: fc.record({ removedId: anyId }) },
);
const anyElements = fc.array(anyElement, { minLength: 1, maxLength: 10 });
const lifted = (element: Element): ParcelState =>
  'scan' in element ? stateOf(element.scan) : removalOf(parcelId, [element.removedId]);
const folded = (elements: readonly Element[]): ParcelState => elements.map(lifted).reduce(merge);

describe('a removal is an element of the join', () => {
  test('which is commutative, associative and idempotent with it', () => {
    fc.assert(
      fc.property(anyElements, anyElements, anyElements, (one, two, three) => {
        const [a, b, c] = [folded(one), folded(two), folded(three)];
        expect(merge(a, b)).toEqual(merge(b, a));
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
        expect(merge(a, a)).toEqual(a);
        expect(merge(merge(a, b), b)).toEqual(merge(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  test('so that neither order, repetition nor grouping of scans and removals matters', () => {
    const replay = anyElements.chain((elements) =>
      fc.record({
        elements: fc.constant(elements),
        order: fc.shuffledSubarray([...elements, ...elements], { minLength: elements.length * 2 }),
        cut: fc.nat(elements.length * 2),
      }),
    );
    fc.assert(
      fc.property(replay, ({ elements, order, cut }) => {
        const groups = [order.slice(0, cut), order.slice(cut)].filter((group) => group.length > 0);
        expect(groups.map(folded).reduce(merge)).toEqual(folded(elements));
      }),
      { numRuns: 1_000 },
    );
  });

  test('and what is left is what the other scans say', () => {
    fc.assert(
      fc.property(anyElements, (elements) => {
        const removed = new Set(elements.flatMap((one) => ('removedId' in one ? [one.removedId] : [])));
        const left = elements.flatMap((one) => ('scan' in one && !removed.has(one.scan.eventId) ? [one.scan] : []));
        const state = folded(elements);
        const expected = left.length > 0 ? left.map(stateOf).reduce(merge) : undefined;
        expect(state.removed).toEqual([...removed].sort((a, b) => a - b));
        expect(state.history).toEqual(expected?.history ?? []);
        expect(state.latest.eventId).toBe(expected?.latest.eventId ?? noScan.eventId);
        for (const name of milestoneNames) {
          expect(state.milestones[name]?.eventId).toBe(expected?.milestones[name]?.eventId);
        }
      }),
    );
  });

  test('at any bound it is commutative and idempotent, and what was removed never comes back', () => {
    fc.assert(
      fc.property(anyElements, anyElements, fc.constantFrom(0, 1, 2, 3), (one, two, most) => {
        const [a, b] = [bounded(folded(one), most), bounded(folded(two), most)];
        const join = (x: ParcelState, y: ParcelState) => bounded(merge(x, y), most);
        expect(join(a, b)).toEqual(join(b, a));
        expect(join(join(a, b), b)).toEqual(join(a, b));
        const { latest, milestones, history, removed } = join(a, b);
        const said = [latest, ...Object.values(milestones), ...history].map(({ eventId }) => eventId);
        expect(said.filter((id) => removed.includes(id))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a parcel pinned by an absurdly high EventId', () => {
  const scan = (eventId: number, fields: Partial<ScanEvent> = {}): ScanEvent => ({
    eventId,
    parcelId,
    type: 'STATUS',
    createdDateTimeUtc: `2021-05-11T21:11:3${eventId % 10}Z`,
    statusCode: 'OK',
    runId: '100',
    ...fields,
  });
  const absurd = scan(9_007_199_254_740_991, { type: 'DELIVERY' });
  const pinned = [scan(1, { type: 'PICKUP' }), scan(2), absurd, scan(3)].map(stateOf).reduce(merge);
  const repaired = merge(pinned, removalOf(parcelId, [absurd.eventId]));

  test('is what the others say of it: the latest from its history, without the run', () => {
    expect(pinned.latest).toMatchObject({ eventId: absurd.eventId });
    expect(repaired).toEqual({
      parcelId,
      latest: { eventId: 3, type: 'STATUS', createdDateTimeUtc: '2021-05-11T21:11:33Z', statusCode: 'OK', runId: '' },
      milestones: { pickup: { eventId: 1, timeUtc: '2021-05-11T21:11:31Z' } },
      history: [3, 2, 1].map((id) => historyEntry(scan(id, id === 1 ? { type: 'PICKUP' } : {}))),
      removed: [absurd.eventId],
    });
  });

  test('takes no notice of the same event when it comes again, with any content', () => {
    expect(merge(repaired, stateOf(absurd))).toEqual(repaired);
    expect(merge(repaired, stateOf({ ...absurd, statusCode: 'other', type: 'PICKUP' }))).toEqual(repaired);
  });

  test('goes on with its next scan', () => {
    const { latest, milestones } = merge(repaired, stateOf(scan(4, { type: 'DELIVERY' })));
    expect(latest).toMatchObject({ eventId: 4, type: 'DELIVERY' });
    expect(milestones).toMatchObject({ pickup: { eventId: 1 }, delivery: { eventId: 4 } });
  });

  test('has no latest scan when nothing else is known of it', () => {
    expect(merge(stateOf(absurd), removalOf(parcelId, [absurd.eventId])).latest).toEqual(noScan);
  });

  test('keeps a delivery that comes after the removal of a wrong one, however many scans follow', () => {
    const wrong = [scan(1), scan(2, { type: 'DELIVERY' })].map(stateOf).reduce(merge);
    const right = merge(merge(wrong, removalOf(parcelId, [2])), stateOf(scan(5, { type: 'DELIVERY' })));
    const later = Array.from({ length: 40 }, (_, index) => stateOf(scan(6 + index)));
    const state = later.reduce((a, b) => bounded(merge(a, b), 3), right);
    expect(state.milestones.delivery).toMatchObject({ eventId: 5 });
  });

  test('does not know what its history had forgotten before the removal', () => {
    const first = stateOf(scan(2, { type: 'DELIVERY' }));
    const second = stateOf(scan(5, { type: 'DELIVERY' }));
    const later = Array.from({ length: 3 }, (_, index) => stateOf(scan(6 + index)));
    const state = [first, second, ...later].reduce((a, b) => bounded(merge(a, b), 3));
    const without = bounded(merge(state, removalOf(parcelId, [2])), 3);
    expect(without.milestones).toEqual({});
    expect(merge(without, second).milestones.delivery).toMatchObject({ eventId: 5 });
  });
});
