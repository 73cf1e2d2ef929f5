import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyInstant } from '../../test/arbitrary-events.ts';
import { foldByParcel } from '../../test/fold-by-parcel.ts';
import { historyEntry } from './history.ts';
import { milestoneNames, milestoneTypes } from './milestones.ts';
import { merge, type ParcelState, sameState, stateOf } from './parcel-state.ts';
import type { ScanEvent } from './scan-event.ts';

const types = [...Object.values(milestoneTypes), 'STATUS'];

/** Events of one parcel that collide all the time: three ids, and two contents or more under one id as often as not. */
const colliding: fc.Arbitrary<ScanEvent> = anyEvent({
  parcelId: fc.constant(5002),
  eventId: fc.integer({ min: 1, max: 3 }),
  type: fc.constantFrom(...types, 'pickup'),
  createdDateTimeUtc: fc.oneof(fc.constantFrom('2021-05-11T21:11:34.1Z', '2021-05-11T21:11:34.10Z'), anyInstant),
  statusCode: fc.constantFrom('', 'a', 'B', 'é', '\ud83d\udce6', '\uffff'),
  runId: fc.constantFrom('', '99', '100'),
});

/** One parcel's events, mostly with ids of their own. */
const scans = fc.array(
  fc.oneof(colliding, anyEvent({ parcelId: fc.constant(5002), type: fc.constantFrom(...types) })),
  { minLength: 1, maxLength: 12 },
);

const folded = (events: readonly ScanEvent[]): ParcelState => events.map(stateOf).reduce(merge);
const state = scans.map(folded);

describe('merge', () => {
  test('is commutative', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(merge(a, b)).toEqual(merge(b, a));
      }),
    );
  });

  test('is associative', () => {
    fc.assert(
      fc.property(state, state, state, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
      }),
    );
  });

  test('is idempotent', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(merge(a, a)).toEqual(a);
        expect(merge(merge(a, b), b)).toEqual(merge(a, b));
      }),
    );
  });

  test('leaves both sides as they were', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        const before = structuredClone([a, b]);
        merge(a, b);
        expect([a, b]).toEqual(before);
      }),
    );
  });

  test('gives the same state for any permutation, duplication and grouping of a parcel’s events', () => {
    const regrouped = scans.chain((events) =>
      fc.record({
        events: fc.constant(events),
        // Every event at least once, in any order, some again and again, cut into packs anywhere.
        replay: fc
          .tuple(fc.shuffledSubarray(events, { minLength: events.length }), fc.array(fc.constantFrom(...events)))
          .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }))
          .chain((sequence) =>
            fc
              .array(fc.nat(sequence.length), { maxLength: 4 })
              .map((cuts) => slices(sequence, [0, ...cuts.sort((a, b) => a - b), sequence.length])),
          ),
      }),
    );
    fc.assert(
      fc.property(regrouped, ({ events, replay }) => {
        expect(replay.map(folded).reduce(merge)).toEqual(folded(events));
      }),
      { numRuns: 1_000 },
    );
  });

  test('keeps as the latest the highest EventId, and of two contents under it the greater by code unit', () => {
    fc.assert(
      fc.property(scans, (events) => {
        const { parcelId, ...latest } = events.reduce((a, b) => (byDesign(a, b) > 0 ? a : b));
        expect(folded(events)).toMatchObject({ parcelId, latest });
      }),
    );
  });

  test('knows the pickup and the delivery', () => {
    expect(milestoneTypes).toMatchObject({ pickup: 'PICKUP', delivery: 'DELIVERY' });
  });

  test.for(milestoneNames.map((name) => [milestoneTypes[name], name] as const))(
    'keeps of every %s the lowest EventId as the %s, with the greater time seen under it',
    ([type, milestone]) => {
      fc.assert(
        fc.property(scans, (events) => {
          const ofType = events.filter((event) => event.type === type);
          const eventId = Math.min(...ofType.map((event) => event.eventId));
          const times = ofType.filter((event) => event.eventId === eventId).map((event) => event.createdDateTimeUtc);
          const expected = ofType.length > 0 ? { eventId, timeUtc: times.sort(byCodeUnit).at(-1) } : undefined;
          expect(folded(events).milestones[milestone]).toEqual(expected);
        }),
      );
    },
  );
});

