import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import type { StopSignals } from '@waybill/shared/process/stop-signals.ts';
import { shownUrl } from '@waybill/shared/shown-url.ts';
import type { StartOptions } from './config.ts';
import { type EngineClients, openClients } from './engines/engine-clients.ts';
import { type Engines, startEngines } from './engines/engines.ts';
import { type FeedSource, livePerSecond, openRealFeed, openSimulatedFeed } from './feed-source.ts';
import { freePort } from './free-port.ts';
import { keep } from './keep.ts';
import { lookAtFeed } from './look-at-feed.ts';
import { orFailed } from './or-failed.ts';
import { sendPacks } from './other-producer.ts';
import { apiSample, checkApi } from './outcome/api-check.ts';
import { readDeadLetters, readFailureRecords } from './outcome/dead-letters.ts';
import { readStoredParcels } from './outcome/stored-parcels.ts';
import { judge, reasonsOf } from './outcome/verdict.ts';
import { type OwnWebhook, openOwnWebhook } from './own-webhook.ts';
import { type ApiAccess, apiAccess, apiLines, tokenBytes } from './pipeline/api-access.ts';
import { DrainWatch, untilEmpty } from './pipeline/drain.ts';
import { type Checkpoint, feedName, Pipeline } from './pipeline/pipeline.ts';
import { queueContent } from './pipeline/queue-content.ts';
import type { Environment } from './pipeline/service-process.ts';
import type { ProgressDisplay } from './progress.ts';
import { type Compared, type Facts, factsOf, notCompared } from './run-facts.ts';
import { RunWatch } from './run-watch.ts';
import { type LiveTrouble, openTrouble } from './trouble/live-trouble.ts';

export type RunDependencies = {
  readonly display: ProgressDisplay;
  readonly stops: StopSignals;
  /** Passed on to the processes. */
  readonly env: Environment;
  readonly nodeVersion: string;
  /** Called once, with what the run found, complete or interrupted. */
  readonly report: (facts: Facts) => void;
};

/** Milliseconds that the API may take until it is ready: it loads more than the others, beside them. */
const apiStartLimitMs = 60_000;

/** Starts everything, follows it to its end and reports what it found. Returns the exit code. */
export async function runLocally(options: StartOptions, deps: RunDependencies): Promise<number> {
  const { display, stops, nodeVersion } = deps;
  display.say(`Node ${nodeVersion}, ${originOf(options)}\n`);
  if (options.scanApi) {
    const { canStart, lines } = await lookAtFeed(options.scanApi, systemClock, stops.first);
    if (stops.first.aborted) return stops.exitCode();
    display.say(lines.join('\n'));
    if (!canStart) return 1;
  }
  const engines = await startEngines({ signal: stops.first });
  const clients = openClients(engines.env);
  let resources: Resources | undefined;
  const api = apiAccess(await freePort(), randomBytes(tokenBytes));
  const webhook = await openOwnWebhook(options.seed);
  const env = { ...deps.env, ...engines.env };
  try {
    resources = await provision({ ...clients, signal: stops.first });
    return await orFailed(
      engines.failed,
      runOnEngines(options, deps, { engines, env, clients, resources, api, webhook }),
    );
  } finally {
    clients.close();
    await webhook.receiver.stop();
    if (options.keep && resources) await keep({ engines, resources, api, webhook, feed: options, env, display });
    else await engines.stop();
  }
}

function originOf({ scanApi, seed, events }: StartOptions): string {
  if (scanApi) return `feed ${shownUrl(scanApi.url)}`;
  return `seed ${seed}. To repeat this run:\n  npm start -- --events ${events} --seed ${seed}`;
}

type OpenEngines = {
  readonly engines: Engines;
  /** Of the processes. */
  readonly env: Environment;
  readonly clients: EngineClients;
  readonly resources: Resources;
  readonly api: ApiAccess;
  readonly webhook: OwnWebhook;
};

async function runOnEngines(options: StartOptions, deps: RunDependencies, open: OpenEngines): Promise<number> {
  const source = options.scanApi ? openRealFeed(options.scanApi) : await openSimulatedFeed(options, Date.now());
  const pipeline = new Pipeline({ ...open, webhook: open.webhook.variables, feed: source });
  try {
    const run = new LocalRun(options, deps, open, source, pipeline);
    return await orFailed(pipeline.failed, run.toItsEnd());
  } finally {
    deps.display.clear();
    await pipeline.end();
    await source.stop();
  }
}

class LocalRun {
  readonly #options: StartOptions;
  readonly #deps: RunDependencies;
  readonly #open: OpenEngines;
  readonly #source: FeedSource;
  readonly #pipeline: Pipeline;
  readonly #watch: RunWatch;
  /** While the feed is live. */
  #trouble: LiveTrouble | undefined;

  constructor(options: StartOptions, deps: RunDependencies, open: OpenEngines, source: FeedSource, pipeline: Pipeline) {
    this.#options = options;
    this.#deps = deps;
    this.#open = open;
    this.#source = source;
    this.#pipeline = pipeline;
    this.#watch = new RunWatch(source, pipeline, open.webhook.receiver, deps.display);
  }

