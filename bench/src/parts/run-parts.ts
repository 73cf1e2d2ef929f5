import { barLines } from '../figures/report.ts';
import { embeddedEngine, type NamedEngines, namedEngine } from '../pipelines/engine.ts';
import { type PartResult, type PartTools, tableOf } from './part.ts';

/** Measures the parts that were asked for, one after the other, prints them, and says by the exit code whether all bars are met. */
export async function runParts<
  Part extends string,
  Options extends {
    readonly parts: readonly Part[];
    readonly rounds: number;
    readonly named: NamedEngines | undefined;
    readonly json: boolean;
  },
>(
  measures: Readonly<Record<Part, (tools: PartTools<Options>) => Promise<PartResult>>>,
  options: Options,
): Promise<void> {
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
}
