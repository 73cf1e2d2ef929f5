import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyInstant } from '../../test/arbitrary-events.ts';
import {
  type History,
  historyEntry,
  mergeHistory,
  missingFrom,
  readHistory,
  sameHistory,
  scanOfEntry,
  shownHistory,
} from './history.ts';
import { bounded, merge, type ParcelState, stateOf } from './parcel-state.ts';
import type { ScanEvent } from './scan-event.ts';

const parcelId = 5002;

/** Texts at the cut: 63 to 66 code units, a surrogate pair on either side of it, alike up to there. */
const atTheCut = fc
  .tuple(fc.integer({ min: 61, max: 65 }), fc.constantFrom('', 'x', 'y', '\ud83d\udce6', '\ud83d\udce6\ud83d\udce6'))
  .map(([length, end]) => 'a'.repeat(length) + end);

/** Scans of one parcel whose ids and contents collide all the time. */
const anyScan: fc.Arbitrary<ScanEvent> = anyEvent({
  parcelId: fc.constant(parcelId),
  eventId: fc.integer({ min: 1, max: 6 }),
  type: fc.oneof(fc.constantFrom('PICKUP', 'DELIVERY', 'STATUS', 'a "quoted" \\ type'), atTheCut),
  createdDateTimeUtc: fc.oneof(
    fc.constantFrom(
      '2021-05-11T21:11:34.5Z',
      `2021-05-11T21:11:34.${'1'.repeat(60)}Z`,
      `2021-05-11T21:11:34.${'1'.repeat(60)}2Z`,
    ),
    anyInstant,
  ),
  statusCode: fc.oneof(fc.constantFrom('', 'A', 'B', 'é', '\uffff'), atTheCut),
});
const anyScans = fc.array(anyScan, { minLength: 1, maxLength: 12 });
const anyBound = fc.constantFrom(0, 1, 2, 3, 5, 32, 100);

/** Bounded after each scan, as a processor folds. */
const folded = (scans: readonly ScanEvent[], most: number): ParcelState =>
  scans.map((scan) => bounded(stateOf(scan), most)).reduce((a, b) => bounded(merge(a, b), most));
const joined = (most: number) => (a: ParcelState, b: ParcelState) => bounded(merge(a, b), most);

describe('a bounded history', () => {
  test('is a semilattice with the rest of the state, for every bound', () => {
    fc.assert(
      fc.property(anyScans, anyScans, anyScans, anyBound, (one, two, three, most) => {
        const join = joined(most);
        const [a, b, c] = [folded(one, most), folded(two, most), folded(three, most)];
        expect(join(a, b)).toEqual(join(b, a));
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
        expect(join(a, a)).toEqual(a);
        expect(join(join(a, b), b)).toEqual(join(a, b));
      }),
      { numRuns: 500 },
    );
  });

  test('is the newest entries of all scans, whatever the order, repetition and grouping', () => {
    const replay = anyScans.chain((scans) =>
      fc.record({
        scans: fc.constant(scans),
        order: fc.shuffledSubarray([...scans, ...scans], { minLength: scans.length * 2 }),
        cut: fc.nat(scans.length * 2),
        most: anyBound,
      }),
    );
    fc.assert(
      fc.property(replay, ({ scans, order, cut, most }) => {
        const groups = [order.slice(0, cut), order.slice(cut)].filter((group) => group.length > 0);
        const state = groups.map((group) => folded(group, most)).reduce(joined(most));
        expect(state.history.map(({ text }) => text)).toEqual(newestByDesign(scans, most));
      }),
      { numRuns: 500 },
    );
  });

  test('below the bound is the union of the texts, which the server makes of two sets', () => {
    fc.assert(
      fc.property(anyScans, anyScans, (one, two) => {
        const [a, b] = [folded(one, 100), folded(two, 100)];
        const union = new Set([...a.history, ...b.history].map(({ text }) => text));
        expect(new Set(merge(a, b).history.map(({ text }) => text))).toEqual(union);
        expect(readHistory(union)).toEqual(merge(a, b).history);
      }),
    );
  });

  test('is trimmed by a lower bound as if it had never been longer', () => {
    fc.assert(
      fc.property(anyScans, anyBound, anyBound, (scans, one, other) => {
        const [lower = 0, higher = 0] = [one, other].sort((a, b) => a - b);
        expect(bounded(folded(scans, higher), lower).history).toEqual(folded(scans, lower).history);
      }),
    );
  });
});

describe('an entry', () => {
  test('is a JSON array of id, time, type and status, without the run', () => {
    const scan = {
      eventId: 83269,
      type: 'PICKUP',
      createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
      statusCode: 'a "b"',
      runId: '100',
    };
    expect(historyEntry(scan)).toEqual({
      eventId: 83269,
      text: String.raw`[83269,"2021-05-11T21:11:34.1506147Z","PICKUP","a \"b\""]`,
    });
  });

  test.for<readonly [string, string, string]>([
    ['64 code units are kept', 'a'.repeat(64), 'a'.repeat(64)],
    ['the 65th goes', `${'a'.repeat(64)}b`, 'a'.repeat(64)],
    ['a pair that ends at the 64th stays', `${'a'.repeat(62)}\ud83d\udce6b`, `${'a'.repeat(62)}\ud83d\udce6`],
    ['a pair that the cut would halve goes whole', `${'a'.repeat(63)}\ud83d\udce6b`, 'a'.repeat(63)],
  ])('cuts its texts: %s', ([, statusCode, kept]) => {
    const scan = { eventId: 1, type: 'T', createdDateTimeUtc: '2021-05-11T21:11:34Z', statusCode };
    expect(scanOfEntry(historyEntry(scan))).toEqual({ ...scan, statusCode: kept });
  });

  test('cut twice is the same, well formed, and no longer than a few hundred bytes', () => {
    fc.assert(
      fc.property(anyScan, (scan) => {
        const entry = historyEntry(scan);
        expect(historyEntry(scanOfEntry(entry))).toEqual(entry);
        expect(entry.text.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(entry.text)).toBeLessThan(1_200);
      }),
    );
  });
});