  async toItsEnd(): Promise<number> {
    const { stops, display } = this.#deps;
    const { live } = this.#options;
    // Under --live the first Ctrl-C is the normal end: what was read is still stored and compared.
    const interrupted = live ? stops.second : stops.first;
    const hurry = live ? stops.third : stops.second;
    try {
      await this.#follow(interrupted);
      const facts = await this.#compare(interrupted);
      this.#deps.report(facts);
      return facts.verdict?.isGood ? 0 : 1;
    } catch (error) {
      if (!interrupted.aborted) throw error;
      display.say('interrupted: poller, processor and notifier settle what they hold');
      await this.#pipeline.stop(hurry);
      this.#deps.report(this.#facts(await this.#pipeline.checkpoint(), notCompared));
      return stops.exitCode();
    } finally {
      await this.#trouble?.stop();
    }
  }

  /** Until the feed is drained; under `--live` until the first Ctrl-C. */
  async #follow(interrupted: AbortSignal): Promise<void> {
    const { stops, display } = this.#deps;
    const { clients, resources } = this.#open;
    const answering = this.#announceApi(interrupted);
    // Awaited below; until then a failure must not count as unhandled.
    answering.catch(() => undefined);
    await this.#pipeline.ready(interrupted);
    await sendPacks(clients.sqs, resources.scanQueueUrl, this.#source.packs);
    const { live } = this.#options;
    if (live) {
      await this.#feedUntil(stops.first, interrupted);
      await answering;
      await this.#trouble?.stop();
      display.say('draining; Ctrl-C again to stop at once');
      // A real feed may never be idle: it is compared as far as it was read.
      if (!this.#source.simulated) return;
    }
    const drain = new DrainWatch();
    while (!drain.isDrained(await this.#watch.snapshot())) {
      await delay(display.everyMs, undefined, { signal: interrupted });
    }
    await answering;
  }

  /** Says how the API is reached once it is ready. The feed is not kept waiting for it. */
  async #announceApi(signal: AbortSignal): Promise<void> {
    await this.#pipeline.api.ready({ limitMs: apiStartLimitMs, signal });
    const { display, env } = this.#deps;
    const { engines, resources, api, webhook } = this.#open;
    display.say(apiLines(api).join('\n'));
    if (!this.#options.live) return;
    display.say('It is live: the page moves with it. Ctrl-C ends it, with a verdict.');
    const { simulated } = this.#source;
    if (!simulated) return;
    this.#trouble = await openTrouble({
      ...{ carrier: simulated, release: simulated.release, engines, receiver: webhook.receiver, api, env },
      parcelsTable: resources.parcelsTable,
      announcements: () => this.#pipeline.announcements(),
      say: (line) => display.say(line),
    });
  }

  async #feedUntil(enough: AbortSignal, interrupted: AbortSignal): Promise<void> {
    let fedAt = performance.now();
    while (!enough.aborted) {
      const due = Math.floor(((performance.now() - fedAt) / 1_000) * livePerSecond);
      fedAt += (due / livePerSecond) * 1_000;
      this.#source.simulated?.feed.append(due);
      await this.#watch.snapshot();
      await delay(this.#deps.display.everyMs, undefined, { signal: enough }).catch(() => undefined);
    }
    interrupted.throwIfAborted();
  }

  /**
   * Stops the poller, compares what is stored and told with the feed, then asks the API: what is pushed to it must not mend
   * what is compared, nor be counted.
   */
  async #compare(signal: AbortSignal): Promise<Facts> {
    const { clients, resources, api, webhook } = this.#open;
    const { kept } = this.#options;
    await this.#pipeline.stopPoller();
    await untilEmpty(() => queueContent(clients.sqs, resources.scanQueueUrl), signal);
    // A message is settled after its announcements are confirmed: from now on they only become fewer.
    await untilEmpty(() => this.#pipeline.announcements(), signal);
    await this.#pipeline.count();
    this.#deps.display.say('drained, and all is told; comparing every parcel with the feed');
    const checkpoint = await this.#pipeline.checkpoint();
    const truth = { ...(await this.#source.truth(checkpoint.position, signal)), kept };
    const mirror = {
      parcels: await readStoredParcels(clients.dynamodb, resources.parcelsTable, signal),
      failures: await readFailureRecords(clients.dynamodb, resources.failuresTable, signal),
      deadLetters: await readDeadLetters(clients.sqs, resources.deadLetterQueueUrl, signal),
      heard: { feed: feedName, told: webhook.receiver.told(), counts: webhook.receiver.counts() },
    };
    const sample = apiSample(truth.elements);
    const asked = sample && (await checkApi(api, sample, kept, signal));
    await this.#pipeline.stopOthers();
    return this.#facts(checkpoint, {
      missedIds: truth.missedIds,
      deadLetters: reasonsOf(mirror),
      failures: mirror.failures.length,
      verdict: judge(truth, mirror, asked),
    });
  }

  #facts(checkpoint: Checkpoint, compared: Compared): Facts {
    return factsOf({
      node: this.#deps.nodeVersion,
      seed: this.#options.seed,
      seconds: this.#watch.seconds,
      source: this.#source,
      receiver: this.#open.webhook.receiver,
      counted: this.#pipeline.counted,
      checkpoint,
      compared,
    });
  }
}
