import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * `whole`: poller and processor. `pushed`: partners that push, too. `list`: a consumer with the simplest handler there is.
 * `notified`: processors that announce, and notifiers that tell a receiver.
 */
export const worlds = ['whole', 'pushed', 'list', 'notified'] as const;
export type World = (typeof worlds)[number];

/** Shows one seed again. */
export function commandFor(world: World, seed: number): string {
  const where = world === 'whole' ? '' : `SIMULATION_WORLD=${world} `;
  return `${where}SIMULATION_SEED=${seed} npm run test:simulation`;
}

export type SeedRange = {
  readonly world?: World;
  readonly first: number;
  readonly last: number;
  /** By its name: the logic is broken first, and the run ends with the first seed that notices. */
  readonly mutant?: string;
};

export type FailedSeed = {
  readonly seed: number;
  readonly profile: string;
  readonly violations: readonly string[];
};

export type Report = {
  readonly seeds: number;
  readonly failed: readonly FailedSeed[];
  /** In how many seeds each fact occurred. */
  readonly facts: ReadonlyMap<string, number>;
};

type Line = { readonly begins?: number } & Partial<FailedSeed & { readonly facts: readonly [string, number][] }>;

const program = fileURLToPath(new URL('run.ts', import.meta.url));

/** A seed takes some hundredths of a second; one that takes this long turns without ever waiting. Generous: machines are busy. */
const hangsAfterMs = 120_000;

/** Runs the seeds in as many processes as there are cores, each over a range of its own. */
export async function runSeeds({ first, last, mutant, world = 'whole' }: SeedRange): Promise<Report> {
  const processes = mutant === undefined ? Math.min(availableParallelism(), last - first + 1) : 1;
  const share = Math.ceil((last - first + 1) / processes);
  const ranges = Array.from({ length: processes }, (_, index) => ({
    first: first + index * share,
    last: Math.min(last, first + (index + 1) * share - 1),
  }));
  const reports = await Promise.all(ranges.map((range) => runInProcess(range, world, mutant)));
  const facts = new Map<string, number>();
  for (const report of reports)
    for (const [fact, count] of report.facts) facts.set(fact, (facts.get(fact) ?? 0) + count);
  return {
    seeds: reports.reduce((sum, { seeds }) => sum + seeds, 0),
    failed: reports.flatMap(({ failed }) => failed),
    facts,
  };
}

async function runInProcess({ first, last }: SeedRange, world: World, mutant: string | undefined): Promise<Report> {
  const options = mutant === undefined ? ['--keep-going'] : ['--mutant', mutant];
  const child = spawn(
    process.execPath,
    [program, '--json', '--world', world, '--seeds', `${first}..${last}`, ...options],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Seeds take twice as long under coverage, and add nothing to what the other tests cover.
      env: { ...process.env, NODE_V8_COVERAGE: '' },
    },
  );
  const failed: FailedSeed[] = [];
  const facts = new Map<string, number>();
  let seeds = 0;
  let running = first;
  let hangs = false;
  const onHang = () => {
    hangs = true;
    child.kill('SIGKILL');
  };
  let watch = setTimeout(onHang, hangsAfterMs);
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', reject);
  });
  for await (const text of createInterface({ input: child.stdout })) {
    clearTimeout(watch);
    watch = setTimeout(onHang, hangsAfterMs);
    // Written by run.ts with --json.
    const line = JSON.parse(text) as Line;
    running = line.begins ?? running;
    const { seed, profile = '', violations = [] } = line;
    if (seed === undefined) continue;
    seeds += 1;
    for (const [fact] of line.facts ?? []) facts.set(fact, (facts.get(fact) ?? 0) + 1);
    if (violations.length > 0) failed.push({ seed, profile, violations });
  }
  clearTimeout(watch);
  const code = await exit;
  if (hangs) failed.push({ seed: running, profile: '', violations: ['turns without ever waiting'] });
  else if (code !== (failed.length > 0 ? 1 : 0))
    failed.push({ seed: running, profile: '', violations: [`the simulator itself failed: exit code ${code}`] });
  return { seeds, failed, facts };
}

/** What a person needs to see a failed seed again. */
export function toldOf(failed: readonly FailedSeed[], world: World = 'whole'): string {
  return failed
    .map(({ seed, profile, violations }) =>
      [`seed ${seed} (${profile})`, ...violations, `again: ${commandFor(world, seed)}`].join('\n  '),
    )
    .join('\n');
}
