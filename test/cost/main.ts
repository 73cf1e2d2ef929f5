import { readFileSync, writeFileSync } from 'node:fs';
import { givenOrExit, type Program } from '@waybill/shared/process/program.ts';
import { z } from 'zod';
import { loadMutated } from '../simulator/mutate.ts';
import type { Scenario } from './counted-run.ts';
import type { Figures } from './figures.ts';
import { compareFigures, toleratedGrowth } from './growth.ts';
import { type HistoryCost, hasHistoryCost, historyCost } from './history-cost.ts';
import { costMutants } from './mutants.ts';

const program = {
  command: 'test/cost/main.ts',
  says: `Counts requests and units for a million events and compares them with test/cost/recorded.json; fails when one has grown by more than ${toleratedGrowth * 100} %, or when history costs more than history-cost.ts tolerates.`,
  flags: {
    record: { type: 'boolean', says: 'writes what was counted to test/cost/recorded.json instead' },
    mutant: { type: 'string', placeholder: 'NAME', says: 'breaks the logic first, as mutants.ts says' },
    scenario: { type: 'string', placeholder: 'NAME', says: 'counts this one alone' },
    'no-history': { type: 'boolean', says: 'leaves out what history costs, which takes a second run' },
    json: { type: 'boolean', says: 'figures as JSON' },
  },
  examples: [{ line: 'npm exec --call "node test/cost/main.ts"', says: 'after a change of what is sent or written' }],
  exitCode: '0 nothing has grown, 1 something has, 2 wrong flags.',
  docs: ['CONTRIBUTING.md#lanes', 'docs/decisions/0042-recorded-cost-figures.md'],
} as const satisfies Program;

const given = givenOrExit<typeof program.flags>(program).values;
const values = {
  record: given.has('record'),
  mutant: given.get('mutant'),
  scenario: given.get('scenario'),
  'no-history': given.has('no-history'),
  json: given.has('json'),
};
const mutant = costMutants.find(({ name }) => name === values.mutant);
if (values.mutant !== undefined && !mutant) {
  console.error(`test/cost/main.ts: no mutant of that name: ${costMutants.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
if (mutant) loadMutated(mutant);
// After the hook: what is imported here may be the mutant.
const { countedRun, scenarios, seed, unitsOfParcels } = await import('./counted-run.ts');

const place = new URL('recorded.json', import.meta.url);
const recordedFigures = z.object({ perMillion: z.record(z.string(), z.record(z.string(), z.number())) });

type Found = {
  readonly perMillion: Figures;
  readonly events: number;
  /** SQS requests as the processes themselves counted them, and as the ports did. */
  readonly requests: { readonly metered: number; readonly counted: number };
  readonly history: HistoryCost | undefined;
};

async function count(scenario: Scenario): Promise<Found> {
  const run = await countedRun(scenario);
  const { events, perMillion, metered, counts } = run;
  const requests = { metered, counted: Object.values(counts.requests).reduce((sum, count) => sum + count, 0) };
  if (values['no-history'] || !hasHistoryCost(scenario)) return { events, perMillion, requests, history: undefined };
  const without = await countedRun(scenario, 0);
  const { [unitsOfParcels]: unitsWithout = 0 } = without.perMillion;
  return {
    events,
    requests,
    perMillion: { ...perMillion, [`${unitsOfParcels}, without history`]: unitsWithout },
    history: historyCost(scenario, run, without),
  };
}

const found: Record<string, Found> = {};
for (const scenario of Object.keys(scenarios)) {
  // The keys are the scenarios' own; Object.keys cannot say so.
  if (values.scenario === undefined || values.scenario === scenario)
    found[scenario] = await count(scenario as Scenario);
}
if (values.record && values.scenario === undefined && !values['no-history']) {
  const perMillion = Object.fromEntries(Object.entries(found).map(([scenario, run]) => [scenario, run.perMillion]));
  const again = 'npm exec --call "node test/cost/main.ts --record"';
  writeFileSync(place, `${JSON.stringify({ recordedBy: again, seed, perMillion }, undefined, 2)}\n`);
}
const recorded = recordedFigures.parse(JSON.parse(readFileSync(place, 'utf8'))).perMillion;
const compared = Object.entries(found).map(([scenario, { perMillion, events, requests, history }]) => ({
  scenario,
  requests,
  figures: compareFigures(recorded[scenario] ?? {}, perMillion, 1e6 / events),
  history,
}));
const verdicts = compared.flatMap(({ figures }) => figures.map(({ verdict }) => verdict));
const isOver = compared.some(({ history }) => history?.verdict === 'over');
if (values.json) console.log(JSON.stringify(compared, undefined, 2));
else {
  const shown = (figure: number) => figure.toLocaleString('en-US', { maximumSignificantDigits: 6 }).padStart(12);
  for (const { scenario, figures, history } of compared) {
    console.log(
      `\n${scenario}, for a million events (seed ${seed})`.padEnd(70),
      'recorded'.padStart(9),
      'found'.padStart(12),
    );
    for (const { figure, recorded: before, found: now, verdict } of figures)
      console.log(
        `  ${figure}`.padEnd(64),
        shown(before),
        shown(now),
        verdict === 'ok' ? '' : ` ${verdict.toUpperCase()}`,
      );
    if (!history) continue;
    const { withHistory, unions, withoutHistory, tolerated } = history;
    console.log(
      `  history: ${withHistory} write units in this run, ${unions} of them unions for late scans; ${withoutHistory} without, ${tolerated} at most`,
      history.verdict === 'ok' ? '' : ' OVER',
    );
  }
  if (verdicts.includes('grown')) console.log(`\nFAILED: something grew by more than ${toleratedGrowth * 100} %`);
  if (verdicts.some((verdict) => verdict !== 'ok'))
    console.log('Where that is meant: npm exec --call "node test/cost/main.ts --record"');
}
if (!values.json && isOver) console.log('\nFAILED: history costs more than test/cost/history-cost.ts tolerates');
// Poller and processor still wait, in a time that nothing moves any more.
process.exit(verdicts.includes('grown') || isOver ? 1 : 0);
