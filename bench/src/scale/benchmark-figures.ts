import { readFileSync } from 'node:fs';

const page = new URL('../../../docs/benchmark.md', import.meta.url);

/** What `docs/benchmark.md` says that Waybill needs for an event, on the first engine of the page. */
export type BenchmarkFigures = {
  /** The command that measured it. */
  readonly command: string;
  readonly cpuMicros: { readonly poller: number; readonly processor: number };
  /** For an event of a full feed: full pages, many scans of a parcel folded into one write. */
  readonly catchingUp: { readonly sqsRequests: number; readonly writeUnits: number; readonly readUnits: number };
};

/** Throws where the page does not have a figure as the benchmark prints it. */
export function benchmarkFigures(text = readFileSync(page, 'utf8')): BenchmarkFigures {
  const found = (row: RegExp): string => {
    const [, value] = row.exec(text) ?? [];
    if (value === undefined) throw new Error(`docs/benchmark.md has no ${row.source}`);
    return value;
  };
  const perMillion = (name: string) =>
    Number(found(new RegExp(`^ +${name} +([\\d,]+) `, 'm')).replaceAll(',', '')) / 1e6;
  const micros = (name: string) => Number(found(new RegExp(`^ +${name} +([\\d,]+) `, 'm')).replaceAll(',', ''));
  return {
    command: found(/^`(npm run bench[^`]*)`$/m),
    cpuMicros: { poller: micros('poller \\| reader'), processor: micros('processor \\| worker') },
    catchingUp: {
      sqsRequests: perMillion('SQS requests billed'),
      writeUnits: perMillion('write units'),
      readUnits: perMillion('DynamoDB reads'),
    },
  };
}
