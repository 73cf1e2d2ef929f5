import { decodeGaps, encodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import { gapsBetween } from '@waybill/shared/scan-api/position.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  asked,
  close,
  dueAt,
  type GapLedger,
  givenUp,
  nextDueAt,
  nextQuestion,
  open,
  splitOldest,
  unanswered,
  watermarkOf,
  withoutVoid,
} from './gap-ledger.ts';

const patienceMs = 600_000;

function idsOf(ranges: readonly IdRange[]): number[] {
  return ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

const isOrdered = (ledger: GapLedger) =>
  ledger.every((gap, index) => gap.from <= gap.to && gap.from > (ledger[index - 1]?.to ?? 0));

const anyRange = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 12 }))
  .map(([from, more]): IdRange => ({ from, to: from + more }));
const anyRanges = fc.array(anyRange, { maxLength: 25 });

/** What may happen to a ledger, one after the other, a second apart. */
const anyHistory = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('open' as const), ranges: anyRanges }),
    fc.record({ what: fc.constant('close' as const), ids: fc.array(fc.integer({ min: 1, max: 410 })) }),
    fc.record({ what: fc.constant('ask' as const), range: anyRange }),
  ),
  { maxLength: 20 },
);

type History = typeof anyHistory extends fc.Arbitrary<infer T> ? T : never;

/** The ledger, and beside it the same ids in a plain set. */
function after(history: History): { ledger: GapLedger; watched: Set<number>; now: number } {
  let ledger: GapLedger = [];
  const watched = new Set<number>();
  let now = 0;
  for (const step of history) {
    now += 1_000;
    if (step.what === 'open') {
      ledger = open(ledger, step.ranges, now);
      for (const id of idsOf(step.ranges)) watched.add(id);
    } else if (step.what === 'close') {
      ledger = close(ledger, step.ids);
      for (const id of step.ids) watched.delete(id);
    } else ledger = asked(ledger, step.range, now);
  }
  return { ledger, watched, now };
}

describe('the ledger', () => {
  test('holds exactly the ids that were opened and not closed since, in order and apart', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { ledger, watched } = after(history);
        expect(isOrdered(ledger)).toBe(true);
        expect(idsOf(ledger)).toEqual([...watched].sort((a, b) => a - b));
      }),
    );
  });

  test('never forgets when an id was first seen, whatever is asked or opened again', () => {
    fc.assert(
      fc.property(anyHistory, anyRanges, (history, again) => {
        const { ledger, now } = after(history);
        const seenAt = new Map(ledger.flatMap((gap) => idsOf([gap]).map((id) => [id, gap.seenAt] as const)));
        const later = asked(open(ledger, again, now + 50), { from: 1, to: 300 }, now + 60);
        for (const gap of later) for (const id of idsOf([gap])) expect(gap.seenAt).toBe(seenAt.get(id) ?? now + 50);
      }),
    );
  });

  test('is bounded: of too many ranges the lower half goes to the window, in order, and none is lost', () => {
    fc.assert(
      fc.property(anyHistory, anyRanges, fc.integer({ min: 1, max: 10 }), (history, ranges, most) => {
        const { ledger, now } = after(history);
        const whole = open(ledger, ranges, now + 1);
        const few = Math.floor(most / 2);
        const bounded = splitOldest(whole, most, few);
        expect(bounded.ledger.length).toBe(whole.length > most ? few : whole.length);
        expect([...bounded.oldest, ...bounded.ledger]).toEqual(whole);
      }),
    );
  });

  test('outlives being written and read: the same ids, each at most a unit younger', () => {
    const unitMs = 60_000;
    fc.assert(
      fc.property(anyHistory, fc.nat({ max: 900_000 }), (history, passedMs) => {
        const { ledger, now } = after(history);
        const writtenAt = now + passedMs;
        const text = encodeGaps(ledger, writtenAt, unitMs);
        expect(text === undefined).toBe(ledger.length === 0);
        if (text === undefined) return;
        const readAt = 7_000_000;
        const read = decodeGaps(text, Number.MAX_SAFE_INTEGER, readAt);
        expect(read?.map(({ from, to }) => ({ from, to }))).toEqual(ledger.map(({ from, to }) => ({ from, to })));
        for (const [index, gap] of ledger.entries()) {
          const lost = writtenAt - gap.seenAt - (readAt - (read?.[index]?.seenAt ?? 0));
          expect(lost).toBeGreaterThanOrEqual(0);
          expect(lost).toBeLessThan(unitMs);
        }
      }),
    );
  });

  test('takes no more than 19 KB, with the longest distances, gaps and ages', () => {
    const gaps = Array.from({ length: 1_000 }, (_, index) => {
      const from = 9e12 * (index + 1);
      return { from, to: from + 9_998 };
    });
    const text = encodeGaps(open([], gaps, 0), 86_400_000, 1_000) ?? '';
    expect(text.length).toBeGreaterThan(18_000);
    expect(text.length).toBeLessThan(19_456);
  });

  test.each(['', '2 1.1.1', '1', '1 1.1', '1 0.1.1', '1 1.0.1', '1 a.b.c.d', '[[7,9]]', '1 zzzzzzzzzzzz.1.1'])(
    'of another form is not understood: %j',
    (text) => {
      const read = decodeGaps(text, 100, 0);
      if (text === '1') expect(read).toEqual([]);
      else expect(read).toBeUndefined();
    },
  );

  test('beyond the position is left out when it is read, or cut there: an operator has reset the checkpoint', () => {
    const text =
      encodeGaps(
        open(
          [],
          [
            { from: 3, to: 4 },
            { from: 8, to: 9 },
          ],
          0,
        ),
        0,
        1_000,
      ) ?? '';
    expect(decodeGaps(text, 8, 0)).toMatchObject([
      { from: 3, to: 4 },
      { from: 8, to: 8 },
    ]);
    expect(decodeGaps(text, 7, 0)).toMatchObject([{ from: 3, to: 4 }]);
  });
});

