import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { randomOf } from '@waybill/carrier/feed/random.ts';
import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { dollarsOf } from '@waybill/local/cost.ts';
import { readConfig as readPollerConfig } from '@waybill/poller/config.ts';
import { createPoller } from '@waybill/poller/poller.ts';
import { processorVariables, readConfig as readProcessorConfig } from '@waybill/processor/config.ts';
import { createProcessor } from '@waybill/processor/processor.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { countBilled, countedConsumer, countedSender } from '@waybill/shared/telemetry/queue-meter.ts';
import { imageHeapBytes } from '../../packages/consumer/test/image-heap.ts';
import { measured } from '../../packages/poller/test/observed.ts';
import { VirtualTime } from '../simulator/virtual-time.ts';
import { CountedPorts, type Counts } from './counted-ports.ts';
import { dollars, type Figures } from './figures.ts';

/** Everything in the feed follows from it. */
export const seed = 41;

type ScenarioOptions = {
  readonly events: number;
  /** Undefined: all of them are on the queue before the processor starts. */
  readonly perSecond: number | undefined;
  readonly feed: { readonly fewestStatuses?: number; readonly activeParcels?: number; readonly firstEventId?: number };
  /** Milestones are announced to one queue, of any age. */
  readonly isAnnounced?: boolean;
};

/** What is counted of one poller and one processor at their default settings. */
export const scenarios = {
  /** Everything is on the queue before the processor starts: as much is folded as there is to fold. */
  'catching up': { events: 40_000, perSecond: undefined, feed: {} },
  /** Events come steadily and are stored as they come: hardly anything is folded. */
  'keeping up': { events: 20_000, perSecond: 100, feed: {} },
  /** The same with long journeys, of which as many are under way as gives 12 scans to a parcel, and with ids as long as after years. */
  'keeping up with 12 scans a parcel': {
    events: 20_000,
    perSecond: 100,
    feed: { fewestStatuses: 9, activeParcels: 500, firstEventId: 900_000_000 },
  },
  'catching up, milestones announced': { events: 40_000, perSecond: undefined, feed: {}, isAnnounced: true },
  'keeping up, milestones announced': { events: 20_000, perSecond: 100, feed: {}, isAnnounced: true },
} as const satisfies Readonly<Record<string, ScenarioOptions>>;
export type Scenario = keyof typeof scenarios;

/** The figure of the parcels table's writes. */
export const unitsOfParcels = 'write units of parcels';

export type CountedRun = {
  readonly events: number;
  readonly counts: Counts;
  readonly perMillion: Figures;
  /** SQS requests as the processes themselves counted them. */
  readonly metered: number;
};

const silent = createLogger({ service: 'counted', level: 'silent', pretty: false });
/** Scans kept with each parcel. */
const historyByDefault = processorVariables.HISTORY_EVENTS.parse(undefined);
/** Milliseconds between two moments at which a steady feed grows. */
const growsEveryMs = 50;
/** Steps of virtual time after which a run hangs: a hundred times what it takes. */
const mostSteps = 5_000_000;

/**
 * Runs poller and processor over ports in memory until every event is stored, in virtual time: what is counted depends
 * on nothing but the code, the seed and the scenario.
 */
export async function countedRun(scenario: Scenario, historyEvents = historyByDefault): Promise<CountedRun> {
  const time = VirtualTime.install();
  try {
    return await run(scenario, historyEvents, time);
  } finally {
    time.uninstall();
  }
}

