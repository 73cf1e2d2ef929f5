import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { type FeedShares, instantsUpTo, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { realisticFaults } from '@waybill/carrier/scan-api-faults.ts';
import { type ScanApi, type ScanApiOptions, startScanApi } from '@waybill/carrier/scan-api-server.ts';
import type { EngineClients } from '@waybill/local/engines/engine-clients.ts';
import type { Place } from '@waybill/local/engines/place.ts';
import { freePort } from '@waybill/local/free-port.ts';
import { readDeadLetters, readFailureRecords } from '@waybill/local/outcome/dead-letters.ts';
import { readStoredParcels } from '@waybill/local/outcome/stored-parcels.ts';
import { judge, type Verdict } from '@waybill/local/outcome/verdict.ts';
import { type ApiAccess, apiAccess } from '@waybill/local/pipeline/api-access.ts';
import { untilDrained } from '@waybill/local/pipeline/drain.ts';
import { type QueueContent, queueContent } from '@waybill/local/pipeline/queue-content.ts';
import {
  announcing,
  apiVariables,
  type Environment,
  notifierVariables,
  pollerVariables,
  processorVariables,
  receiverVariables,
  type ServiceName,
  ServiceProcess,
} from '@waybill/local/pipeline/service-process.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '@waybill/local/receiver/receiver.ts';
import { type ProvisionOptions, provision, type Resources } from '@waybill/provisioner/provision.ts';
import { expect, type TestContext } from 'vitest';
import { processSecrets } from '../../packages/shared/test/planted.ts';
import { leaksIn } from '../../packages/shared/test/planted-secrets.ts';
import { usePlace } from '../engines/place-under-test.ts';
import { type EngineProxy, startProxy } from './engine-proxy.ts';
import { type RedriveWay, redrive } from './redrive.ts';

let deployments = 0;

/** More lines than any process of a test writes: each of them is searched for secrets. */
const allLines = 100_000;

/** A person's id, as the simulated carrier writes it. */
const userId = /\b(NC|PH|CP|NW)1\d{3}\b/;

export type RigOptions = {
  /** Elements of the simulated feed. */
  readonly events?: number;
  readonly seed?: number;
  /** How often something is out of the ordinary in it. */
  readonly shares?: Partial<FeedShares>;
  readonly api?: Partial<ScanApiOptions>;
  readonly queue?: ProvisionOptions['queue'];
  /** Existing queues and tables; new ones by default. */
  readonly resources?: Resources;
  /** Whether what its processes run counts as covered; it slows them down. False by default. */
  readonly isCovered?: boolean;
};

/** A deployment of its own on the file's engines, with a feed to read and processes that end with the test. */
export class Rig {
  readonly resources: Resources;
  readonly api: ScanApi;
  readonly clients: EngineClients;
  readonly #place: Place;
  readonly #isCovered: boolean;
  readonly #services: ServiceProcess[] = [];
  readonly #proxies: EngineProxy[] = [];
  readonly #receivers: Receiver[] = [];

  private constructor(place: Place, resources: Resources, api: ScanApi, isCovered: boolean) {
    this.#isCovered = isCovered;
    this.#place = place;
    this.clients = place.clients;
    this.resources = resources;
    this.api = api;
  }

  static async open(place: Place, options: RigOptions = {}): Promise<Rig> {
    const { events = 0, seed = 11, shares = {}, api, queue, isCovered = false } = options;
    const prefix = `e2e-${process.pid}-${Date.now().toString(36)}-${++deployments}-`;
    const resources = options.resources ?? (await provision({ ...place.clients, prefix, ...(queue && { queue }) }));
    const instantOf = instantsUpTo(Date.now(), events);
    const feed = new HeldFeed(
      simulateFeed({ seed, shares, activeParcels: Math.max(5, events / 10), instantOf }),
      events,
    );
    return new Rig(place, resources, await startScanApi({ feed, seed, faults: realisticFaults, ...api }), isCovered);
  }

  /** A poller with short waits; `more` outranks them. */
  poller(more: Environment = {}): ServiceProcess {
    return this.#start('poller', {
      ...pollerVariables(this.resources, `${this.api.url}?key=${processSecrets.queryKey}`),
      SCAN_API_TOKEN: processSecrets.token,
      SCAN_API_REQUESTS_PER_SECOND: '1000',
      POLL_INTERVAL_MS: '100',
      ...more,
    });
  }

  processor(more: Environment = {}): ServiceProcess {
    return this.#start('processor', { ...processorVariables(this.resources), RECEIVE_WAIT_SECONDS: '1', ...more });
  }

  /** A processor that announces to the rig's notifiers. */
  announcer(more: Environment = {}): ServiceProcess {
    return this.processor({ ...announcing(this.resources, 72), ...more });
  }

  /** A notifier that tells this receiver, with the one planted secret. */
  notifier(receiver: Receiver, more: Environment = {}): ServiceProcess {
    return this.#start('notifier', {
      ...notifierVariables(this.resources),
      ...receiverVariables(receiver.url, processSecrets.webhookSecret),
      WEBHOOK_TIMEOUT_MS: '1000',
      RECEIVE_WAIT_SECONDS: '1',
      ...more,
    });
  }

  /** A receiver that knows the planted secret. */
  async receiver(options: Partial<ReceiverOptions> = {}): Promise<Receiver> {
    const receiver = await startReceiver({ secrets: [processSecrets.webhookSecret], ...options });
    this.#receivers.push(receiver);
    return receiver;
  }

  /** An API on a free port, and how it is reached. */
  async webApi(more: Environment = {}): Promise<{ readonly service: ServiceProcess; readonly access: ApiAccess }> {
    const access = apiAccess(await freePort(), Buffer.from(processSecrets.token));
    const service = this.#start('api', { ...apiVariables(this.resources), ...access.variables, ...more });
    return { service, access };
  }

  #start(name: ServiceName, more: Environment): ServiceProcess {
    const env = {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...this.#place.env,
      AWS_SECRET_ACCESS_KEY: processSecrets.awsSecret,
      AWS_SESSION_TOKEN: processSecrets.awsSession,
      STOP_TIMEOUT_SECONDS: '15',
      ...(this.#isCovered ? {} : { NODE_V8_COVERAGE: '' }),
      ...more,
    };
    const service = new ServiceProcess(name, env, allLines);
    this.#services.push(service);
    return service;
  }

  async proxy(engine: 'SQS' | 'DYNAMODB', begin?: 'open' | 'cut' | 'silence'): Promise<EngineProxy> {
    const proxy = await startProxy(this.#place.env[`AWS_ENDPOINT_URL_${engine}`] ?? '', begin);
    this.#proxies.push(proxy);
    return proxy;
  }

  queue(): Promise<QueueContent> {
    return queueContent(this.clients.sqs, this.resources.scanQueueUrl);
  }

  async isQueueEmpty(): Promise<boolean> {
    const { visible, inFlight } = await this.queue();
    return visible + inFlight === 0;
  }

  /** Announcements, waiting and in hand. */
  announcements(): Promise<QueueContent> {
    return queueContent(this.clients.sqs, this.resources.announcementQueueUrl);
  }

  async isAllTold(): Promise<boolean> {
    const { visible, inFlight } = await this.announcements();
    return visible + inFlight === 0;
  }

  deadAnnouncements() {
    return readDeadLetters(this.clients.sqs, this.resources.announcementDeadLetterQueueUrl);
  }

  /** The item in the checkpoints table. */
  async checkpoint(): Promise<{ lastEventId: number; holder: string | undefined; token: number }> {
    const { Item = {} } = await this.clients.dynamodb.send(
      new GetItemCommand({
        TableName: this.resources.checkpointsTable,
        Key: { feed: { S: 'scan-events' } },
        ConsistentRead: true,
      }),
    );
    return {
      lastEventId: Number(Item['lastEventId']?.N ?? 0),
      holder: Item['leaseHolder']?.S,
      token: Number(Item['fencingToken']?.N ?? 0),
    };
  }

  /** Puts bodies on the scan queue. */
  async send(bodies: readonly string[]): Promise<void> {
    const { sqs } = this.clients;
    for (const MessageBody of bodies) {
      await sqs.send(new SendMessageCommand({ QueueUrl: this.resources.scanQueueUrl, MessageBody }));
    }
  }

  /** Moves every message of the DLQ, or of the one of announcements, back to its queue, as the console does. */
  async redrive(what: 'scans' | 'announcements' = 'scans'): Promise<RedriveWay> {
    const { scanQueueUrl, deadLetterQueueUrl, announcementQueueUrl, announcementDeadLetterQueueUrl } = this.resources;
    const way = await redrive(
      this.clients.sqs,
      what === 'scans'
        ? { queueUrl: scanQueueUrl, deadLetterQueueUrl }
        : { queueUrl: announcementQueueUrl, deadLetterQueueUrl: announcementDeadLetterQueueUrl },
    );
    console.info(`Redrive on ${this.#place.env['AWS_ENDPOINT_URL_SQS']}: ${way}`);
    return way;
  }

  storedParcels() {
    return readStoredParcels(this.clients.dynamodb, this.resources.parcelsTable);
  }

  failures() {
    return readFailureRecords(this.clients.dynamodb, this.resources.failuresTable);
  }

  deadLetters() {
    return readDeadLetters(this.clients.sqs, this.resources.deadLetterQueueUrl);
  }

  /** Until this poller has nothing more to read and the queue is empty. */
  async drained(poller: ServiceProcess): Promise<void> {
    const failed = Promise.race(this.#services.map((service) => service.failed)).then((error) => {
      throw error;
    });
    const drained = untilDrained({
      everyMs: 100,
      signal: AbortSignal.timeout(60_000),
      snapshot: async () => {
        const samples = await poller.metrics();
        const position = samples.sum('waybill_feed_position');
        return {
          position,
          pages: samples.sum('waybill_feed_pages_total'),
          queue: await this.queue(),
          isAtEnd: this.api.feed.isWhollyMade && position >= this.api.feed.lastEventId(),
        };
      },
    });
    await Promise.race([drained, failed]);
  }

  /** The elements of the feed that a reader had a chance to see. */
  owed(): unknown[] {
    return [...this.api.feed.elements()]
      .filter(({ late }) => late === undefined || late === 'served')
      .map(({ element }) => element);
  }

  /** Compares every parcel, failure record and dead letter with the feed. */
  async verdict(): Promise<Verdict> {
    return judge(
      { elements: this.owed() },
      {
        parcels: await this.storedParcels(),
        failures: await this.failures(),
        deadLetters: await this.deadLetters(),
      },
    );
  }

  /** Ends every process that is left, orderly if possible: only then does its coverage count. */
  async close(): Promise<void> {
    for (const proxy of this.#proxies) proxy.open();
    await Promise.all(
      this.#services.map(async (service) => {
        service.kill('SIGCONT');
        const late = setTimeout(() => service.kill('SIGKILL'), 20_000);
        await service.stop();
        clearTimeout(late);
      }),
    );
    await Promise.all([this.api, ...this.#proxies, ...this.#receivers].map((each) => each.stop()));
    for (const service of this.#services) {
      expect(leaksIn(service.log(), Object.values(processSecrets))).toEqual([]);
      expect(service.log().filter((line) => userId.test(line))).toEqual([]);
    }
  }
}

/** Whether the process holds the lease, says so, and responds. */
export async function holdsLease(poller: ServiceProcess): Promise<boolean> {
  const samples = await poller.metrics();
  return samples.sum('waybill_poller_lease') === 1;
}

/**
 * Engines for the test file that calls it. Returns a function that opens a rig on them, which ends with the given test.
 */
export function rigs(
  ofAll: Pick<RigOptions, 'isCovered'> = {},
): (test: Pick<TestContext, 'onTestFinished'>, options?: RigOptions) => Promise<Rig> {
  const place = usePlace();
  return async ({ onTestFinished }, options) => {
    const rig = await Rig.open(place(), { ...ofAll, ...options });
    onTestFinished(() => rig.close());
    return rig;
  };
}

/** A good verdict: what is wrong shows in the difference from it. */
export function expectGood(verdict: Verdict): void {
  expect({ ...verdict, events: 0, historyEvents: 0, parcels: 0, malformed: 0, malformedOf: undefined }).toEqual({
    isGood: true,
    events: 0,
    historyEvents: 0,
    parcels: 0,
    malformed: 0,
    differences: [],
    withoutFailure: [],
    withoutDeadLetter: [],
    wronglyDead: [],
  });
}

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
