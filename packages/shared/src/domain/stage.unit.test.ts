import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyJson, anyText } from '../../test/arbitrary-events.ts';
import { merge, type ParcelState, stateOf } from './parcel-state.ts';
import { readStageMapping, type StageMapping, stageOf } from './stage.ts';
import { stages } from './stage-names.ts';

/** The mapping that this text is; throws where it is none. */
function mapping(text: string): StageMapping {
  const result = readStageMapping(text);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

const problems = (text: string) => {
  const result = readStageMapping(text);
  return 'problems' in result ? result.problems : [];
};

/** A parcel that was scanned so, one scan after the other. */
function parcel(...scans: readonly (readonly [type: string, statusCode?: string])[]): ParcelState {
  const [first, ...others] = scans.map(([type, statusCode = ''], index) =>
    stateOf({
      eventId: index + 1,
      parcelId: 7,
      type,
      statusCode,
      createdDateTimeUtc: '2021-05-11T21:11:34Z',
      runId: '',
    }),
  );
  if (!first) throw new Error('a parcel is scanned at least once');
  return others.reduce(merge, first);
}

const carrier = mapping(
  '{"STATUS":"in-transit","STATUS/IN_DEPOT":"available-for-pickup","STATUS/":"exception","X/A/B":"returning","HELD":"exception"}',
);

describe('a parcel', () => {
  test.for([
    ['registered', 'when it was scanned, and no more is known', parcel(['NEW'])],
    ['in-transit', 'after a pickup', parcel(['PICKUP'])],
    ['in-transit', 'after a pickup, whatever the mapping does not know', parcel(['PICKUP'], ['NEW', 'X'])],
    ['available-for-pickup', 'by type and status code of the latest scan', parcel(['PICKUP'], ['STATUS', 'IN_DEPOT'])],
    ['in-transit', 'by its type alone, where the status code is not named', parcel(['STATUS', 'OTHER'])],
    ['exception', 'by a status code that is empty', parcel(['STATUS', ''])],
    ['returning', 'by a status code with a slash in it', parcel(['X', 'A/B'])],
    ['registered', 'by no key when its type has a slash in it, though the text is the same', parcel(['X/A', 'B'])],
    ['registered', 'by no key when its type is like one', parcel(['X/A/B'])],
    ['in-transit', 'by its latest scan, not by an earlier one', parcel(['PICKUP'], ['HELD'], ['NEW'])],
    ['delivered', 'once it was delivered', parcel(['PICKUP'], ['DELIVERY'])],
    ['delivered', 'once it was delivered, whatever is scanned after it', parcel(['DELIVERY'], ['HELD'])],
  ] as const)('is %s %s', ([stage, , state]) => {
    expect(stageOf(state, carrier)).toBe(stage);
  });

  test.for(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'get'])(
    'of the type %s is in no stage that nobody named, and in the one that somebody did',
    (type) => {
      expect(stageOf(parcel([type]), carrier)).toBe('registered');
      expect(stageOf(parcel([type]), mapping(`{"${type}":"exception"}`))).toBe('exception');
      expect(stageOf(parcel(['STATUS', type]), mapping(`{"STATUS/${type}":"returned"}`))).toBe('returned');
    },
  );
});