describe('two contents under one EventId', () => {
  const scan = {
    eventId: 7,
    parcelId: 1,
    type: 'STATUS',
    createdDateTimeUtc: '2021-05-11T21:11:34Z',
    statusCode: 'B',
    runId: 'b',
  };

  const greaterContents: [string, Partial<ScanEvent>][] = [
    ['time', { createdDateTimeUtc: '2021-05-11T21:11:35Z', type: 'A', statusCode: '', runId: '' }],
    ['type at the same time', { type: 'T', statusCode: '', runId: '' }],
    ['status at the same time and type', { statusCode: 'c', runId: '' }],
    ['run where all else is the same', { runId: 'c' }],
    ['status by code unit, where a locale would say B', { statusCode: 'a' }],
  ];

  test.for(greaterContents)('are settled by the greater %s', ([, greater]) => {
    const [a, b] = [stateOf(scan), stateOf({ ...scan, ...greater })];
    const { history: _history, ...kept } = b;
    expect(merge(a, b)).toMatchObject(kept);
    expect(merge(b, a)).toMatchObject(kept);
  });

  test('are compared by code unit, where code points would say the parcel', () => {
    const states = ['\ud83d\udce6', '\uffff'].map((statusCode) => stateOf({ ...scan, statusCode }));
    expect(states.reduce(merge).latest.statusCode).toBe('\uffff');
    expect(states.toReversed().reduce(merge).latest.statusCode).toBe('\uffff');
  });

  test('are compared as strings, not as moments: Z sorts after the dot of a fraction', () => {
    const states = [stateOf({ ...scan, createdDateTimeUtc: '2021-05-11T21:11:34.50Z' }), stateOf(scan)];
    expect(states.reduce(merge).latest.createdDateTimeUtc).toBe('2021-05-11T21:11:34Z');
    expect(states.toReversed().reduce(merge).latest.createdDateTimeUtc).toBe('2021-05-11T21:11:34Z');
  });

  test('that are a milestone both keep the greater time, and one of another type takes nothing from it', () => {
    const early = stateOf({ ...scan, type: 'PICKUP', createdDateTimeUtc: '2021-05-11T21:11:34Z' });
    const late = stateOf({ ...scan, type: 'PICKUP', createdDateTimeUtc: '2021-05-11T21:11:35Z' });
    const other = stateOf({ ...scan, type: 'STATUS', createdDateTimeUtc: '2021-05-11T21:11:36Z' });
    const pickup = { eventId: 7, timeUtc: '2021-05-11T21:11:35Z' };
    for (const order of [
      [early, late, other],
      [other, late, early],
      [late, other, early],
    ])
      expect(order.reduce(merge)).toMatchObject({ latest: other.latest, milestones: { pickup } });
  });
});

describe('the state of one event', () => {
  test('is that scan, and its milestone if its type is one', () => {
    fc.assert(
      fc.property(anyEvent(), (event) => {
        const { parcelId, ...latest } = event;
        const milestone = { eventId: event.eventId, timeUtc: event.createdDateTimeUtc };
        expect(stateOf(event)).toStrictEqual({
          parcelId,
          latest,
          milestones: Object.fromEntries(
            milestoneNames.filter((name) => milestoneTypes[name] === event.type).map((name) => [name, milestone]),
          ),
          history: [historyEntry(event)],
          removed: [],
        });
      }),
    );
  });
});