describe('a stored set', () => {
  test('is read whatever its order', () => {
    fc.assert(
      fc.property(
        anyScans.chain((scans) => fc.shuffledSubarray(scans, { minLength: scans.length })),
        (scans) => {
          const { history } = folded(scans, 100);
          expect(readHistory(new Set(scans.map((scan) => historyEntry(scan).text)))).toEqual(history);
        },
      ),
    );
  });

  test.for(['', 'x', '{}', '[]', '["1"]', '[1.5,"a"]', '[99999999999999999,"a"]', '[-1]', '1'])(
    'with %j in it is not a history',
    (text) => {
      expect(readHistory([text])).toBeUndefined();
    },
  );

  test('may hold entries of a later release, which stay as they are', () => {
    const later = '[7,"2021-05-11T21:11:34Z","STATUS","OK",{"place":"depot 3"}]';
    const [entry] = readHistory([later]) ?? [];
    expect(entry).toEqual({ eventId: 7, text: later });
    expect(shownHistory([entry].filter((one) => one !== undefined))).toEqual([
      { eventId: 7, createdDateTimeUtc: '2021-05-11T21:11:34Z', type: 'STATUS', statusCode: 'OK' },
    ]);
  });
});

describe('a reader', () => {
  test('is shown one scan an EventId, the newest first, of two contents the greater', () => {
    fc.assert(
      fc.property(anyScans, (scans) => {
        const shown = shownHistory(folded(scans, 100).history);
        expect(shown.map(({ eventId }) => eventId)).toEqual(
          [...new Set(scans.map(({ eventId }) => eventId))].sort((a, b) => b - a),
        );
        for (const scan of shown) {
          const others = scans
            .filter(({ eventId }) => eventId === scan.eventId)
            .map((one) => scanOfEntry(historyEntry(one)));
          expect(others.toSorted(byDesign).at(-1)).toEqual(scan);
        }
      }),
    );
  });
});

describe('two histories', () => {
  const anyHistory: fc.Arbitrary<History> = anyScans.map((scans) => folded(scans, 100).history);

  test('are the same exactly where they hold the same texts', () => {
    fc.assert(
      fc.property(anyHistory, anyHistory, (a, b) => {
        const texts = (history: History) => JSON.stringify(history.map(({ text }) => text));
        expect(sameHistory(a, b)).toBe(texts(a) === texts(b));
        expect(sameHistory(a, structuredClone(a))).toBe(true);
      }),
    );
  });

  test('differ by what one lacks of the other: added to it, that makes their union', () => {
    fc.assert(
      fc.property(anyHistory, anyHistory, (a, b) => {
        const missing = missingFrom(a, b);
        expect(mergeHistory(a, missing)).toEqual(mergeHistory(a, b));
        expect(missing.length).toBe(mergeHistory(a, b).length - a.length);
      }),
    );
  });
});

type Shown = Omit<ScanEvent, 'parcelId' | 'runId'>;

/** What the design says of a history, written down a second time: of the union the entries with the highest EventIds, of two contents the greater. */
function newestByDesign(scans: readonly ScanEvent[], most: number): string[] {
  const cut = (text: string) => text.slice(0, 64).replace(/[\ud800-\udbff]$/, '');
  const texts = scans.map(({ eventId, createdDateTimeUtc, type, statusCode }) =>
    JSON.stringify([eventId, cut(createdDateTimeUtc), cut(type), cut(statusCode)]),
  );
  const shown = (text: string): Shown => {
    const [eventId, createdDateTimeUtc, type, statusCode] = JSON.parse(text);
    return { eventId, createdDateTimeUtc, type, statusCode };
  };
  return [...new Set(texts)].sort((a, b) => byDesign(shown(b), shown(a))).slice(0, most);
}

function byDesign(a: Shown, b: Shown): number {
  if (a.eventId !== b.eventId) return a.eventId - b.eventId;
  for (const field of ['createdDateTimeUtc', 'type', 'statusCode'] as const) {
    if (a[field] !== b[field]) return a[field] < b[field] ? -1 : 1;
  }
  return 0;
}

test.each([
  ['an end before a blank', 'a', 'a '],
  ['a quotation mark', 'a"', 'aB'],
  ['a backslash', 'a\\', 'a]'],
  ['a control character', 'a\u0001', 'aB'],
])('the greater of two contents is the greater text, and not the greater JSON: %s', (_, lesser, greater) => {
  const [one, other] = [lesser, greater].map((statusCode) =>
    historyEntry({ eventId: 7, createdDateTimeUtc: '2021-05-11T21:11:34Z', type: 'STATUS', statusCode }),
  );
  if (!one || !other) throw new Error('there are two');
  for (const history of [mergeHistory([one], [other]), mergeHistory([other], [one])]) {
    expect(history).toEqual([other, one]);
    expect(shownHistory(history).map(({ statusCode }) => statusCode)).toEqual([greater]);
  }
});
