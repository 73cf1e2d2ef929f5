import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import { type Bar, integer, mebibytes } from './figures/report.ts';
import type { BenchOptions } from './options.ts';
import { benchFeed } from './pipelines/bench-feed.ts';
import type { Engine } from './pipelines/engine.ts';
import { runPipeline } from './pipelines/pipeline-run.ts';
import { waybill } from './pipelines/waybill-pipeline.ts';

export type MemoryResult = {
  readonly events: number;
  /** Whether the size of V8's heap was limited, as in production. */
  readonly capped: boolean;
  readonly pollerPeakBytes: number;
  readonly processorPeakBytes: number;
};

const sizes = [20_000, 300_000];
/** Peak memory that either process may reach. */
const mostBytes = 256 * 2 ** 20;
/** Growth allowed with fifteen times the events: garbage that V8 has not collected yet varies by some tens of MiB. */
const mostGrowth = 1.15;

/** Measures Waybill's peak memory at both sizes, capped and not capped. */
export async function measureMemory(
  engine: Engine,
  { seed, activeParcels }: Pick<BenchOptions, 'seed' | 'activeParcels'>,
  report: (progress: string) => void,
): Promise<MemoryResult[]> {
  const results: MemoryResult[] = [];
  for (const events of sizes) {
    const feed = benchFeed({ events, seed, activeParcels });
    for (const capped of [true, false]) {
      const run = await runPipeline(engine, feed, waybill({ nodeFlags: capped ? nodeFlags : [] }));
      report(`${integer(events)} events, ${capped ? 'capped' : 'not capped'}: ${Math.round(run.seconds)} s`);
      const [pollerPeakBytes, processorPeakBytes] = [run.reader.peakRssBytes, run.writer.peakRssBytes];
      results.push({ events, capped, pollerPeakBytes, processorPeakBytes });
    }
  }
  return results;
}

/** The bars apply to capped processes. */
export function memoryBars(results: readonly MemoryResult[]): Bar[] {
  return (['pollerPeakBytes', 'processorPeakBytes'] as const).flatMap((figure) => {
    const name = figure === 'pollerPeakBytes' ? 'poller' : 'processor';
    const peaks = results.filter(({ capped }) => capped).map((result) => result[figure]);
    const highest = Math.max(...peaks);
    const growth = (peaks.at(-1) ?? 0) / (peaks[0] ?? 1);
    return [
      { name: `${name}: peak memory under 256 MiB`, found: `${mebibytes(highest)} MiB`, passed: highest < mostBytes },
      { name: `${name}: flat`, found: `${growth.toFixed(2)} times`, passed: growth <= mostGrowth },
    ];
  });
}

export function memoryReport(results: readonly MemoryResult[]): string {
  const line = (texts: readonly string[]) => texts.map((text) => text.padStart(20)).join('');
  return [
    `node ${nodeFlags.join(' ')} (capped), or without\n`,
    line(['events', 'heap', 'poller, MiB', 'processor, MiB']),
    ...results.map(({ events, capped, pollerPeakBytes, processorPeakBytes }) =>
      line([
        integer(events),
        capped ? 'capped' : 'not capped',
        mebibytes(pollerPeakBytes),
        mebibytes(processorPeakBytes),
      ]),
    ),
  ].join('\n');
}
