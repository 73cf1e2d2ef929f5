import { setTimeout as delay } from 'node:timers/promises';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import type { BenchFeed, WatchedFeed } from './bench-feed.ts';
import type { Engine } from './engine.ts';
import type { MeasuredProcess } from './measured-process.ts';
import type { Usage } from './preload.ts';
import { type CheckedParcels, checkParcels } from './stored-parcels.ts';

/** Two processes that take a feed into the parcels table. */
export type Pipeline = {
  readonly reader: MeasuredProcess;
  readonly writer: MeasuredProcess;
  /** Resolves when both have done all that comes before the first event. */
  ready(): Promise<void>;
  /** Events stored so far. */
  stored(): Promise<number>;
  /** SQS requests billed in addition to one per call, so far. */
  billedBeyondCalls(): Promise<number>;
  /** Writes of parcels in batches, so far: no header says how many are in one. */
  statements(): Promise<number>;
};

export type StartPipeline = (where: { engine: Engine; resources: Resources; scanApiUrl: string }) => Promise<Pipeline>;

/** What a process used from the feed's appearance until everything was stored. */
export type ProcessFigures = {
  readonly cpuMicros: number;
  readonly peakRssBytes: number;
  readonly calls: Usage['calls'];
};

export type RunFigures = {
  readonly events: number;
  readonly seconds: number;
  readonly reader: ProcessFigures;
  readonly writer: ProcessFigures;
  readonly billedBeyondCalls: number;
  readonly statements: number;
  readonly parcels: CheckedParcels;
};

/** Milliseconds between two checks of how much is stored: times are exact to this. */
const checkEveryMs = 100;
/** After the count is full, the last events are stored within this time or never. */
const lastEventsMs = 5_000;
/** A run that stores fewer events in this time is stuck. The slowest engine stores ten times as many. */
const leastProgress = { events: 600, ms: 60_000 };

/** How the feed appears: all at once, or as a number of pages per second. */
export type Appearance = { readonly pagesPerSecond: number; readonly eventsPerPage: number } | undefined;

/**
 * One run. The pipeline is ready and the feed empty, then the events appear. Time is measured from the first request that
 * finds something until everything is stored, CPU time from just before the events appear.
 */
export async function runPipeline(
  engine: Engine,
  feed: BenchFeed,
  start: StartPipeline,
  live?: Appearance,
): Promise<RunFigures> {
  const resources = await engine.provision();
  const held = feed.hold();
  const scanApi = await startScanApi({ feed: held, seed: 0 });
  let pipeline: Pipeline | undefined;
  try {
    pipeline = await start({ engine, resources, scanApiUrl: scanApi.url });
    const { reader, writer } = pipeline;
    const processes = [reader, writer] as const;
    await pipeline.ready();
    const billedBefore = await pipeline.billedBeyondCalls();
    const statementsBefore = await pipeline.statements();
    const before = await Promise.all([reader.usage(), writer.usage()]);
    const appeared = appear(held, feed.events, live);
    const startedAt = await reader.orFailed(held.firstReadAt);
    await appeared;
    const endedAt = await Promise.race([
      allStored(pipeline, feed.events),
      ...processes.map((process) => process.orFailed(new Promise<never>(() => {}))),
    ]);
    const after = await Promise.all([reader.usage(), writer.usage()]);
    const billedBeyondCalls = (await pipeline.billedBeyondCalls()) - billedBefore;
    const statements = (await pipeline.statements()) - statementsBefore;
    const parcels = await checkedInTheEnd(engine, resources.parcelsTable, feed);
    return {
      events: feed.events,
      seconds: (endedAt - startedAt) / 1_000,
      reader: usedBetween(before[0], after[0]),
      writer: usedBetween(before[1], after[1]),
      billedBeyondCalls,
      statements,
      parcels,
    };
  } finally {
    await Promise.all([pipeline?.reader.stop(), pipeline?.writer.stop()]);
    await scanApi.stop();
    await engine.remove(resources);
  }
}

/** Resolves when all events have appeared. After a late page the next ones follow sooner, to keep the rate on a busy machine. */
async function appear(held: WatchedFeed, events: number, live: Appearance): Promise<void> {
  if (!live) return void held.append(events);
  const beginning = performance.now();
  for (let shown = 0, page = 0; shown < events; page += 1) {
    await delay(Math.max(0, beginning + (page * 1_000) / live.pagesPerSecond - performance.now()));
    shown += live.eventsPerPage;
    held.append(live.eventsPerPage);
  }
}

/** Resolves with the monotonic milliseconds at which everything was stored. */
async function allStored(pipeline: Pipeline, events: number): Promise<number> {
  let seen = { stored: 0, at: performance.now() };
  for (;;) {
    const stored = await pipeline.stored();
    const now = performance.now();
    if (stored >= events) return now;
    if (stored >= seen.stored + leastProgress.events) seen = { stored, at: now };
    if (now - seen.at > leastProgress.ms) {
      const output = [pipeline.reader, pipeline.writer].map((process) => process.output).join('');
      throw new Error(`Stuck at ${stored} of ${events} events\n${output}`);
    }
    await delay(checkEveryMs);
  }
}

/**
 * Checks the table. A few events may come and count twice, so the count can be full before the last ones are stored: this
 * waits for them.
 */
async function checkedInTheEnd({ dynamodb }: Engine, table: string, feed: BenchFeed): Promise<CheckedParcels> {
  const deadline = performance.now() + lastEventsMs;
  for (;;) {
    const parcels = await checkParcels(dynamodb, table, feed.expected);
    if (parcels.wrong === 0 || performance.now() > deadline) return parcels;
    await delay(checkEveryMs);
  }
}

/** The difference of two reports; the peak of memory is that of the whole process, with its start. */
function usedBetween(before: Usage, after: Usage): ProcessFigures {
  return {
    cpuMicros: after.cpuMicros - before.cpuMicros,
    peakRssBytes: after.peakRssBytes,
    calls: Object.fromEntries(
      Object.entries(after.calls)
        .map(([action, count]): [string, number] => [action, count - (before.calls[action] ?? 0)])
        .filter(([, count]) => count > 0),
    ),
  };
}
