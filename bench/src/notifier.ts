import { type PartResult, tableOf } from './api/part.ts';
import { barLines } from './figures/report.ts';
import { measures } from './notifier/measure.ts';
import { type NotifierBenchOptions, readNotifierOptions, usage } from './notifier/options.ts';
import { embeddedEngine, namedEngine } from './pipelines/engine.ts';

/** `npm run bench:notifier`: the notifier beside a straightforward one, on the same engines and the same receiver. */

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
  console.log(`${engine.name}; Node ${process.version}; ${options.rounds} rounds of the backlog, medians\n`);
  console.log(`${results.map(tableOf).join('\n\n')}\n\n${barLines(results.flatMap(({ bars }) => bars))}`);
}
process.exitCode = results.every(({ bars }) => bars.every(({ passed }) => passed)) ? 0 : 1;

function optionsOrExit(): NotifierBenchOptions {
  try {
    const read = readNotifierOptions(process.argv.slice(2), process.env);
    if (read !== 'help') return read;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
