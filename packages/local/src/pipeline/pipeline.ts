import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Resources } from '@waybill/provisioner/provision.ts';
import type { EngineClients } from '../engines/engine-clients.ts';
import type { FeedSource } from '../feed-source.ts';
import type { Look } from './drain.ts';
import { noSamples, type Samples } from './prometheus-text.ts';
import { queueContent } from './queue-depth.ts';
import { type Environment, inWords, pollerVariables, processorVariables, ServiceProcess } from './service-process.ts';

/** What was counted by both processes up to the last look. */
export type Counted = { readonly poller: Samples; readonly processor: Samples };

export type PipelineOptions = {
  readonly clients: EngineClients;
  readonly resources: Resources;
  readonly source: FeedSource;
  /** What both processes find in their environment, besides what this file sets. */
  readonly env: Environment;
};

const feed = 'scan-events';
/** Seconds: a stop waits for the long poll in flight, and must have 10 s more. */
const receiveWaitSeconds = 1;
const stopTimeoutSeconds = 15;
/** Milliseconds after which a process that should end because another failed is ended. */
const failureGraceMs = 3_000;

/** A poller and a processor as production runs them, seen from outside: by their endpoints, the queues and the tables. */
export class Pipeline {
  readonly poller: ServiceProcess;
  readonly processor: ServiceProcess;
  readonly #options: PipelineOptions;
  #counted: Counted = { poller: noSamples, processor: noSamples };

  constructor(options: PipelineOptions) {
    const { resources, source, env } = options;
    const common = { ...env, LOG_LEVEL: 'warn', STOP_TIMEOUT_SECONDS: String(stopTimeoutSeconds) };
    this.#options = options;
    this.processor = new ServiceProcess('processor', {
      ...common,
      ...processorVariables(resources),
      RECEIVE_WAIT_SECONDS: String(receiveWaitSeconds),
    });
    this.poller = new ServiceProcess('poller', {
      ...common,
      ...pollerVariables(resources, source.url),
      ...source.variables,
      FEED: feed,
    });
  }

  get counted(): Counted {
    return this.#counted;
  }

  /** Settles when one of the processes ends that nobody had asked to. */
  get failed(): Promise<Error> {
    return Promise.race([this.poller.failed, this.processor.failed]);
  }

  async ready(signal: AbortSignal): Promise<void> {
    await Promise.all([this.poller.ready({ signal }), this.processor.ready({ signal })]);
  }

  async look(): Promise<Look & { readonly dead: number }> {
    const { clients, resources, source } = this.#options;
    const [queue, dead] = await Promise.all([
      queueContent(clients.sqs, resources.scanQueueUrl),
      queueContent(clients.sqs, resources.deadLetterQueueUrl),
      this.#count(),
    ]);
    const position = this.#counted.poller.sum('waybill_feed_position');
    return {
      position,
      pages: this.#counted.poller.sum('waybill_feed_pages_total'),
      queue,
      dead: dead.visible + dead.inFlight,
      isAtEnd: source.isAtEnd(position),
    };
  }

  /** What stands in the checkpoints table: the position, and the id through which nothing is missing. 0 when nothing was confirmed yet. */
  async checkpoint(): Promise<{ readonly position: number; readonly watermark: number }> {
    const { clients, resources } = this.#options;
    const { Item } = await clients.dynamodb.send(
      new GetItemCommand({ TableName: resources.checkpointsTable, Key: { feed: { S: feed } }, ConsistentRead: true }),
    );
    return { position: Number(Item?.['lastEventId']?.N ?? 0), watermark: Number(Item?.['watermark']?.N ?? 0) };
  }

  async stopPoller(): Promise<void> {
    await this.#count();
    await stopOrderly(this.poller);
  }

  async stopProcessor(): Promise<void> {
    await this.#count();
    await stopOrderly(this.processor);
  }

  /** Both at once, as after Ctrl-C; what they hold they settle or hand back. Once `hurry` aborts they are ended. */
  async stop(hurry: AbortSignal): Promise<void> {
    const kill = () => [this.poller, this.processor].forEach((service) => void service.kill('SIGKILL'));
    hurry.addEventListener('abort', kill, { once: true });
    if (hurry.aborted) kill();
    await this.#count();
    await Promise.all([this.poller.stop(), this.processor.stop()]);
    hurry.removeEventListener('abort', kill);
  }

  /** Whatever became of them: afterwards none runs. */
  async end(): Promise<void> {
    await this.stop(AbortSignal.timeout(failureGraceMs));
  }

  /** A process that is ending, or busy, is as it was at the last look. */
  async #count(): Promise<void> {
    const { poller, processor } = this.#counted;
    const read = (service: ServiceProcess, before: Samples) =>
      service.isRunning ? service.metrics().catch(() => before) : before;
    this.#counted = { poller: await read(this.poller, poller), processor: await read(this.processor, processor) };
  }
}

async function stopOrderly(service: ServiceProcess): Promise<void> {
  const ending = await service.stop();
  if (ending.code !== 0) {
    const lines = service.log().slice(-5).join('\n');
    throw new Error(`The ${service.name} was asked to stop and ended ${inWords(ending)}.\n${lines}`);
  }
}
