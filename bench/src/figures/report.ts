import { shownDollars, shownPriceDates } from '@waybill/local/cost.ts';
import type { PipelineSummary } from './figures.ts';

/** The results of one engine. What was not measured is undefined. */
export type EngineResults = {
  readonly engine: string;
  readonly waybill: PipelineSummary | undefined;
  readonly straightforward: PipelineSummary | undefined;
  /** Events per second of the calls alone. */
  readonly limit: { readonly waybill: number; readonly straightforward: number } | undefined;
  /** Whether the feed came in pages instead of all at once. */
  readonly live: boolean;
  /** Of a run whose receives were counted. */
  readonly folding: { readonly parcelReceives: number; readonly parcelWrites: number } | undefined;
};

export type Bar = { readonly name: string; readonly found: string; readonly passed: boolean };

/** Waybill may need this share of the SQS requests of the straightforward pipeline. */
const sqsShare = 1 / 15;
/** Share of writes that may exceed one for each parcel of each receive. */
const surplusWrites = 0.01;
/**
 * How many times the events per second of the straightforward pipeline in catch-up, and which shares of its CPU per event:
 * with writes in batches of statements, and with single updates.
 */
const barsByWriter = {
  batched: { speedup: 3, cpu: 1 / 5, cpuLive: 1 / 3 },
  single: { speedup: 1.5, cpu: 2 / 3, cpuLive: 1 },
} as const;

/** The bars that apply to these results. */
export function barsOf({ waybill, straightforward, folding, live }: EngineResults): Bar[] {
  const bars: Bar[] = [];
  if (waybill) {
    const wrong = waybill.wrongParcels;
    bars.push({ name: 'Waybill: every parcel as the feed says', found: `${wrong} wrong`, passed: wrong === 0 });
  }
  // With live pages, receives follow the clock: the pipeline does not decide how many messages one brings.
  if (waybill && straightforward && !live) {
    for (const [kind, figure] of [
      ['API calls', 'sqsCalls'],
      ['billed', 'sqsBilled'],
    ] as const) {
      const times = straightforward.perMillion[figure] / waybill.perMillion[figure];
      bars.push({
        name: `SQS requests (${kind}) at most 1/15`,
        found: `1/${times.toFixed(1)}`,
        passed: 1 / times <= sqsShare,
      });
    }
  }
  if (folding) {
    const share = folding.parcelWrites / folding.parcelReceives;
    bars.push({
      name: 'parcel writes at most (parcel, receive) pairs + 1 %',
      found: `${integer(folding.parcelWrites)} of ${integer(folding.parcelReceives)}`,
      passed: share <= 1 + surplusWrites,
    });
  }
  if (waybill && straightforward) {
    const { parcelRequests, parcelWrites } = waybill.perMillion;
    const { speedup, cpu, cpuLive } = barsByWriter[parcelRequests < parcelWrites ? 'batched' : 'single'];
    const most = live ? cpuLive : cpu;
    const share = cpuMicros(waybill) / cpuMicros(straightforward);
    bars.push({ name: `CPU per event at most ${most.toFixed(2)}`, found: share.toFixed(3), passed: share <= most });
    const times = waybill.eventsPerSecond / straightforward.eventsPerSecond;
    if (!live) {
      const name = `events/s at least ${speedup} times`;
      bars.push({ name, found: `${times.toFixed(2)} times`, passed: times >= speedup });
    }
  }
  return bars;
}

/** CPU of both processes, microseconds per event. */
function cpuMicros({ cpuMicrosPerEvent: { reader, writer } }: PipelineSummary): number {
  return reader + writer;
}

/** The results as a table, 80 characters wide at most. */
export function reportOf(results: EngineResults): string {
  const { waybill, straightforward, limit } = results;
  const lines = [row('', 'Waybill', 'straightforward', 'ratio')];
  const line = (
    name: string,
    figure: (summary: PipelineSummary) => number,
    shown: (value: number) => string = integer,
  ) => {
    const [ours, theirs] = [waybill && figure(waybill), straightforward && figure(straightforward)];
    const ratio = ours !== undefined && theirs !== undefined && theirs > 0 ? (ours / theirs).toFixed(3) : '';
    lines.push(row(name, ours === undefined ? '' : shown(ours), theirs === undefined ? '' : shown(theirs), ratio));
  };
  const section = (name: string) => lines.push(name);
  if (waybill || straightforward) {
    line('events/s', (summary) => summary.eventsPerSecond);
    line('parcels wrong in the end', (summary) => summary.wrongParcels);
    section('CPU µs per event');
    line('  both', cpuMicros);
    line('  poller | reader', (summary) => summary.cpuMicrosPerEvent.reader);
    line('  processor | worker', (summary) => summary.cpuMicrosPerEvent.writer);
    section('peak memory, MiB');
    line('  poller | reader', (summary) => summary.peakRssBytes.reader, mebibytes);
    line('  processor | worker', (summary) => summary.peakRssBytes.writer, mebibytes);
    section('per million events');
    line('  SQS API calls', ({ perMillion }) => perMillion.sqsCalls);
    line('    SendMessageBatch', ({ perMillion }) => perMillion.sends);
    line('    ReceiveMessage', ({ perMillion }) => perMillion.receives);
    line('    DeleteMessageBatch', ({ perMillion }) => perMillion.deletes);
    line('    other', ({ perMillion }) => perMillion.otherSqs);
    line('  SQS requests billed', ({ perMillion }) => perMillion.sqsBilled);
    line('  parcel writes', ({ perMillion }) => perMillion.parcelWrites);
    line('    requests that carry them', ({ perMillion }) => perMillion.parcelRequests);
    line('  checkpoint write requests', ({ perMillion }) => perMillion.checkpointWrites);
    line('  write units', ({ perMillion }) => perMillion.writeUnits);
    line('  DynamoDB reads', ({ perMillion }) => perMillion.reads);
    line('  dollars for requests and units', ({ perMillion }) => perMillion.dollars, shownDollars);
  }
  if (limit)
    lines.push(row('the same calls alone, events/s', integer(limit.waybill), integer(limit.straightforward), ''));
  if (waybill || straightforward) lines.push(`dollars: ${shownPriceDates()}`);
  return lines.map((text) => text.trimEnd()).join('\n');
}

export function barLines(bars: readonly Bar[]): string {
  return bars
    .map(({ name, found, passed }) => `${passed ? 'PASS' : 'FAIL'}  ${name.padEnd(50)}${found.padStart(22)}`)
    .join('\n');
}

function row(name: string, ours: string, theirs: string, ratio: string): string {
  return name.padEnd(34) + ours.padStart(15) + theirs.padStart(18) + ratio.padStart(10);
}

export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function mebibytes(bytes: number): string {
  return integer(bytes / 2 ** 20);
}
