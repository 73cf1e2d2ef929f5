import { parseArgs } from 'node:util';
import { loadMutated } from '../../../test/simulator/mutate.ts';
import { pushMutants } from './push-mutants.ts';

/** `node packages/api/test/push-seeds.ts [--mutant NAME] [--seeds 1..300]`: prints the first seed with a violation, and ends with 1 then. */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1..300' }, mutant: { type: 'string' } },
});
const mutant = pushMutants.find(({ name }) => name === values.mutant);
if (values.mutant !== undefined && !mutant) throw new Error(`there is no mutant "${values.mutant}"`);
if (mutant) loadMutated(mutant);
// After the hook: what is imported here may be the mutant.
const { simulatePushes } = await import('./push-world.ts');

const [first = 1, last = first] = values.seeds.split('..').map(Number);
for (let seed = first; seed <= last && process.exitCode === undefined; seed += 1) {
  const { violations } = await simulatePushes(seed);
  if (violations.length === 0) continue;
  process.stdout.write(`${JSON.stringify({ seed, violations })}\n`);
  process.exitCode = 1;
}
