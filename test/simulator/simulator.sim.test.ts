import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { facts } from './facts.ts';
import { mutants } from './mutants.ts';
import { type Report, runSeeds, toldOf, type World, worlds } from './run-seeds.ts';
import { simulationOf } from './simulation-of.ts';

const { SIMULATION_SEED, SIMULATION_WORLD, SIMULATION_SEEDS = '1100', SIMULATION_FIRST_SEED = '1' } = process.env;

/** Seeds in which a mutant must be noticed. */
const seedsForMutants = 2_500;
/** The same in the world of a list, which is about the consumer alone. */
const listSeedsForMutants = 300;
/** The same in the world with partners that push. */
const pushedSeedsForMutants = 300;
/** The same in the world with notifiers. */
const notifiedSeedsForMutants = 300;
/** Seeds of the world in which even a rare fault is met. */
const seedsForFacts = { whole: 1_100, pushed: 220, list: 440, notified: 220 };
/** The shares of seeds that are run in the other worlds, too. */
const shares = { pushed: 0.2, list: 0.4, notified: 0.2 };

/** That every fault was met at all must not be taken on trust. */
function expectMet(world: World, report: Report): void {
  expect([...report.facts.keys()]).toEqual(expect.arrayContaining([...facts[world].common, ...facts[world].rare]));
}

describe.runIf(SIMULATION_SEED)('the one seed that was asked for', () => {
  test(`keeps every promise: ${SIMULATION_SEED}`, async () => {
    const lines: string[] = [];
    const seed = Number(SIMULATION_SEED);
    const simulateSeed = await simulationOf(worlds.find((world) => world === SIMULATION_WORLD) ?? 'whole');
    const { profile, violations } = await simulateSeed(seed, { trace: (line) => lines.push(line) });
    const trace = join(tmpdir(), `waybill-simulation-${seed}.log`);
    writeFileSync(trace, `${lines.join('\n')}\n`);
    console.log(`seed ${seed} (${profile}): everything that happened is in ${trace}`);
    expect(violations).toEqual([]);
  });
});

describe.runIf(!SIMULATION_SEED)('poller and processor under faults', () => {
  test(`keep every promise over ${SIMULATION_SEEDS} seeds, in which every fault is met`, async () => {
    const first = Number(SIMULATION_FIRST_SEED);
    const count = Number(SIMULATION_SEEDS);
    const report = await runSeeds({ first, last: first + count - 1 });
    expect(toldOf(report.failed)).toBe('');
    expect(report.seeds).toBe(count);
    if (count >= seedsForFacts.whole) expectMet('whole', report);
  });
});

describe.runIf(!SIMULATION_SEED)('partners that push under faults', () => {
  const count = Math.ceil(Number(SIMULATION_SEEDS) * shares.pushed);

  test(`are told the truth over ${count} seeds, in which every fault is met`, async () => {
    const first = Number(SIMULATION_FIRST_SEED);
    const report = await runSeeds({ world: 'pushed', first, last: first + count - 1 });
    expect(toldOf(report.failed, 'pushed')).toBe('');
    expect(report.seeds).toBe(count);
    if (count >= seedsForFacts.pushed) expectMet('pushed', report);
  });

  test.concurrent.for(mutants.filter(({ onlyPushed }) => onlyPushed))(
    'shows that $name',
    async ({ name, from = 1 }) => {
      const last = from + pushedSeedsForMutants - 1;
      const { failed } = await runSeeds({ world: 'pushed', first: from, last, mutant: name });
      expect(failed, `not noticed in ${pushedSeedsForMutants} seeds`).not.toEqual([]);
      expect(failed[0]?.profile).not.toBe('');
    },
  );
});

describe.runIf(!SIMULATION_SEED)('announcements and notifications under faults', () => {
  const count = Math.ceil(Number(SIMULATION_SEEDS) * shares.notified);

  test(`tell what is due over ${count} seeds, in which every fault is met`, async () => {
    const first = Number(SIMULATION_FIRST_SEED);
    const report = await runSeeds({ world: 'notified', first, last: first + count - 1 });
    expect(toldOf(report.failed, 'notified')).toBe('');
    expect(report.seeds).toBe(count);
    if (count >= seedsForFacts.notified) expectMet('notified', report);
  });

  test.concurrent.for(mutants.filter(({ onlyNotified }) => onlyNotified))(
    'show that $name',
    async ({ name, from = 1 }) => {
      const last = from + notifiedSeedsForMutants - 1;
      const { failed } = await runSeeds({ world: 'notified', first: from, last, mutant: name });
      expect(failed, `not noticed in ${notifiedSeedsForMutants} seeds`).not.toEqual([]);
      expect(failed[0]?.profile).not.toBe('');
    },
  );
});

describe.runIf(!SIMULATION_SEED)('a consumer with the simplest handler under faults', () => {
  const count = Math.ceil(Number(SIMULATION_SEEDS) * shares.list);

  test(`keeps every promise over ${count} seeds, in which every fault is met`, async () => {
    const first = Number(SIMULATION_FIRST_SEED);
    const report = await runSeeds({ world: 'list', first, last: first + count - 1 });
    expect(toldOf(report.failed, 'list')).toBe('');
    expect(report.seeds).toBe(count);
    if (count >= seedsForFacts.list) expectMet('list', report);
  });

  const ofConsumer = mutants.filter(
    ({ file, onlyWhole, onlyPushed, onlyNotified }) =>
      file.startsWith('packages/consumer/') && !onlyWhole && !onlyPushed && !onlyNotified,
  );

  test.concurrent.for(ofConsumer)('shows that $name', async ({ name }) => {
    const { failed } = await runSeeds({ world: 'list', first: 1, last: listSeedsForMutants, mutant: name });
    expect(failed, `not noticed in ${listSeedsForMutants} seeds`).not.toEqual([]);
    expect(failed[0]?.profile).not.toBe('');
  });
});

describe.runIf(!SIMULATION_SEED)('the simulator notices', () => {
  test.concurrent.for(
    mutants.filter(({ onlyList, onlyPushed, onlyNotified }) => !onlyList && !onlyPushed && !onlyNotified),
  )('that $name (promise $promise)', async ({ name, from = 1 }) => {
    const { failed, seeds } = await runSeeds({ first: from, last: from + seedsForMutants - 1, mutant: name });
    console.log(`${name}: seed ${failed[0]?.seed}, after ${seeds} seeds: ${failed[0]?.violations[0]}`);
    expect(failed, `not noticed in ${seedsForMutants} seeds`).not.toEqual([]);
    // A mutant that only crashes the simulator or hangs it shows nothing.
    expect(failed[0]?.profile).not.toBe('');
  });
});
