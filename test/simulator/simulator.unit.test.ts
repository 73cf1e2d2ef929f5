import { describe, expect, test } from 'vitest';
import { planted } from '../../packages/shared/test/planted.ts';
import { leaksIn } from '../../packages/shared/test/planted-secrets.ts';
import { simulateList } from './list-world.ts';
import { mutants } from './mutants.ts';
import { mutated } from './mutate.ts';
import { runSeeds, toldOf } from './run-seeds.ts';
import { simulate } from './simulate.ts';

const seeds = 300;
const listSeeds = 150;
/** Tells hanging from slow on a busy machine, under coverage. */
const patienceMs = 240_000;

describe('poller and processor under faults', () => {
  test(`keep every promise over ${seeds} seeds, in which every fault is met`, { timeout: patienceMs }, async () => {
    const report = await runSeeds({ first: 1, last: seeds });
    expect(toldOf(report.failed)).toBe('');
    expect(report.seeds).toBe(seeds);
    const met = [...report.facts.keys()];
    expect(met).toEqual(
      expect.arrayContaining([
        'crashes',
        'freezes',
        'takeovers',
        'resets',
        'clean stops',
        'splits',
        'late events merged',
        'messages received again',
        'messages dead-lettered',
        'unharmed messages dead-lettered',
        'failures of a parcel on record',
        'pages read at once',
        'crashes in mid-stripe',
        'gap ledgers written',
        'watermarks below the checkpoint',
        'late elements passed on',
        'marks of a sparse feed written',
        'marks of a sparse feed taken over',
        'calls refused',
        'calls done, answer lost',
        'calls received, answer lost',
        'calls done, hung',
        'calls to be done late, hung',
        'calls out, silent',
        'calls out, throttled',
        'calls out, forbidden',
        'calls rejected by the engine itself',
        'calls of several statements',
        'calls of statements refused whole',
        'calls of statements cut off',
        'statements that missed',
        'statements throttled',
        'histories at their bound',
        'histories united',
        'histories of another release trimmed',
        'items of an old release marked',
        'repairs, repaired',
        'repairs, unchanged',
        'repairs, nothing left',
        'removed events put again',
        'parcels opened again by a repair',
      ]),
    );
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

describe('a consumer with the simplest handler under faults', () => {
  test(`keeps every promise over ${listSeeds} seeds, in which every fault is met`, {
    timeout: patienceMs,
  }, async () => {
    const report = await runSeeds({ world: 'list', first: 1, last: listSeeds });
    expect(toldOf(report.failed, 'list')).toBe('');
    expect(report.seeds).toBe(listSeeds);
    expect([...report.facts.keys()]).toEqual(
      expect.arrayContaining([
        'crashes',
        'freezes',
        'clean stops',
        'splits',
        'items put again',
        'messages received again',
        'messages dead-lettered',
        'unharmed messages dead-lettered',
        'calls refused',
        'calls done, answer lost',
        'calls received, answer lost',
        'calls done, hung',
        'calls to be done late, hung',
        'calls out, silent',
        'calls out, throttled',
        'calls out, forbidden',
        'calls rejected by the engine itself',
      ]),
    );
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
