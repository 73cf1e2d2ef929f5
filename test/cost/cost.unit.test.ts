import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { counted } from './cost-program.ts';
import type { CountedRun } from './counted-run.ts';
import { compareFigures } from './growth.ts';
import { historyCost } from './history-cost.ts';
import recorded from './recorded.json' with { type: 'json' };

/** Tells hanging from slow on a busy machine, under coverage. */
const patienceMs = 120_000;

describe('what a million events cost', { timeout: patienceMs }, () => {
  // Of the other scenarios the lane `cost` of .ci/run says it.
  test('has not grown over what is recorded, is the same in every run, to the last request, and the processes count as much themselves', async () => {
    const args = ['--scenario', 'keeping up'];
    const [first, again] = [await counted(...args), await counted(...args, '--no-history')];
    expect(first).toMatchObject({ code: 0, grown: [], costlyHistory: [] });
    const figuresOf = ({ scenarios }: typeof first) =>
      scenarios.flatMap(({ figures }) => figures).filter(({ figure }) => !figure.endsWith('without history'));
    expect(figuresOf(again)).toEqual(figuresOf(first));
    const [run] = first.scenarios;
    expect(run?.figures.find(({ figure }) => figure === 'GetQueueAttributes')?.found).toBeGreaterThan(0);
    expect(run?.requests.metered).toBe(run?.requests.counted);
  });
});

describe('what announcements cost', () => {
  test.each([
    ['catching up', 'catching up, milestones announced'],
    ['keeping up', 'keeping up, milestones announced'],
  ])('is their own sends, and nothing of what is sent, read and written without them: %s', (without, announced) => {
    const perMillion = z.record(z.string(), z.record(z.string(), z.number())).parse(recorded.perMillion);
    const { 'SendMessageBatch of announcements': sends = 0, ...figures } = perMillion[announced] ?? {};
    expect(sends).toBeGreaterThan(0);
    for (const [figure, found] of Object.entries(figures)) {
      // Messages wait for their announcements, and more of them are deleted together.
      if (!/SQS requests|US dollars|DeleteMessageBatch/.test(figure)) expect(found).toBe(perMillion[without]?.[figure]);
      if (figure === 'DeleteMessageBatch') expect(found).toBeLessThanOrEqual(perMillion[without]?.[figure] ?? 0);
    }
  });
});

describe('what history costs', () => {
  const run = (parcels: number, unions = 0): CountedRun => ({
    events: 1,
    counts: { requests: {}, writeUnits: { parcels }, indexUnits: 0, unions, readUnits: 0 },
    perMillion: {},
    metered: 0,
  });
  const verdictOf = (...args: Parameters<typeof historyCost>) => historyCost(...args).verdict;

  test('is nothing while a parcel has few scans, but the unions of late ones', () => {
    expect(verdictOf('keeping up', run(1_000), run(1_000))).toBe('ok');
    expect(verdictOf('keeping up', run(1_001, 1), run(1_000))).toBe('ok');
    expect(verdictOf('keeping up', run(1_001), run(1_000))).toBe('over');
  });

  test('is a fifth at most with 12 scans a parcel', () => {
    expect(verdictOf('keeping up with 12 scans a parcel', run(1_200), run(1_000))).toBe('ok');
    expect(verdictOf('keeping up with 12 scans a parcel', run(1_201), run(1_000))).toBe('over');
  });
});

describe('a figure', () => {
  const verdictOf = (recorded: number, found: number) => compareFigures({ it: recorded }, { it: found })[0]?.verdict;

  test('may grow by 2 % and no more', () => {
    expect(verdictOf(1_000, 1_020)).toBe('ok');
    expect(verdictOf(1_000, 1_021)).toBe('grown');
  });

  test('that is a count may differ by one besides', () => {
    expect(compareFigures({ it: 100 }, { it: 125 }, 25)[0]?.verdict).toBe('ok');
    expect(compareFigures({ it: 100 }, { it: 150 }, 25)[0]?.verdict).toBe('grown');
    expect(compareFigures({ 'US dollars': 0.3 }, { 'US dollars': 0.31 }, 25)[0]?.verdict).toBe('grown');
  });

  test('that shrank does not fail, and is told', () => {
    expect(verdictOf(1_000, 979)).toBe('shrunk');
  });

  test('that is new has grown', () => {
    expect(compareFigures({}, { it: 1 })[0]?.verdict).toBe('grown');
  });
});
