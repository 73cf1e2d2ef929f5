import { setTimeout as delay } from 'node:timers/promises';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import type { StopSignals } from '@waybill/shared/process/stop-signals.ts';
import type { StartOptions } from './config.ts';
import { type EngineClients, openClients } from './engines/engine-clients.ts';
import { type Engines, startEngines } from './engines/engines.ts';
import { type FeedSource, openRealFeed, openSimulatedFeed } from './feed-source.ts';
import { sendPacks } from './other-producer.ts';
import { readDeadLetters, readFailureRecords } from './outcome/dead-letters.ts';
import { readStoredParcels } from './outcome/stored-parcels.ts';
import { judge, reasonsOf } from './outcome/verdict.ts';
import { DrainWatch, untilEmpty } from './pipeline/drain.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { queueContent } from './pipeline/queue-depth.ts';
import type { Environment } from './pipeline/service-process.ts';
import type { ProgressDisplay } from './progress.ts';
import { type Facts, summaryLines, verdictMarks } from './summary.ts';

export type Surroundings = {
  readonly display: ProgressDisplay;
  readonly stops: StopSignals;
  /** What poller and processor inherit. */
  readonly env: Environment;
  readonly nodeVersion: string;
};

/** Elements that appear in a second under `--live`. */
const livePerSecond = 50;
/** Seconds without a single page after which a real API is given up. */
const firstPageLimitSeconds = 20;
/** How the poller names an answer that no repetition changes: a wrong address, a token that is missing or wrong. */
const refusedForGood = /FEED_UNREADABLE \(4\d\d\)/;

/** Starts everything, follows it to its end, and says how it went. Answers the exit code. */
export async function runLocally(options: StartOptions, surroundings: Surroundings): Promise<number> {
  const { display, stops, nodeVersion } = surroundings;
  display.say(`Node ${nodeVersion}, ${originOf(options)}\n`);
  const engines = await startEngines({ signal: stops.first });
  const clients = openClients(engines.env);
  let resources: Resources | undefined;
  try {
    resources = await provision({ ...clients, signal: stops.first });
    return await orFailed(engines.failed, onEngines(options, surroundings, { engines, clients, resources }));
  } finally {
    clients.close();
    if (options.keep && resources) await keep(engines, resources, display);
    else await engines.stop();
  }
}

function originOf({ scanApi, seed, events }: StartOptions): string {
  if (scanApi) return `feed ${scanApi.url}`;
  return `seed ${seed}. The same again:\n  npm start -- --events ${events} --seed ${seed}`;
}

type Place = { readonly engines: Engines; readonly clients: EngineClients; readonly resources: Resources };

async function onEngines(options: StartOptions, surroundings: Surroundings, place: Place): Promise<number> {
  const source = options.scanApi ? openRealFeed(options.scanApi) : await openSimulatedFeed(options);
  const { clients, resources, engines } = place;
  const env = { ...surroundings.env, ...engines.env };
  const pipeline = new Pipeline({ clients, resources, source, env });
  try {
    const run = new LocalRun(options, surroundings, place, source, pipeline);
    return await orFailed(pipeline.failed, run.toItsEnd());
  } finally {
    surroundings.display.clear();
    await pipeline.end();
    await source.stop();
  }
}

class LocalRun {
  readonly #options: StartOptions;
  readonly #surroundings: Surroundings;
  readonly #place: Place;
  readonly #source: FeedSource;
  readonly #pipeline: Pipeline;
  readonly #begun = performance.now();
  /** When how much was stored: for the rate of the last seconds. */
  #stored: { readonly at: number; readonly count: number }[] = [];
  #seconds = 0;