describe('for every parcel and every mapping', () => {
  const word = fc.constantFrom('STATUS', 'PICKUP', 'DELIVERY', 'A', 'A/B', '/', '', '__proto__');
  const anyState = fc
    .array(
      anyEvent({
        parcelId: fc.constant(7),
        type: fc.oneof(word, anyText(4)).map((type) => type || 'T'),
        statusCode: fc.oneof(word, anyText(4)),
      }),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((events) => {
      const states = events.map(stateOf);
      return { events, state: states.reduce(merge) };
    });
  const anyMapping: fc.Arbitrary<StageMapping> = fc
    .array(
      fc.tuple(
        fc
          .oneof(
            word,
            fc.tuple(word, word).map((parts) => parts.join('/')),
            anyText(4),
          )
          .map((key) => key || 'T'),
        fc.constantFrom(...stages),
      ),
      { maxLength: 8 },
    )
    .map((entries) => {
      const good = entries.filter(([key, stage]) => stage !== 'delivered' && !key.startsWith('/'));
      return mapping(JSON.stringify(Object.fromEntries(good)));
    });

  test('there is a stage, and it is delivered just where a delivery is among the scans', () => {
    fc.assert(
      fc.property(anyState, anyMapping, ({ events, state }, anyOf) => {
        const stage = stageOf(state, anyOf);
        expect(stages).toContain(stage);
        expect(stage === 'delivered').toBe(events.some(({ type }) => type === 'DELIVERY'));
      }),
    );
  });

  test('an undelivered parcel is where the mapping says, by the more exact key first', () => {
    fc.assert(
      fc.property(anyState, anyMapping, ({ events, state }, anyOf) => {
        fc.pre(!state.milestones.delivery);
        const { type, statusCode } = state.latest;
        const keys = [...anyOf].map(([key, stage]) => {
          const [named = '', ...rest] = key.split('/');
          return { type: named, code: rest.length > 0 ? rest.join('/') : undefined, stage };
        });
        const exact = keys.find((key) => key.type === type && key.code === statusCode);
        const byType = keys.find((key) => key.type === type && key.code === undefined);
        const otherwise = events.some((event) => event.type === 'PICKUP') ? 'in-transit' : 'registered';
        expect(stageOf(state, anyOf)).toBe(exact?.stage ?? byType?.stage ?? otherwise);
      }),
    );
  });
});

describe('a mapping', () => {
  test('may be empty, and may say every stage but delivered', () => {
    expect([...mapping('{}')]).toEqual([]);
    const all = stages.filter((stage) => stage !== 'delivered');
    const text = JSON.stringify(Object.fromEntries(all.map((stage) => [`T/${stage}`, stage])));
    expect([...mapping(text).values()]).toEqual(all);
  });

  test.for([
    '',
    'STATUS=exception',
    '{"A":"exception"',
    '[]',
    '["A"]',
    '"A"',
    '5',
    'null',
    'true',
    "{'A':'exception'}",
  ])('is an object: %j is none', (text) => {
    expect(problems(text)).toEqual([{ kind: 'not an object' }]);
  });

  test.for(['lost', 'In-Transit', ' in-transit', '', '__proto__', 'toString', 0, null, true, ['exception'], { a: 1 }])(
    'does not say %j',
    (value) => {
      expect(problems(JSON.stringify({ A: value }))).toEqual([{ kind: 'not a stage', key: 'A', value }]);
    },
  );

  test('does not say delivered: only a delivery does', () => {
    expect(problems('{"STATUS/LEFT":"delivered"}')).toEqual([
      { kind: 'not a stage', key: 'STATUS/LEFT', value: 'delivered' },
    ]);
  });

  test.for(['', '/', '/OK', '//'])('has no key without a type, such as %j', (key) => {
    expect(problems(JSON.stringify({ [key]: 'exception' }))).toEqual([{ kind: 'no type', key }]);
  });

  test('has each key once, however it is spelt', () => {
    expect(problems('{"A":"exception", "B":"returned", "\\u0041" : "returned", "A":"exception"}')).toEqual([
      { kind: 'twice', key: 'A' },
    ]);
    expect(problems('{"__proto__":"exception","__proto__":"exception"}')).toEqual([
      { kind: 'twice', key: '__proto__' },
    ]);
  });

  test('is told all its problems at once', () => {
    expect(problems('{"":"lost","A":"delivered","B":{"C":1,"C":2},"B":null,"D":"exception"}')).toEqual([
      { kind: 'no type', key: '' },
      { kind: 'not a stage', key: '', value: 'lost' },
      { kind: 'not a stage', key: 'A', value: 'delivered' },
      { kind: 'not a stage', key: 'B', value: null },
      { kind: 'twice', key: 'B' },
    ]);
  });

  test('is read without throwing whatever the text is, and never says delivered', () => {
    const anyStages = fc.dictionary(anyText(4), fc.oneof(fc.constantFrom(...stages), anyText(3)));
    const anything = fc.oneof(
      anyText(20),
      fc.oneof(anyJson, anyStages).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const result = readStageMapping(text);
        if ('problems' in result) expect(result.problems.length).toBeGreaterThan(0);
        else
          for (const [key, stage] of result.value) {
            expect(stages).toContain(stage);
            expect(stage).not.toBe('delivered');
            expect(key).toMatch(/^[^/]/);
          }
      }),
    );
  });
});