describe('a gap', () => {
  test('is asked for when it is a second old, when its age has doubled, at the end of the patience, and then is void', () => {
    let ledger = open([], [{ from: 5, to: 6 }], 0);
    const questions: number[] = [];
    for (let due = nextDueAt(ledger, patienceMs); Number.isFinite(due); due = nextDueAt(ledger, patienceMs)) {
      expect(nextQuestion(ledger, due - 1, patienceMs, 100)).toBeUndefined();
      expect(nextQuestion(ledger, due, patienceMs, 100)).toEqual({ from: 5, to: 6 });
      questions.push(due / 1_000);
      ledger = withoutVoid(asked(ledger, { from: 5, to: 6 }, due), patienceMs);
    }
    expect(questions).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
  });

  test('is never void before it was asked for at the end of the patience', () => {
    fc.assert(
      fc.property(anyHistory, fc.integer({ min: 1, max: 30_000 }), (history, patience) => {
        const { ledger } = after(history);
        const kept = new Set(withoutVoid(ledger, patience));
        for (const gap of ledger)
          expect(kept.has(gap)).toBe(!(gap.askedAt !== undefined && gap.askedAt >= gap.seenAt + patience));
      }),
    );
  });

  test('due is asked for together with its neighbours, within a page', () => {
    fc.assert(
      fc.property(anyHistory, fc.integer({ min: 1, max: 200 }), (history, limit) => {
        const { ledger, now } = after(history);
        const question = nextQuestion(ledger, now + patienceMs, patienceMs, limit);
        expect(question === undefined).toBe(ledger.length === 0);
        if (!question) return;
        const first = ledger.find(({ from }) => from === question.from);
        for (const gap of ledger)
          expect(dueAt(gap, patienceMs)).toBeGreaterThanOrEqual(dueAt(first ?? gap, patienceMs));
        expect(question.to - question.from < limit || question.to === first?.to).toBe(true);
        const within = ledger.filter(({ from, to }) => from >= question.from && to < question.from + limit);
        for (const gap of within) expect(gap.to).toBeLessThanOrEqual(question.to);
      }),
    );
  });
});

describe('a gap that the feed does not answer for', () => {
  const far = { from: 5_000, to: 5_000 };
  const near = { from: 5, to: 12 };

  test('leaves the next question to others, comes again later each time, with fewer ids, and is given up at the end', () => {
    const ledger = open([], [near, far], 0);
    expect(nextQuestion(ledger, 1_000, 600_000, 100)).toEqual(near);
    const once = unanswered(ledger, near, 1_000);
    expect(nextQuestion(once, 1_000, 600_000, 100)).toEqual(far);
    expect(nextDueAt(once.slice(0, 1), 600_000)).toBe(11_000);
    const twice = unanswered(once, near, 11_000);
    expect(nextDueAt(twice.slice(0, 1), 600_000)).toBe(31_000);
    expect(nextQuestion(twice.slice(0, 1), 31_000, 600_000, 8)).toEqual({ from: 5, to: 6 });
    const often = [1, 2, 3].reduce((gaps) => unanswered(gaps, near, 600_000), twice);
    expect(givenUp(often, 600_000)).toMatchObject([near]);
    expect(givenUp(unanswered(twice, near, 600_000), 600_000)).toEqual([]);
    expect(
      givenUp(
        [1, 2, 3].reduce((gaps) => unanswered(gaps, near, 599_999), twice),
        600_000,
      ),
    ).toEqual([]);
  });

  test('is as any other again once it was answered for', () => {
    const ledger = open([], [near], 0);
    const answered = asked(unanswered(ledger, near, 1_000), near, 11_000);
    expect(answered).toEqual([{ ...near, seenAt: 0, askedAt: 11_000 }]);
  });
});

describe('the watermark', () => {
  test('has no open gap at or below it, and never moves back while the position moves on', () => {
    const steps = fc.array(
      fc.record({
        ids: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
        late: fc.array(fc.nat({ max: 500 })),
      }),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(steps, (pages) => {
        let ledger: GapLedger = [];
        let last = 0;
        let watermark = 0;
        for (const [index, { ids, late }] of pages.entries()) {
          const seen = ids.map((id) => last + id);
          const through = Math.max(last, ...seen);
          ledger = splitOldest(open(ledger, gapsBetween(last, seen, through), index), 6, 3).ledger;
          last = through;
          ledger = withoutVoid(asked(close(ledger, late), { from: 1, to: last - 20 }, index), 3);
          const next = watermarkOf(ledger, last);
          expect(next).toBeGreaterThanOrEqual(watermark);
          expect(ledger.some(({ from }) => from <= next)).toBe(false);
          watermark = next;
        }
      }),
    );
  });
});
