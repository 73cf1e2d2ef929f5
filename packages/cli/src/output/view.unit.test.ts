import { agoOf, durationOf, instantOf, timeOf } from '@waybill/shared/times.ts';
import { wrap } from '@waybill/shared/wrap.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createView } from './view.ts';

const viewOf = (width: number) => createView({ width, hasColours: false, nowMs: Date.parse('2026-11-28T22:18:30Z') });

const rows = [
  { id: 'event-83269', count: 1_204, detail: 'INVALID_DATE: expected a date in CreatedDateTimeUtc, which is missing' },
  { id: 'body-2f1c', count: 3, detail: 'short' },
];
const columns = [
  { title: 'failure', of: ({ id }: (typeof rows)[number]) => id },
  { title: 'count', of: ({ count }: (typeof rows)[number]) => count },
  { title: 'detail', of: ({ detail }: (typeof rows)[number]) => detail, mayBeCut: true },
];

describe('a table', () => {
  test('fits 60 columns by cutting what may be cut, and is whole where it is wide enough, or no terminal', () => {
    expect(viewOf(60).table(rows, columns)).toEqual([
      'failure      count  detail',
      'event-83269   1204  INVALID_DATE: expected a date in Create…',
      'body-2f1c        3  short',
    ]);
    for (const width of [200, Number.POSITIVE_INFINITY])
      expect(viewOf(width).table(rows, columns)[1]).toMatch(/which is missing$/);
  });

  test('puts below the line what has no room beside the others, and never cuts an id', () => {
    const longId = `body-${'2f1c'.repeat(16)}`;
    const entries = [{ id: longId, count: 3, detail: 'INVALID_DATE: expected a date' }];
    expect(viewOf(80).table(entries, columns)).toEqual([
      `failure${' '.repeat(64)}count`,
      '    detail',
      `${longId}      3`,
      '    INVALID_DATE: expected a date',
    ]);
    expect(viewOf(72).table(entries, columns)).toEqual([
      'count',
      '    failure, detail',
      '    3',
      `    ${longId}`,
      '    INVALID_DATE: expected a date',
    ]);
    expect(viewOf(10).table(rows, columns).join('\n')).toContain('    event-83269\n');
  });

  test('is as wide as the terminal at most, where its ids leave room', () => {
    const texts = fc.array(
      fc.record({ id: fc.stringMatching(/^[a-z]{1,10}$/), detail: fc.stringMatching(/^[a-z ]{0,90}$/) }),
      {
        minLength: 1,
        maxLength: 9,
      },
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 40, max: 120 }), (entries, width) => {
        const lines = viewOf(width).table(entries, [
          { title: 'id', of: ({ id }) => id },
          { title: 'detail', of: ({ detail }) => detail, mayBeCut: true },
        ]);
        expect(lines.filter((line) => line.length > width)).toEqual([]);
      }),
    );
  });
});

test('facts are labels and values, several and long values below themselves, and nothing for what has none', () => {
  expect(
    viewOf(40).facts({
      kind: 'erase',
      because: 'it was asked for by the person, twice',
      of: ['1 a', '2 b'],
      end: undefined,
    }),
  ).toEqual([
    'kind     erase',
    'because  it was asked for by the person,',
    '         twice',
    'of       1 a',
    '         2 b',
  ]);
});

test('a text is 80 columns wide where there is no terminal, and 100 where there is a wide one', () => {
  const text = 'word '.repeat(60).trim();
  const widest = (width: number) =>
    Math.max(
      ...viewOf(width)
        .wrapped(text)
        .map(({ length }) => length),
    );
  expect([Number.POSITIVE_INFINITY, 200, 60].map(widest)).toEqual([79, 99, 59]);
});

test('a text is broken between words, and loses none', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 30 }),
      fc.integer({ min: 12, max: 80 }),
      (words, width) => {
        const lines = wrap(words.join(' '), width);
        expect(lines.every((line) => line.length <= width)).toBe(true);
        expect(lines.join(' ')).toBe(words.join(' '));
      },
    ),
  );
});

describe('a time', () => {
  test('is in UTC to the second, with its age', () => {
    const now = Date.parse('2026-11-28T22:18:30Z');
    expect(timeOf('2026-11-28T22:15:30.123Z', now)).toBe('2026-11-28 22:15:30Z (3 min ago)');
    expect(agoOf('2026-11-28T23:18:30Z', now)).toBe('in 60 min');
    expect(instantOf('yesterday')).toBe('yesterday');
  });

  test.for([
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7_199, '120 min'],
    [7_200, '2 h'],
    [172_800, '2 d'],
    [34_560_000, '400 d'],
  ] as const)('of %i seconds is %s', ([seconds, words]) => {
    expect(durationOf(seconds)).toBe(words);
  });
});
