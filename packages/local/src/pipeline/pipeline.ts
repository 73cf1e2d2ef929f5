import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Resources } from '@waybill/provisioner/provision.ts';
import type { EngineClients } from '../engines/engine-clients.ts';
import type { ApiAccess } from './api-access.ts';
import type { Snapshot } from './drain.ts';
import { noSamples, type Samples } from './prometheus-text.ts';
import { type QueueContent, queueContent } from './queue-content.ts';
import {
  activityVariables,
  announcing,
  apiVariables,
  type Environment,
  inWords,
  notifierVariables,
  pollerVariables,
  processorVariables,
  ServiceProcess,
} from './service-process.ts';

/** What poller, processor and notifier had counted at the last snapshot. */
export type Counted = { readonly poller: Samples; readonly processor: Samples; readonly notifier: Samples };

export type PipelineSnapshot = Snapshot & { readonly dead: number };

/** The position, and the id through which nothing is missing; 0 while nothing is confirmed. */
export type Checkpoint = { readonly position: number; readonly watermark: number };

/** The feed that the pipeline reads. */
export type UpstreamFeed = {
  readonly url: string;
  /** Variables of the poller that depend on the feed. */
  readonly variables: Environment;
  /** `ANNOUNCE_MAX_AGE_HOURS` of its milestones. */
  readonly announceMaxAgeHours: number;
  /** Whether a poller that is now at this position has read everything. */
  isAtEnd(position: number): boolean | Promise<boolean>;
};

export type PipelineOptions = {
  readonly clients: EngineClients;
  readonly resources: Resources;
  readonly feed: UpstreamFeed;
  readonly api: ApiAccess;
  /** How notifier and API reach the webhook's receiver. */
  readonly webhook: Environment;
  /** The processes' environment, except for what this file sets. */
  readonly env: Environment;
};

/** `FEED` of all processes. */
export const feedName = 'scan-events';
/** Seconds. A stop waits for the long poll in flight and must have 10 s more. */
const receiveWaitSeconds = 1;
const stopTimeoutSeconds = 15;
/** Milliseconds that a process has to stop after another one has failed. */
const failureGraceMs = 3_000;

/** Poller, processor, notifier and API as production runs them, seen from outside: through their endpoints, queues and tables. */
export class Pipeline {
  readonly poller: ServiceProcess;
  readonly processor: ServiceProcess;
  readonly notifier: ServiceProcess;
  readonly api: ServiceProcess;
  readonly #options: PipelineOptions;
  #counted: Counted = { poller: noSamples, processor: noSamples, notifier: noSamples };

  constructor(options: PipelineOptions) {
    const { resources, feed, api, webhook, env } = options;
    const common = {
      ...env,
      ...activityVariables(resources),
      LOG_LEVEL: 'warn',
      STOP_TIMEOUT_SECONDS: String(stopTimeoutSeconds),
      FEED: feedName,
    };
    this.#options = options;
    this.processor = new ServiceProcess('processor', {
      ...common,
      ...processorVariables(resources),
      ...announcing(resources, feed.announceMaxAgeHours),
      RECEIVE_WAIT_SECONDS: String(receiveWaitSeconds),
    });
    this.notifier = new ServiceProcess('notifier', {
      ...common,
      ...notifierVariables(resources),
      ...webhook,
      RECEIVE_WAIT_SECONDS: String(receiveWaitSeconds),
    });
    this.poller = new ServiceProcess('poller', {
      ...common,
      ...pollerVariables(resources, feed.url),
      ...feed.variables,
    });
    this.api = new ServiceProcess('api', {
      ...common,
      ...apiVariables(resources),
      ...api.variables,
      ...webhook,
    });
  }

  get counted(): Counted {
    return this.#counted;
  }

  /** Settles when one of the processes ends without being asked to. */
  get failed(): Promise<Error> {
    return Promise.race(this.#all.map((service) => service.failed));
  }

  get #all(): readonly ServiceProcess[] {
    return [this.poller, this.processor, this.notifier, this.api];
  }

  async ready(signal: AbortSignal): Promise<void> {
    await Promise.all([this.poller, this.processor, this.notifier].map((service) => service.ready({ signal })));
  }

  async snapshot(): Promise<PipelineSnapshot> {
    const { clients, resources, feed } = this.#options;
    const [queue, dead] = await Promise.all([
      queueContent(clients.sqs, resources.scanQueueUrl),
      queueContent(clients.sqs, resources.deadLetterQueueUrl),
      this.count(),
    ]);
    const position = this.#counted.poller.sum('waybill_feed_position');
    return {
      position,
      pages: this.#counted.poller.sum('waybill_feed_pages_total'),
      queue,
      dead: dead.visible + dead.inFlight,
      isAtEnd: await feed.isAtEnd(position),
    };
  }

  /** The queue of announcements. */
  async announcements(): Promise<QueueContent> {
    return await queueContent(this.#options.clients.sqs, this.#options.resources.announcementQueueUrl);
  }

  /** As the checkpoints table has it. */
  async checkpoint(): Promise<Checkpoint> {
    const { clients, resources } = this.#options;
    const { Item } = await clients.dynamodb.send(
      new GetItemCommand({
        TableName: resources.checkpointsTable,
        Key: { feed: { S: feedName } },
        ConsistentRead: true,
      }),
    );
    return { position: Number(Item?.['lastEventId']?.N ?? 0), watermark: Number(Item?.['watermark']?.N ?? 0) };
  }

  async stopPoller(): Promise<void> {
    await this.count();
    await stopOrderly(this.poller);
  }

  /** Stops the API, then the processor and the notifier. What they do after {@link count} is not counted. */
  async stopOthers(): Promise<void> {
    await stopOrderly(this.api);
    await stopOrderly(this.processor);
    await stopOrderly(this.notifier);
  }

  /**
   * Stops all at once, as after Ctrl-C: they settle or hand back what they hold. Once `hurry` aborts they are killed.
   */
  async stop(hurry: AbortSignal): Promise<void> {
    const kill = () => this.#all.forEach((service) => void service.kill('SIGKILL'));
    hurry.addEventListener('abort', kill, { once: true });
    if (hurry.aborted) kill();
    await this.count();
    await Promise.all(this.#all.map((service) => service.stop()));
    hurry.removeEventListener('abort', kill);
  }

  /** Ends all, in whatever state they are. */
  async end(): Promise<void> {
    await this.stop(AbortSignal.timeout(failureGraceMs));
  }

  /** Reads what they count. A process that is ending or busy keeps the counts of the last snapshot. */
  async count(): Promise<void> {
    const read = (name: keyof Counted) => {
      const { [name]: service } = this;
      const before = this.#counted[name];
      return service.isRunning ? service.metrics().catch(() => before) : before;
    };
    const [poller, processor, notifier] = await Promise.all([read('poller'), read('processor'), read('notifier')]);
    this.#counted = { poller, processor, notifier };
  }
}

async function stopOrderly(service: ServiceProcess): Promise<void> {
  const ending = await service.stop();
  if (ending.code !== 0) {
    const lines = service.log().slice(-5).join('\n');
    throw new Error(`The ${service.name} was asked to stop and ended ${inWords(ending)}.\n${lines}`);
  }
}