  constructor(options: StartOptions, surroundings: Surroundings, place: Place, source: FeedSource, pipeline: Pipeline) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.#place = place;
    this.#source = source;
    this.#pipeline = pipeline;
  }

  async toItsEnd(): Promise<number> {
    const { stops, display } = this.#surroundings;
    const { live } = this.#options;
    // Under --live the first Ctrl-C is the normal end: what is there is still brought home and compared.
    const interrupted = live ? stops.second : stops.first;
    const hurry = live ? stops.third : stops.second;
    try {
      await this.#follow(interrupted);
      const facts = await this.#compare(interrupted);
      this.#print(facts);
      return facts.verdict?.isGood ? 0 : 1;
    } catch (error) {
      if (!interrupted.aborted) throw error;
      display.say('interrupted: poller and processor settle what they hold');
      await this.#pipeline.stop(hurry);
      this.#print(this.#facts(await this.#pipeline.checkpoint(), {}));
      return stops.exitCode();
    }
  }

  /** Until the feed is drained, and under `--live` until someone has had enough. */
  async #follow(interrupted: AbortSignal): Promise<void> {
    const { stops, display } = this.#surroundings;
    const { clients, resources } = this.#place;
    await this.#pipeline.ready(interrupted);
    await sendPacks(clients.sqs, resources.scanQueueUrl, this.#source.packs);
    const { live } = this.#options;
    if (live) {
      await this.#feedUntil(stops.first, interrupted);
      display.say('draining; Ctrl-C again to stop at once');
      // A real feed may never come to rest: it is compared as far as it was read.
      if (!this.#source.simulated) return;
    }
    const watch = new DrainWatch();
    while (!watch.isDrained(await this.#look())) await delay(display.everyMs, undefined, { signal: interrupted });
  }

  async #feedUntil(enough: AbortSignal, interrupted: AbortSignal): Promise<void> {
    let fedAt = performance.now();
    while (!enough.aborted) {
      const due = Math.floor(((performance.now() - fedAt) / 1_000) * livePerSecond);
      fedAt += (due / livePerSecond) * 1_000;
      this.#source.simulated?.feed.append(due);
      await this.#look();
      await delay(this.#surroundings.display.everyMs, undefined, { signal: enough }).catch(() => undefined);
    }
    interrupted.throwIfAborted();
  }

  async #look() {
    const look = await this.#pipeline.look();
    const { poller, processor } = this.#pipeline.counted;
    const now = performance.now();
    const stored = processor.sum('waybill_processor_events_total');
    this.#stored = [...this.#stored.filter(({ at }) => now - at < 3_000), { at: now, count: stored }];
    const [first] = this.#stored;
    const perSecond = first && first.at < now ? ((stored - first.count) / (now - first.at)) * 1_000 : 0;
    this.#surroundings.display.show({
      seconds: (now - this.#begun) / 1_000,
      read: poller.sum('waybill_feed_events_total') + poller.sum('waybill_feed_rejections_total'),
      stored,
      storedPerSecond: perSecond,
      total: this.#source.simulated?.feed.size,
      queued: look.queue.visible + look.queue.inFlight,
      dead: look.dead,
      position: look.position,
      trouble: await this.#trouble(look.pages),
    });
    this.#seconds = (now - this.#begun) / 1_000;
    return look;
  }

  /** Of a real feed that cannot be read: what the poller says. Throws when it never could, and when it never will. */
  async #trouble(pages: number): Promise<string | undefined> {
    const { poller } = this.#pipeline;
    if (this.#source.simulated || !poller.isRunning) return undefined;
    const trouble = await poller.trouble();
    const seconds = (performance.now() - this.#begun) / 1_000;
    const isGivenUp = seconds > firstPageLimitSeconds || refusedForGood.test(trouble ?? '');
    if (trouble !== undefined && pages === 0 && isGivenUp) {
      throw new Error(
        `${this.#source.url} gave no page in ${seconds.toFixed(0)} s. The poller is not ready: ${trouble}\n` +
          `Its last line: ${poller.lastLines(1).join('')}`,
      );
    }
    return trouble && `poller not ready: ${trouble}`;
  }

  /** Stops the poller, then the processor, and compares what is stored with what the feed says. */
  async #compare(signal: AbortSignal): Promise<Facts> {
    const { clients, resources } = this.#place;
    const { display } = this.#surroundings;
    await this.#pipeline.stopPoller();
    await untilEmpty(() => queueContent(clients.sqs, resources.scanQueueUrl), signal);
    await this.#pipeline.stopProcessor();
    display.say('drained; comparing every parcel with the feed');
    const checkpoint = await this.#pipeline.checkpoint();
    const truth = await this.#source.truth(checkpoint.position, signal);
    const mirror = {
      parcels: await readStoredParcels(clients.dynamodb, resources.parcelsTable, signal),
      failures: await readFailureRecords(clients.dynamodb, resources.failuresTable, signal),
      deadLetters: await readDeadLetters(clients.sqs, resources.deadLetterQueueUrl, signal),
    };
    const { missedIds } = truth;
    return this.#facts(checkpoint, { missedIds, deadLetters: reasonsOf(mirror), verdict: judge(truth, mirror) });
  }

  #facts(
    { position, watermark }: Pick<Facts, 'position' | 'watermark'>,
    found: Partial<Pick<Facts, 'missedIds' | 'deadLetters' | 'verdict'>>,
  ): Facts {
    const { poller, processor } = this.#pipeline.counted;
    const both = (name: string) => poller.sum(name) + processor.sum(name);
    const { simulated, packs, url } = this.#source;
    return {
      node: this.#surroundings.nodeVersion,
      feed: simulated
        ? { seed: this.#options.seed, held: simulated.feed.size, counts: simulated.counts(), packs: packs.length }
        : { url },
      seconds: this.#seconds,
      position,
      watermark,
      openGaps: poller.sum('waybill_feed_open_gaps'),
      late: poller.sum('waybill_feed_late_events_total'),
      read: poller.sum('waybill_feed_events_total'),
      stored: processor.sum('waybill_processor_events_total'),
      rejections: poller.by('waybill_feed_rejections_total', 'reason'),
      outcomes: processor.by('waybill_processor_outcomes_total', 'outcome'),
      splits: processor.sum('waybill_processor_splits_total'),
      sqsCalls: ['sends', 'receives', 'deletes', 'visibility_changes']
        .map((action) => both(`waybill_queue_${action}_total`))
        .reduce((sum, count) => sum + count, 0),
      sqsBilled: both('waybill_queue_billed_total'),
      writeUnits: both('waybill_store_write_units_total'),
      readUnits: both('waybill_store_read_units_total'),
      missedIds: found.missedIds ?? [],
      deadLetters: found.deadLetters,
      verdict: found.verdict,
    };
  }

  #print(facts: Facts): void {
    this.#surroundings.display.sayMarked(['', ...summaryLines(facts)], {
      [verdictMarks.good]: 'green',
      [verdictMarks.bad]: 'red',
    });
  }
}

/** Rejects as soon as something that should run has failed. */
async function orFailed<T>(failed: Promise<Error>, work: Promise<T>): Promise<T> {
  const failure = failed.then((error) => {
    throw error;
  });
  // The work that was given up may fail as well, later.
  work.catch(() => undefined);
  return await Promise.race([work, failure]);
}

async function keep(engines: Engines, resources: Resources, display: ProgressDisplay): Promise<void> {
  await engines.keep();
  const variables = {
    ...engines.env,
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    PARCELS_TABLE: resources.parcelsTable,
    FAILURES_TABLE: resources.failuresTable,
    CHECKPOINTS_TABLE: resources.checkpointsTable,
  };
  display.say(
    [
      '',
      'Queues and tables are still up. To reach them:',
      ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
      `The DLQ is ${resources.deadLetterQueueUrl}`,
      `To end them: kill ${engines.pids.join(' ')}`,
    ].join('\n'),
  );
}
