import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mutants } from './mutants.ts';
import { runSeeds, toldOf } from './run-seeds.ts';
import { simulate } from './simulate.ts';

const { SIMULATION_SEED, SIMULATION_SEEDS = '10000', SIMULATION_FIRST_SEED = '1' } = process.env;

/** Seeds in which a mutant must be noticed. */
const seedsForMutants = 2_500;

describe.runIf(SIMULATION_SEED)('the one seed that was asked for', () => {
  test(`keeps every promise: ${SIMULATION_SEED}`, async () => {
    const lines: string[] = [];
    const seed = Number(SIMULATION_SEED);
    const { profile, violations } = await simulate(seed, { trace: (line) => lines.push(line) });
    const trace = join(tmpdir(), `waybill-simulation-${seed}.log`);
    writeFileSync(trace, `${lines.join('\n')}\n`);
    console.log(`seed ${seed} (${profile}): everything that happened is in ${trace}`);
    expect(violations).toEqual([]);
  });
});

describe.runIf(!SIMULATION_SEED)('poller and processor under faults', () => {
  test(`keep every promise over ${SIMULATION_SEEDS} seeds`, async () => {
    const first = Number(SIMULATION_FIRST_SEED);
    const count = Number(SIMULATION_SEEDS);
    const report = await runSeeds({ first, last: first + count - 1 });
    expect(toldOf(report.failed)).toBe('');
    expect(report.seeds).toBe(count);
  });
});

describe.runIf(!SIMULATION_SEED)('the simulator notices', () => {
  test.for(mutants)('that $name (promise $promise)', async ({ name }) => {
    const { failed, seeds } = await runSeeds({ first: 1, last: seedsForMutants, mutant: name });
    console.log(`${name}: seed ${failed[0]?.seed}, after ${seeds} seeds: ${failed[0]?.violations[0]}`);
    expect(failed, `not noticed in ${seedsForMutants} seeds`).not.toEqual([]);
    // A mutant that only crashes the simulator or hangs it shows nothing.
    expect(failed[0]?.profile).not.toBe('');
  });
});
