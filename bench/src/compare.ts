import { startReceiveCounter } from './counting/receive-counter.ts';
import { callsOf, summarise } from './figures/figures.ts';
import { median } from './figures/median.ts';
import type { EngineResults } from './figures/report.ts';
import { type LimitCalls, nominalCalls, runLimit } from './limit-run.ts';
import type { BenchOptions, Subject } from './options.ts';
import type { BenchFeed } from './pipelines/bench-feed.ts';
import type { Engine } from './pipelines/engine.ts';
import { type RunFigures, runPipeline, type StartPipeline } from './pipelines/pipeline-run.ts';
import { straightforward } from './pipelines/straightforward-pipeline.ts';
import { waybill } from './pipelines/waybill-pipeline.ts';

/** A page of the live feed: the default of SCAN_API_LIMIT, for both pipelines. */
const eventsPerPage = 100;

type Compared = 'waybill' | 'straightforward';

/** Calls before anything is measured, so that no pipeline runs on a cold engine. */
const warmUp = { sends: 50, messagesPerSend: 10, bodyBytes: 290, updates: 500, parcels: 100 };

/** Runs everything in turn, round after round, so that changes of the machine's speed affect all alike. */
export async function compare(
  engine: Engine,
  feed: BenchFeed,
  { runs, subjects, live }: Pick<BenchOptions, 'runs' | 'subjects' | 'live'>,
  report: (progress: string) => void,
): Promise<EngineResults> {
  const measured: Record<Compared, RunFigures[]> = { waybill: [], straightforward: [] };
  const limits: Record<Compared, number[]> = { waybill: [], straightforward: [] };
  const starts: Record<Compared, StartPipeline> = { waybill: waybill(), straightforward };
  const wanted = (subject: Subject) => subjects.includes(subject);
  const pages = live > 0 ? { pagesPerSecond: live, eventsPerPage } : undefined;
  const runOf = async (name: Compared, round: number): Promise<RunFigures | undefined> => {
    const run = await runPipeline(engine, feed, starts[name], pages).catch((error: unknown) => {
      // moto loses messages when others are deleted at the same time. The rest can still be compared.
      if (name === 'straightforward') return error instanceof Error ? error : new Error(String(error));
      throw error;
    });
    if (run instanceof Error) {
      report(`round ${round}: ${name} did not finish: ${run.message}`);
      return undefined;
    }
    report(`round ${round}: ${name} ${Math.round(run.events / run.seconds)} events/s`);
    for (const difference of run.parcels.differences) report(`  ${difference}`);
    return run;
  };
  await runLimit(engine, warmUp);
  for (let round = 1; round <= runs; round++) {
    for (const name of ['waybill', 'straightforward'] as const) {
      const run = wanted(name) ? await runOf(name, round) : undefined;
      if (run) measured[name].push(run);
      if (!wanted('limit')) continue;
      const seconds = await runLimit(engine, limitCalls(name, feed, run));
      limits[name].push(feed.events / seconds);
      report(`round ${round}: the calls of ${name} alone ${Math.round(feed.events / seconds)} events/s`);
    }
  }
  return {
    engine: engine.name,
    waybill: wanted('waybill') ? summarise(measured.waybill) : undefined,
    straightforward: measured.straightforward.length > 0 ? summarise(measured.straightforward) : undefined,
    limit: wanted('limit')
      ? { waybill: median(limits.waybill), straightforward: median(limits.straightforward) }
      : undefined,
    live: live > 0,
    folding: wanted('waybill') && live === 0 ? await countFolding(engine, feed) : undefined,
  };
}

/** Sends and writes as they were measured, with as many messages in each. Receives and deletes follow from them. */
function limitCalls(name: Compared, feed: BenchFeed, run: RunFigures | undefined): LimitCalls {
  const nominal = nominalCalls(name, feed.events, feed.expected.size);
  if (!run) return nominal;
  const { sends, parcelWrites, checkpointWrites } = callsOf(run);
  const messagesPerSend = Math.max(1, Math.round((nominal.sends * nominal.messagesPerSend) / sends));
  return { ...nominal, sends, messagesPerSend, updates: parcelWrites + checkpointWrites };
}

/** One more run, which inspects each receive. Its times are not used, because that takes time. */
async function countFolding(engine: Engine, feed: BenchFeed) {
  const counter = await startReceiveCounter(engine.sqsEndpoint);
  try {
    const run = await runPipeline(engine, feed, waybill({ processorSqs: counter.endpoint }));
    return { parcelReceives: counter.counts().parcelReceives, parcelWrites: callsOf(run).parcelWrites };
  } finally {
    await counter.stop();
  }
}
