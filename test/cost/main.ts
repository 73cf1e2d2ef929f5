import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadMutated } from '../simulator/mutate.ts';
import type { CountedRun, Scenario } from './counted-run.ts';
import { compareFigures, toleratedGrowth } from './growth.ts';
import { costMutants } from './mutants.ts';

const usage = `node test/cost/main.ts [options]

Counts requests and units for a million events and compares them with test/cost/recorded.json; fails when one has grown
by more than ${toleratedGrowth * 100} %.

  --record        writes what was counted to test/cost/recorded.json instead
  --mutant NAME   breaks the logic first, as mutants.ts says
  --json          figures as JSON`;

const { values } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    mutant: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const mutant = costMutants.find(({ name }) => name === values.mutant);
if (values.help || (values.mutant !== undefined && !mutant)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}
if (mutant) loadMutated(mutant);
// After the hook: what is imported here may be the mutant.
const { countedRun, scenarios, seed } = await import('./counted-run.ts');

const place = new URL('recorded.json', import.meta.url);
const recordedFigures = z.object({ perMillion: z.record(z.string(), z.record(z.string(), z.number())) });

const found: Record<string, CountedRun> = {};
for (const scenario of Object.keys(scenarios)) {
  // The keys are the scenarios' own; Object.keys cannot say so.
  found[scenario] = await countedRun(scenario as Scenario);
}
if (values.record) {
  const perMillion = Object.fromEntries(Object.entries(found).map(([scenario, run]) => [scenario, run.perMillion]));
  const again = 'npm exec --call "node test/cost/main.ts --record"';
  writeFileSync(place, `${JSON.stringify({ recordedBy: again, seed, perMillion }, undefined, 2)}\n`);
}
const recorded = recordedFigures.parse(JSON.parse(readFileSync(place, 'utf8'))).perMillion;
const compared = Object.entries(found).map(([scenario, { perMillion, events }]) => ({
  scenario,
  figures: compareFigures(recorded[scenario] ?? {}, perMillion, 1e6 / events),
}));
const verdicts = compared.flatMap(({ figures }) => figures.map(({ verdict }) => verdict));
if (values.json) console.log(JSON.stringify(compared, undefined, 2));
else {
  const shown = (figure: number) => figure.toLocaleString('en-US', { maximumSignificantDigits: 6 }).padStart(12);
  for (const { scenario, figures } of compared) {
    console.log(
      `\n${scenario}, for a million events (seed ${seed})`.padEnd(48),
      'recorded'.padStart(9),
      'found'.padStart(12),
    );
    for (const { figure, recorded: before, found: now, verdict } of figures)
      console.log(
        `  ${figure}`.padEnd(42),
        shown(before),
        shown(now),
        verdict === 'ok' ? '' : ` ${verdict.toUpperCase()}`,
      );
  }
  if (verdicts.includes('grown')) console.log(`\nFAILED: something grew by more than ${toleratedGrowth * 100} %`);
  if (verdicts.some((verdict) => verdict !== 'ok'))
    console.log('Where that is meant: npm exec --call "node test/cost/main.ts --record"');
}
// Poller and processor still wait, in a time that nothing moves any more.
process.exit(verdicts.includes('grown') ? 1 : 0);
