import { benchFeed } from './bench-feed.ts';
import type { Engine } from './engine.ts';
import type { BenchOptions } from './options.ts';
import { runPipeline } from './pipeline-run.ts';
import { type Bar, integer, mebibytes } from './report.ts';
import { waybill } from './waybill-pipeline.ts';

export type MemoryResult = {
  readonly events: number;
  readonly pollerPeakBytes: number;
  readonly processorPeakBytes: number;
};

const sizes = [20_000, 300_000];
/** Peak memory that either process may reach. */
const mostBytes = 256 * 2 ** 20;
/** What fifteen times the events may add: garbage that V8 has not collected yet comes and goes by some tens of MiB. */
const mostGrowth = 1.15;

/** Waybill's peak memory at both sizes. */
export async function measureMemory(
  engine: Engine,
  { seed, activeParcels }: Pick<BenchOptions, 'seed' | 'activeParcels'>,
): Promise<MemoryResult[]> {
  const results: MemoryResult[] = [];
  for (const events of sizes) {
    const run = await runPipeline(engine, benchFeed({ events, seed, activeParcels }), waybill());
    results.push({
      events,
      pollerPeakBytes: run.reader.peakRssBytes,
      processorPeakBytes: run.writer.peakRssBytes,
    });
  }
  return results;
}

export function memoryBars(results: readonly MemoryResult[]): Bar[] {
  return (['pollerPeakBytes', 'processorPeakBytes'] as const).flatMap((figure) => {
    const name = figure === 'pollerPeakBytes' ? 'poller' : 'processor';
    const peaks = results.map((result) => result[figure]);
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
    line(['events', 'poller, MiB', 'processor, MiB']),
    ...results.map(({ events, pollerPeakBytes, processorPeakBytes }) =>
      line([integer(events), mebibytes(pollerPeakBytes), mebibytes(processorPeakBytes)]),
    ),
  ].join('\n');
}
