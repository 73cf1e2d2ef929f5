import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';
import { loadMutated } from './mutate.ts';
import { commandFor, worlds } from './run-seeds.ts';
import { simulationOf } from './simulation-of.ts';

const usage = `node test/simulator/run.ts [options]
  --seeds FIRST..LAST   default 1..300
  --trace               prints everything that happens
  --keep-going          does not end at the first seed that fails
  --mutant NAME         breaks the logic first, as mutants.ts says
  --world NAME          whole (default): poller and processor; pushed: with partners that push; list: a consumer with the simplest handler;
                        notified: processors that announce, notifiers that tell a receiver
  --json                one JSON object a seed, for programs`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..300' },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    mutant: { type: 'string' },
    world: { type: 'string', default: 'whole' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const range = /^(\d+)(?:\.\.(\d+))?$/.exec(values.seeds);
const mutant = mutants.find(({ name }) => name === values.mutant);
const world = worlds.find((name) => name === values.world);
if (values.help || !range || !world || (values.mutant !== undefined && !mutant)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}
if (mutant) loadMutated(mutant);
// After the hook: what is imported here may be the mutant.
const simulate = await simulationOf(world);

const first = Number(range[1]);
const last = Number(range[2] ?? first);
const startedAt = performance.now();
let failed = 0;
for (let seed = first; seed <= last; seed += 1) {
  if (values.json) console.log(JSON.stringify({ begins: seed }));
  const verdict = await simulate(seed, values.trace ? { trace: (line) => console.log(line) } : {});
  const { profile, violations, steps, virtualMs, facts } = verdict;
  if (values.json) console.log(JSON.stringify({ seed, profile, violations, steps, virtualMs, facts: [...facts] }));
  if (violations.length === 0) continue;
  failed += 1;
  if (!values.json)
    console.log(
      `seed ${seed} (${profile}), after ${steps} steps:\n  ${violations.join('\n  ')}\n  again: ${commandFor(world, seed)}`,
    );
  if (!values['keep-going']) break;
}
if (!values.json) {
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`${last - first + 1} seeds, ${failed} failed, ${seconds.toFixed(1)} s`);
}
process.exitCode = failed > 0 ? 1 : 0;
