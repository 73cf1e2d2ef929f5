import { measureIngestion } from './api/ingestion.ts';
import { measureMemory } from './api/memory.ts';
import { measureNeighbours } from './api/neighbours.ts';
import { type ApiBenchOptions, type Part, readApiOptions, usage } from './api/options.ts';
import { type PartResult, type PartTools, tableOf } from './api/part.ts';
import { measureReads } from './api/reads.ts';
import { measureRefusals } from './api/refusals.ts';
import { barLines } from './figures/report.ts';
import { embeddedEngine, namedEngine } from './pipelines/engine.ts';

/** `npm run bench:api`: the API under load, on loopback, beside the same work without it. */

const measures: Readonly<Record<Part, (tools: PartTools) => Promise<PartResult>>> = {
  reads: measureReads,
  ingestion: measureIngestion,
  neighbours: measureNeighbours,
  refusals: measureRefusals,
  memory: measureMemory,
};

const options = optionsOrExit();
const engine = options.named ? namedEngine(options.named) : await embeddedEngine();
const say = (progress: string) => void process.stderr.write(`${progress}\n`);
const results: PartResult[] = [];
try {
  for (const part of options.parts) results.push(await measures[part]({ engine, options, say }));
} finally {
  await engine.stop();
}
if (options.json) console.log(JSON.stringify({ engine: engine.name, results }, undefined, 2));
else {
  console.log(`${engine.name}; Node ${process.version}; ${options.rounds} rounds, medians\n`);
  console.log(`${results.map(tableOf).join('\n\n')}\n\n${barLines(results.flatMap(({ bars }) => bars))}`);
}
process.exitCode = results.every(({ bars }) => bars.every(({ passed }) => passed)) ? 0 : 1;

function optionsOrExit(): ApiBenchOptions {
  try {
    const read = readApiOptions(process.argv.slice(2), process.env);
    if (read !== 'help') return read;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
