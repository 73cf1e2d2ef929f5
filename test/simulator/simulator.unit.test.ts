import { describe, expect, test } from 'vitest';
import { planted } from '../../packages/shared/test/planted.ts';
import { leaksIn } from '../../packages/shared/test/planted-secrets.ts';
import { facts } from './facts.ts';
import { simulateList } from './list-world.ts';
import { mutants } from './mutants.ts';
import { mutated } from './mutate.ts';
import { runSeeds, toldOf } from './run-seeds.ts';
import { simulate } from './simulate.ts';

/** The first of those that `npm run test:simulation` runs. */
const seeds = { whole: 30, pushed: 8, list: 40, notified: 10 };
/** Tells hanging from slow on a busy machine, under coverage. */
const patienceMs = 240_000;

describe('poller and processor under faults', () => {
  test(`keep every promise over ${seeds.whole} seeds, in which the common faults are met`, {
    timeout: patienceMs,
  }, async () => {
    const report = await runSeeds({ first: 1, last: seeds.whole });
    expect(toldOf(report.failed)).toBe('');
    expect(report.seeds).toBe(seeds.whole);
    expect([...report.facts.keys()]).toEqual(expect.arrayContaining(facts.whole.common));
  });

  test('go the same way whenever the seed is the same', async () => {
    const traceOf = async (seed: number) => {
      const lines: string[] = [];
      const { steps } = await simulate(seed, { trace: (line) => lines.push(line) });
      return { steps, lines };
    };
    expect(await traceOf(6)).toEqual(await traceOf(6));
  });

  test.for([1, 2, 3, 6])('log nobody’s ids, seed %i', async (seed) => {
    const logged: string[] = [];
    await simulate(seed, { trace: (line) => void (/ logs \{/.test(line) && logged.push(line)) });
    expect(logged.length).toBeGreaterThan(50);
    expect(leaksIn(logged, planted)).toEqual([]);
  });

  test.for(mutants)('can still be broken so that $name', (mutant) => {
    expect(mutated(mutant)).toContain(mutant.replace);
  });
});

describe('partners that push under faults', () => {
  test(`are told the truth over ${seeds.pushed} seeds, in which the common turns are met`, {
    timeout: patienceMs,
  }, async () => {
    const report = await runSeeds({ world: 'pushed', first: 1, last: seeds.pushed });
    expect(toldOf(report.failed, 'pushed')).toBe('');
    expect(report.seeds).toBe(seeds.pushed);
    expect([...report.facts.keys()]).toEqual(expect.arrayContaining(facts.pushed.common));
  });
});

describe('announcements and notifications under faults', () => {
  test(`tell what is due over ${seeds.notified} seeds`, { timeout: patienceMs }, async () => {
    const report = await runSeeds({ world: 'notified', first: 1, last: seeds.notified });
    expect(toldOf(report.failed, 'notified')).toBe('');
    expect(report.seeds).toBe(seeds.notified);
    expect([...report.facts.keys()]).toEqual(
      expect.arrayContaining(['milestones announced again', 'notifications told']),
    );
  });
});

describe('a consumer with the simplest handler under faults', () => {
  test(`keeps every promise over ${seeds.list} seeds, in which the common faults are met`, {
    timeout: patienceMs,
  }, async () => {
    const report = await runSeeds({ world: 'list', first: 1, last: seeds.list });
    expect(toldOf(report.failed, 'list')).toBe('');
    expect(report.seeds).toBe(seeds.list);
    expect([...report.facts.keys()]).toEqual(expect.arrayContaining(facts.list.common));
  });

  test('goes the same way whenever the seed is the same', async () => {
    const traceOf = async (seed: number) => {
      const lines: string[] = [];
      const { steps } = await simulateList(seed, { trace: (line) => lines.push(line) });
      return { steps, lines };
    };
    expect(await traceOf(6)).toEqual(await traceOf(6));
  });
});
