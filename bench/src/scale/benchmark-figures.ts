import { readFileSync } from 'node:fs';

const page = new URL('../../../docs/benchmark.md', import.meta.url);

/** What `docs/benchmark.md` says that the poller needs for an event, on the first engine of the page. */
export type BenchmarkFigures = {
  /** The command that measured it. */
  readonly command: string;
  readonly pollerCpuMicros: number;
};

/** Throws where the page does not have a figure as the benchmark prints it. */
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