describe('a pickup or delivery that comes late', () => {
  const at = (eventId: number, type: string) =>
    stateOf({
      eventId,
      parcelId: 1,
      type,
      createdDateTimeUtc: `2021-05-11T21:11:0${eventId}Z`,
      statusCode: '',
      runId: '',
    });

  test('still becomes the first one, while the latest scan stays', () => {
    const seen = merge(at(5, 'PICKUP'), at(9, 'STATUS'));
    expect(merge(seen, at(3, 'PICKUP'))).toMatchObject({
      latest: seen.latest,
      milestones: { pickup: { eventId: 3, timeUtc: '2021-05-11T21:11:03Z' } },
    });
  });

  test('and is not the first one is one more scan of the history, and nothing else', () => {
    const seen = [at(3, 'DELIVERY'), at(9, 'STATUS')].reduce(merge);
    const late = at(5, 'DELIVERY');
    expect(merge(seen, late)).toEqual({
      ...seen,
      history: [at(9, 'STATUS'), late, at(3, 'DELIVERY')].flatMap((one) => one.history),
    });
  });
});

describe('sameState', () => {
  test('is whether merging would change neither', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        const merged = merge(a, b);
        expect(sameState(a, b)).toBe(sameState(merged, a) && sameState(merged, b));
        expect(sameState(a, a)).toBe(true);
      }),
    );
  });

  test.for(Object.values(milestoneTypes))('tells states apart that differ in the %s alone', (type) => {
    const event = { parcelId: 1, statusCode: '', runId: '' };
    const first = stateOf({ ...event, eventId: 3, type, createdDateTimeUtc: '2021-05-11T21:11:34Z' });
    const latest = stateOf({ ...event, eventId: 9, type: 'STATUS', createdDateTimeUtc: '2021-05-12T21:11:34Z' });
    expect(sameState(latest, merge(first, latest))).toBe(false);
  });

  test('tells states apart exactly when they differ in anything', () => {
    const alike = fc.oneof(
      fc.tuple(state, state),
      state.map((a) => [a, structuredClone(a)] as const),
      fc.tuple(colliding.map(stateOf), colliding.map(stateOf)),
    );
    fc.assert(
      fc.property(alike, ([a, b]) => {
        expect(sameState(a, b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
      }),
    );
  });
});

describe('foldByParcel', () => {
  const events = fc.array(
    anyEvent({ parcelId: fc.integer({ min: 1, max: 4 }), eventId: fc.integer({ min: 1, max: 9 }) }),
  );

  test('gives each parcel the merge of its events alone', () => {
    fc.assert(
      fc.property(events, (list) => {
        const changes = foldByParcel(list);
        expect(new Set(changes.keys())).toEqual(new Set(list.map((event) => event.parcelId)));
        for (const [parcelId, change] of changes) {
          expect(change).toEqual(folded(list.filter((event) => event.parcelId === parcelId)));
        }
      }),
    );
  });

  test('orders parcels by first appearance', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect([...foldByParcel(list).keys()]).toEqual([...new Set(list.map((event) => event.parcelId))]);
      }),
    );
  });
});

/** The order of truth as the design words it, written down a second time. */
function byDesign(a: ScanEvent, b: ScanEvent): number {
  return (
    a.eventId - b.eventId ||
    byCodeUnit(a.createdDateTimeUtc, b.createdDateTimeUtc) ||
    byCodeUnit(a.type, b.type) ||
    byCodeUnit(a.statusCode, b.statusCode) ||
    byCodeUnit(a.runId, b.runId)
  );
}

function byCodeUnit(a: string, b: string): number {
  const units = (text: string) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  const [left, right] = [units(a), units(b)];
  const differs = left.findIndex((unit, index) => unit !== right[index]);
  if (differs === -1) return left.length - right.length;
  return (left[differs] ?? -1) - (right[differs] ?? -1);
}

function slices<T>(sequence: readonly T[], cuts: readonly number[]): T[][] {
  return cuts
    .slice(1)
    .map((end, index) => sequence.slice(cuts[index], end))
    .filter((slice) => slice.length > 0);
}

function sorted({ parcelId, latest, milestones, history, removed }: ParcelState): unknown {
  const { eventId, type, createdDateTimeUtc, statusCode, runId } = latest;
  const seen = milestoneNames.map((name) => milestones[name] && [milestones[name].eventId, milestones[name].timeUtc]);
  const texts = history.map(({ text }) => text);
  return [parcelId, eventId, type, createdDateTimeUtc, statusCode, runId, ...seen, texts, removed];
}
