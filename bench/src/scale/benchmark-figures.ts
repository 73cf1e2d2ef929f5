import { readFileSync } from 'node:fs';

const page = new URL('../../../docs/benchmark.md', import.meta.url);

/** What the poller needs for an event, by the first run on `docs/benchmark.md`. */
export type BenchmarkFigures = {
  /** The command that measured it. */
  readonly command: string;
  readonly pollerCpuMicros: number;
};

/** Reads the figures from the page, which holds the benchmark's output as it was printed. Throws when one is missing. */
export function benchmarkFigures(text = readFileSync(page, 'utf8')): BenchmarkFigures {
  const found = (row: RegExp): string => {
    const [, value] = row.exec(text) ?? [];
    if (value === undefined) throw new Error(`docs/benchmark.md has no ${row.source}`);
    return value;
  };
  return {
    command: found(/^`(npm run bench[^`]*)`$/m),
    pollerCpuMicros: Number(found(/^ +poller \| reader +([\d,]+) /m).replaceAll(',', '')),
  };
}
