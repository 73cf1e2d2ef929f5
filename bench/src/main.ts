import { compare } from './compare.ts';
import { barLines, barsOf, integer, reportOf } from './figures/report.ts';
import { historyBars, historyReport, measureHistory } from './history.ts';
import { latencyBars, latencyReport, measureLatency } from './latency.ts';
import { measureMemory, memoryBars, memoryReport } from './memory.ts';
import { readOptions, usage } from './options.ts';
import { optionsOrExit } from './options-or-exit.ts';
import { benchFeed } from './pipelines/bench-feed.ts';
import { type Engine, embeddedEngine, namedEngine } from './pipelines/engine.ts';

const options = optionsOrExit(readOptions, usage);
const feed = benchFeed(options);
const report = (progress: string) => void process.stderr.write(`${progress}\n`);
const results: object[] = [];
let passed = true;

if (options.embedded) await onEngine(await embeddedEngine());
if (options.named) await onEngine(namedEngine(options.named));
if (options.json) console.log(JSON.stringify(results, undefined, 2));
process.exitCode = passed ? 0 : 1;

async function onEngine(engine: Engine): Promise<void> {
  try {
    if (options.memory) await memoryOn(engine);
    else if (options.history) await historyOn(engine);
    else await (options.latency > 0 ? latencyOn(engine) : comparisonOn(engine));
  } finally {
    await engine.stop();
  }
}

async function comparisonOn(engine: Engine): Promise<void> {
  const result = await compare(engine, feed, options, (progress) => report(`${engine.name}: ${progress}`));
  const bars = barsOf(result);
  passed &&= bars.every((bar) => bar.passed);
  results.push({ ...result, bars });
  if (options.json) return;
  const { events, runs, activeParcels, seed } = options;
  console.log(
    `\n${engine.name}\n${integer(events)} events of ${integer(feed.expected.size)} parcels, ${activeParcels} under way at once, seed ${seed}; ${runs} runs, medians\n`,
  );
  console.log(`${reportOf(result)}\n${bars.length > 0 ? `\n${barLines(bars)}\n` : ''}`);
}

async function latencyOn(engine: Engine): Promise<void> {
  const latency = await measureLatency(engine, options, report);
  const bars = latencyBars(latency);
  passed &&= bars.every((bar) => bar.passed);
  results.push({ engine: engine.name, latency, bars });
  if (options.json) return;
  console.log(`\n${engine.name}\n${options.latency} events/s\n\n${latencyReport(latency)}\n\n${barLines(bars)}\n`);
}

async function memoryOn(engine: Engine): Promise<void> {
  const memory = await measureMemory(engine, options, report);
  const bars = memoryBars(memory);
  passed &&= bars.every((bar) => bar.passed);
  results.push({ engine: engine.name, memory, bars });
  if (!options.json) console.log(`\n${engine.name}\n\n${memoryReport(memory)}\n\n${barLines(bars)}\n`);
}

async function historyOn(engine: Engine): Promise<void> {
  const history = await measureHistory(engine, options, report);
  const bars = historyBars(history);
  passed &&= bars.every((bar) => bar.passed);
  results.push({ engine: engine.name, history, bars });
  if (!options.json) console.log(`\n${engine.name}\n\n${historyReport(history)}\n\n${barLines(bars)}\n`);
}
