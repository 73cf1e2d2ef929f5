import { processorVariables } from '@waybill/processor/config.ts';
import { callsOf } from './figures/figures.ts';
import { median } from './figures/median.ts';
import { type Bar, integer } from './figures/report.ts';
import type { BenchOptions } from './options.ts';
import { benchFeed } from './pipelines/bench-feed.ts';
import type { Engine } from './pipelines/engine.ts';
import { type RunFigures, runPipeline } from './pipelines/pipeline-run.ts';
import { waybill } from './pipelines/waybill-pipeline.ts';

/** Microseconds of CPU for an event, and writes of parcels for an event. */
export type HistoryRun = { readonly poller: number; readonly processor: number; readonly writes: number };

/** Two runs one after the other, which a change of the machine's speed affects alike. */
export type HistoryPair = { readonly kept: HistoryRun; readonly none: HistoryRun };

const eventsPerPage = 100;
/** Growth of CPU time per event by history that is let pass. */
const mostGrowth = 1.1;
const kept = processorVariables.HISTORY_EVENTS.parse(undefined);

/** Measures the CPU time of an event with the default history and without, in pairs that begin with either in turn. */
export async function measureHistory(
  engine: Engine,
  {
    seed,
    activeParcels,
    events,
    runs,
    live,
  }: Pick<BenchOptions, 'seed' | 'activeParcels' | 'events' | 'runs' | 'live'>,
  report: (progress: string) => void,
): Promise<HistoryPair[]> {
  const feed = benchFeed({ events, seed, activeParcels });
  const appearance = live > 0 ? { pagesPerSecond: live, eventsPerPage } : undefined;
  const run = async (historyEvents: number) =>
    figuresOf(await runPipeline(engine, feed, waybill({ historyEvents }), appearance));
  // The engine is cold.
  await run(kept);
  const pairs: HistoryPair[] = [];
  for (let round = 1; round <= runs; round++) {
    const first = await run(round % 2 === 1 ? kept : 0);
    const second = await run(round % 2 === 1 ? 0 : kept);
    const pair = round % 2 === 1 ? { kept: first, none: second } : { kept: second, none: first };
    report(`pair ${round}: processor ${pairText(pair, 'processor')}, both ${pairText(pair)}`);
    pairs.push(pair);
  }
  return pairs;
}

function figuresOf(run: RunFigures): HistoryRun {
  const { events, reader, writer } = run;
  return {
    poller: reader.cpuMicros / events,
    processor: writer.cpuMicros / events,
    writes: callsOf(run).parcelWrites / events,
  };
}

function cpuOf({ poller, processor }: HistoryRun, part?: 'processor'): number {
  return part ? processor : poller + processor;
}

function pairText({ kept, none }: HistoryPair, part?: 'processor'): string {
  return `${integer(cpuOf(kept, part))} µs with history, ${integer(cpuOf(none, part))} without`;
}

export function historyBars(pairs: readonly HistoryPair[]): Bar[] {
  const grown = median(pairs.map(({ kept, none }) => cpuOf(kept) / cpuOf(none)));
  const name = `CPU per event with history: at most ${mostGrowth} times that without`;
  return [{ name, found: `${grown.toFixed(3)} times`, passed: grown <= mostGrowth }];
}

export function historyReport(pairs: readonly HistoryPair[]): string {
  const line = (texts: readonly string[]) => texts.map((text) => text.padStart(22)).join('');
  const of = (value: (run: HistoryRun) => number, digits: number) => {
    const values = [pairs.map(({ kept }) => value(kept)), pairs.map(({ none }) => value(none))].map(median);
    const ratios = pairs.map(({ kept, none }) => value(kept) / value(none));
    return [
      ...values.map((each) => each.toFixed(digits)),
      median(ratios).toFixed(3),
      `${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)}`,
    ];
  };
  return [
    `medians of ${pairs.length} pairs; CPU in µs per event\n`,
    line(['', `HISTORY_EVENTS=${kept}`, 'HISTORY_EVENTS=0', 'ratio, by pair', 'least to most']),
    line(['poller', ...of(({ poller }) => poller, 1)]),
    line(['processor', ...of(({ processor }) => processor, 1)]),
    line(['both', ...of((run) => cpuOf(run), 1)]),
    line(['writes of parcels', ...of(({ writes }) => writes, 3)]),
  ].join('\n');
}