async function run(scenario: Scenario, historyEvents: number, time: VirtualTime): Promise<CountedRun> {
  const { events, perSecond, feed: journeys, isAnnounced }: ScenarioOptions = scenarios[scenario];
  // Gaps and late ids cost something, too; what is malformed would be another matter.
  const shares = { gaps: 0.02, late: 0.0005, bad: 0, twins: 0, wild: 0, odd: 0 };
  const feed = new HeldFeed(simulateFeed({ ...journeys, seed, shares }), perSecond === undefined ? events : 0);
  const ports = new CountedPorts(historyEvents);
  const { metrics, value } = measured();
  const poller = pollerOver(ports, feed, metrics);
  const processor = processorOver(ports, metrics, isAnnounced);
  const until = async (isReached: () => boolean) => {
    while (!isReached()) {
      if (time.steps > mostSteps) throw new Error(`${scenario}: not done after ${mostSteps} steps of virtual time`);
      await time.step();
    }
  };
  const isRead = () => feed.size === events && ports.position === feed.lastEventId();
  poller.start();
  if (perSecond === undefined) await until(isRead);
  else grow(feed, events, perSecond, time);
  processor.start();
  await until(() => isRead() && ports.isQueueEmpty);
  const { counts } = ports;
  const stored = value('waybill.processor.events') ?? 0;
  const read = value('waybill.feed.events') ?? 0;
  if (stored < read || ports.storedParcels === 0)
    throw new Error(`${scenario}: ${stored} of ${read} events are stored`);
  return { events: read, counts, perMillion: perMillionOf(counts, read), metered: value('waybill.queue.billed') ?? 0 };
}

/** Makes elements appear until `events` are there. */
function grow(feed: HeldFeed, events: number, perSecond: number, time: VirtualTime): void {
  time.after(growsEveryMs, () => {
    feed.append(Math.min((perSecond * growsEveryMs) / 1_000, events - feed.size));
    if (feed.size < events) grow(feed, events, perSecond, time);
  });
}

const anywhere = 'http://127.0.0.1:9/';

function pollerOver(ports: CountedPorts, feed: HeldFeed, metrics: ReturnType<typeof measured>['metrics']) {
  const { settings } = readPollerConfig({
    AWS_REGION: 'us-east-1',
    SCAN_API_URL: anywhere,
    SCAN_QUEUE_URL: anywhere,
    CHECKPOINTS_TABLE: 'checkpoints',
  });
  const queue = countedSender(ports.queue(), metrics, 'scans');
  const checkpoints = ports.checkpoints();
  return createPoller({
    settings,
    heapBytes: imageHeapBytes,
    log: silent,
    clock: systemClock,
    random: randomOf(seed, 'poller').next,
    metrics,
    feed: ports.feed(feed),
    queue,
    checkpoints,
    checkTables: async () => {},
    probes: { sqs: () => queue.depth(), dynamodb: () => checkpoints.read() },
  });
}

function processorOver(ports: CountedPorts, metrics: ReturnType<typeof measured>['metrics'], isAnnounced = false) {
  const { settings } = readProcessorConfig({
    AWS_REGION: 'us-east-1',
    SCAN_QUEUE_URL: anywhere,
    PARCELS_TABLE: 'parcels',
    FAILURES_TABLE: 'failures',
  });
  const queue = countedConsumer(ports.queue(), metrics, 'scans');
  return createProcessor({
    settings,
    heapBytes: imageHeapBytes,
    log: silent,
    clock: systemClock,
    random: randomOf(seed, 'processor').next,
    metrics,
    queue,
    countDeadLetters: ports.deadLetters(() => countBilled(metrics, 'GetQueueAttributes')),
    parcels: ports.parcels(metrics),
    ...(isAnnounced && {
      announcements: {
        queues: [{ name: 'announcements', sender: countedSender(ports.announcements(), metrics, 'announcements') }],
        maxAgeMs: undefined,
      },
    }),
    failures: ports.failures(),
    checkTables: async () => {},
    probes: { sqs: () => queue.depth(), dynamodb: () => ports.probeParcels() },
  });
}

function perMillionOf({ requests, writeUnits, indexUnits, readUnits }: Counts, events: number): Figures {
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const consumed = { sqsRequests: sum(requests), writeUnits: sum(writeUnits), readUnits };
  const figures = {
    ...requests,
    'SQS requests': consumed.sqsRequests,
    ...Object.fromEntries(Object.entries(writeUnits).map(([table, units]) => [`write units of ${table}`, units])),
    'write units': consumed.writeUnits,
    'write units of an index of the open parcels, not in the sum': indexUnits,
    'read units': consumed.readUnits,
    [dollars]: dollarsOf(consumed),
  };
  const rounded = (perMillion: number) => Number(perMillion.toPrecision(6));
  return Object.fromEntries(
    Object.entries(figures)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => [name, rounded((count / events) * 1e6)]),
  );
}
