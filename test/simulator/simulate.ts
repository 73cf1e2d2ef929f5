import { createNoopMeter } from '@opentelemetry/api';
import type { IngestDependencies } from '@waybill/api/ingestion/ingest.ts';
import { createPoller } from '@waybill/poller/poller.ts';
import { createProcessor } from '@waybill/processor/processor.ts';
import type { Random } from '@waybill/shared/clock.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Service } from '@waybill/shared/process/lifecycle.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { imageHeapBytes } from '../../packages/consumer/test/image-heap.ts';
import { clockSlackMs, withAnnouncements } from './announce-plan.ts';
import { AnnouncementJudge, type AnnouncePlan } from './announcement-judge.ts';
import { BatchJudge } from './batch-judge.ts';
import { type Chance, chanceOf } from './chance.ts';
import { FaultLayer } from './faults.ts';
import { Fleet } from './fleet.ts';
import { oldParcels } from './old-parcels.ts';
import { keyOf, stateAfter } from './oracle.ts';
import { ParcelJudge } from './parcel-judge.ts';
import { createApiProcess, Partners } from './partners.ts';
import { type Foreign, type Incident, type Kind, leastPatienceMs, type Plan, planOf } from './plan.ts';
import { type PushPlan, withPushes } from './push-plan.ts';
import { ReceiveJudge } from './receive-judge.ts';
import { Repairs } from './repairs.ts';
import { SimulatedBatches } from './simulated-batches.ts';
import { SimulatedCheckpoints } from './simulated-checkpoints.ts';
import { SimulatedFailureLog } from './simulated-failure-log.ts';
import { growFeed, lengthen, SimulatedFeed, spoil } from './simulated-feed.ts';
import { SimulatedParcelTable } from './simulated-parcel-table.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { type QueuedMessage, type QueueWitness, SimulatedQueue } from './simulated-queue.ts';
import { VirtualTime } from './virtual-time.ts';
import { Witness } from './witness.ts';

export type Verdict = {
  readonly seed: number;
  readonly profile: string;
  /** What was broken; empty where every promise held. */
  readonly violations: readonly string[];
  readonly steps: number;
  readonly virtualMs: number;
  /** How often what happened: that a fault was met at all must not be taken on trust. */
  readonly facts: ReadonlyMap<string, number>;
};

/** Bounds on virtual time: a message whose answer was lost after ten minutes of that, three receives with their longest returns. */
const settleWithinMs = 2_700_000;
const idleForPolls = 5;
const getsOfSearch = 30;
/** In ten minutes in which the answers of all receives are lost. */
const mostReceivesLost = 30;
/** After everything has come to rest: the longest backoff of what was given up meanwhile, and its answer. */
const lullMs = 20_000;
/** More steps than this without an end is a loop that runs hot. */
const mostSteps = 800_000;

/** Runs the whole schedule of one seed: faults, healing, a redrive, a stop. Judges all along and at the end. */
export async function simulate(
  seed: number,
  options: { readonly trace?: (line: string) => void } = {},
): Promise<Verdict> {
  const { plan, announce } = withAnnouncements(planOf(seed));
  return await run({ plan, announce }, options);
}

/** The same world with partners that push what the poller reads, too. */
export async function simulatePushed(
  seed: number,
  options: { readonly trace?: (line: string) => void } = {},
): Promise<Verdict> {
  const { plan, pushPlan } = withPushes(planOf(seed));
  return await run({ plan, pushPlan }, options);
}

/** What a world is made of: partners that push, and queues to announce to, where it has them. */
type WorldPlan = {
  readonly plan: Plan;
  readonly pushPlan?: PushPlan | undefined;
  readonly announce?: AnnouncePlan | undefined;
};

async function run(world: WorldPlan, options: { readonly trace?: (line: string) => void }): Promise<Verdict> {
  const time = VirtualTime.install();
  const simulation = new Simulation(world, time, options.trace);
  const onRejection = (error: unknown) => simulation.witness.violate(`unhandled rejection: ${String(error)}`);
  process.on('unhandledRejection', onRejection);
  try {
    await simulation.run();
  } finally {
    process.off('unhandledRejection', onRejection);
    time.uninstall();
  }
  return simulation.verdict;
}

class Simulation {
  readonly witness: Witness;
  readonly #plan: Plan;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #trace: (line: () => string) => void;
  readonly #tracing: boolean;
  readonly #faults: FaultLayer;
  readonly #queue: SimulatedQueue;
  readonly #parcels: SimulatedParcelTable;
  readonly #failures: SimulatedFailureLog;
  readonly #checkpoints: SimulatedCheckpoints;
  readonly #feed: SimulatedFeed;
  readonly #fleet: Fleet;
  readonly #judge: ReceiveJudge;
  readonly #parcelJudge: ParcelJudge;
  readonly #batches: SimulatedBatches;
  readonly #batchJudge: BatchJudge;
  readonly #partners: Partners | undefined;
  readonly #announce: AnnouncePlan | undefined;
  readonly #announced: readonly SimulatedQueue[];
  readonly #repairs: Repairs;
  readonly #metrics = createMetrics(createNoopMeter());
  /** Failure records whose messages were redriven with nothing wrong with them any more. */
  readonly #toResolve = new Set<string>();
  readonly #randoms = new Map<SimulatedProcess, Random>();

  constructor({ plan, pushPlan, announce }: WorldPlan, time: VirtualTime, trace: ((line: string) => void) | undefined) {
    this.#plan = plan;
    this.#time = time;
    this.#chance = chanceOf(plan.seed, 'incidents');
    this.#announce = announce;
    this.#tracing = trace !== undefined;
    this.#trace = (line) => trace?.(`${(time.nowMs / 1_000).toFixed(3).padStart(9)}  ${line()}`);
    const witness = new Witness(time);
    const stream = (name: string) => chanceOf(plan.seed, name);
    const faults = new FaultLayer({
      time,
      plan: plan.faults,
      chance: stream('faults'),
      crash: (process, cause) => this.#fleet.crash(process, cause),
      trace: this.#trace,
    });
    const grown = lengthen(growFeed(plan.feed, stream('feed')), plan.feed.longTexts, stream('long texts of the feed'));
    const elements = spoil(grown, plan.feed.spoilt, stream('spoilt rows'));
    const poison = stream('rejected events');
    const rejected = elements.filter(({ event }) => event && poison.happens(plan.rejected));
    this.witness = witness;
    this.#faults = faults;
    this.#feed = new SimulatedFeed({ elements, plan: plan.feed, time, chance: stream('answers'), faults, witness });
    this.#queue = new SimulatedQueue({ plan: plan.queue, time, chance: stream('queue'), faults, witness });
    this.#parcels = new SimulatedParcelTable({
      seed: plan.seed,
      rejected: new Set(rejected.map(({ position }) => position)),
      plan: plan.parcelTable,
      chance: stream('statements'),
      faults,
      witness,
    });
    this.#failures = new SimulatedFailureLog(faults, (failure) => witness.failureRecorded(failure));
    this.#checkpoints = new SimulatedCheckpoints({ faults, witness });
    this.#judge = new ReceiveJudge({ time, faults, queue: this.#queue, maxReceiveCount: plan.queue.maxReceiveCount });
    const old = oldParcels({
      share: plan.oldParcels,
      chance: stream('what an old release has left'),
      firstEventId: plan.feed.firstEventId,
      events: elements.flatMap(({ event, lone }) =>
        event && !lone && !this.#parcels.rejected.has(event.eventId) ? [event] : [],
      ),
    });
    for (const events of old.values()) {
      const state = stateAfter(events);
      if (state) this.#parcels.addOfOldRelease(state, events.length);
    }
    const { historyEvents } = plan.parcelTable;
    this.#parcelJudge = new ParcelJudge({ table: this.#parcels, historyEvents, old });
    this.#repairs = new Repairs({
      chance: stream('what is removed'),
      time,
      table: this.#parcels,
      judge: this.#parcelJudge,
      put: (body, attributes) => this.#putBody(body, attributes),
      trace: this.#trace,
      count: (fact) => witness.count(fact),
    });
    this.#batchJudge = new BatchJudge({
      batches: () => this.#batches,
      queue: () => this.#queue,
      isStored: (event) => this.#parcelJudge.isStored(event),
      isHarmed: (message) => witness.isHarmed(message),
      isUnresolved: (failureId) => this.#failures.records.get(failureId)?.resolved === false,
      violate: (what) => witness.violate(what),
      count: (fact) => witness.count(fact),
    });
    this.#batches = new SimulatedBatches({
      faults,
      written: (batch) => this.#batchJudge.written(batch),
      count: (fact) => witness.count(fact),
    });
    this.#partners =
      pushPlan &&
      new Partners({
        plan: pushPlan,
        feed: elements,
        chance: stream('partners'),
        time,
        judge: this.#batchJudge,
        apis: () => this.#fleet.serving('api'),
        ingestionOf: (process) => this.#ingestionOf(process),
        trace: this.#trace,
        violate: (what) => witness.violate(what),
        count: (fact) => witness.count(fact),
      });
    const announcements =
      announce &&
      new AnnouncementJudge({
        plan: announce,
        time,
        clockSlackMs,
        storedOf: (parcelId) => this.#parcels.parcels.get(parcelId)?.state,
        isElsewhere: (event) => witness.isElsewhere(keyOf(event)),
        violate: (what) => witness.violate(what),
        count: (fact) => witness.count(fact),
      });
    this.#announced = Array.from(
      { length: announce?.queues ?? 0 },
      (_, index) =>
        new SimulatedQueue({
          plan: plan.queue,
          time,
          chance: stream(`announcement queue ${index + 1}`),
          faults,
          witness: this.#witnessOfAnnouncements((process, body) => announcements?.announced(process, index, body)),
          engine: 'announcements',
          prefix: 'abc'.charAt(index),
        }),
    );
    witness.attach({
      announcements,
      queue: this.#queue,
      parcels: this.#parcels,
      failures: this.#failures,
      judge: this.#judge,
      parcelJudge: this.#parcelJudge,
      batchJudge: this.#batchJudge,
      feed: elements,
    });
    this.#fleet = new Fleet({
      counts: { poller: plan.pollers, processor: plan.processors, api: pushPlan?.apis ?? 0 },
      plan,
      time,
      chance: this.#chance,
      faults,
      trace: this.#trace,
      witness,
      open: (process, kind) => this.#create(process, kind),
      onCrash: (process) => {
        if (this.#feed.readsAtOnce(process)) witness.count('crashes in mid-stripe');
        if (this.#partners?.isBusy(process)) witness.count('crashes in mid-push');
      },
      onExit: (process, kind, stoppedAtMs) => {
        if (kind !== 'processor') return;
        const isHarmed = (message: QueuedMessage) => witness.isHarmed(message);
        for (const breach of this.#judge.breachesOfHandBack(process, stoppedAtMs, isHarmed)) witness.violate(breach);
      },
    });
  }

  get verdict(): Verdict {
    return {
      seed: this.#plan.seed,
      profile: this.#plan.profile,
      violations: this.witness.violations,
      steps: this.#time.steps,
      virtualMs: this.#time.nowMs,
      facts: new Map([...this.witness.facts, ...this.#faults.facts]),
    };
  }

  async run(): Promise<void> {
    this.#fleet.start();
    this.#partners?.start();
    for (const incident of this.#plan.incidents) this.#time.after(incident.atMs, () => this.#befall(incident));
    for (const repair of this.#plan.repairs) this.#time.after(repair.atMs, () => this.#repairs.begin(repair));
    const { throttledPartition } = this.#plan.parcelTable;
    if (throttledPartition?.othersAreWell)
      this.#time.after(throttledPartition.toMs - 1, () => this.#judgeOtherPartitions());
    const phases = [
      () => this.#settle('the faults'),
      () => this.#judgeSettled(),
      () => this.#idle(),
      () => this.#healAndRedrive(),
      () => this.#settle('the redrive'),
      () => this.#judgeHealed(),
      () => this.#stopAll(),
    ];
    for (const phase of phases) {
      await phase();
      if (this.witness.violations.length > 0) break;
    }
    this.#fleet.end();
  }

  /** Nobody reads these queues: what comes there is judged, and stays. */
  #witnessOfAnnouncements(announced: (process: SimulatedProcess, body: string) => void): QueueWitness {
    return {
      violate: (what) => this.witness.violate(what),
      sent: (process, { body }) => announced(process, body),
      confirmed: () => undefined,
      visibleAgain: () => undefined,
      deadLettered: () => undefined,
      deleted: () => undefined,
    };
  }

  // The processes.

  #create(process: SimulatedProcess, kind: Kind): Service {
    if (kind === 'api') return createApiProcess();
    return kind === 'poller' ? this.#createPoller(process) : this.#createProcessor(process);
  }

  #ingestionOf(process: SimulatedProcess): IngestDependencies {
    return {
      batches: this.#batches.storeFor(process),
      queue: this.#queue.senderFor(process),
      clock: process.clock,
      random: this.#randomOf(process),
      log: this.#log(process),
      metrics: this.#metrics,
    };
  }

  /** One stream for the whole life of a process: two requests that draw the same numbers would have the same id. */
  #randomOf(process: SimulatedProcess): Random {
    const random = this.#randoms.get(process) ?? chanceOf(this.#plan.seed, `random of ${process.name}`).next;
    this.#randoms.set(process, random);
    return random;
  }

  #createPoller(process: SimulatedProcess): Service {
    const { seed, poller, mostListedGaps } = this.#plan;
    return createPoller({
      settings: poller,
      heapBytes: imageHeapBytes,
      log: this.#log(process),
      clock: process.clock,
      random: chanceOf(seed, `random of ${process.name}`).next,
      metrics: this.#metrics,
      feed: this.#feed.openFor(process),
      queue: this.#queue.senderFor(process),
      checkpoints: this.#checkpoints.openFor(process),
      checkTables: async () => {},
      mostListedGaps,
      probes: {},
    });
  }

  #createProcessor(process: SimulatedProcess): Service {
    const { seed, processor } = this.#plan;
    return createProcessor({
      settings: processor,
      heapBytes: imageHeapBytes,
      log: this.#log(process),
      clock: process.clock,
      random: chanceOf(seed, `random of ${process.name}`).next,
      metrics: this.#metrics,
      queue: this.#queue.consumerFor(process, {
        waitSeconds: processor.receiveWaitMs / 1_000,
        visibilityTimeoutSeconds: processor.visibilityTimeoutMs / 1_000,
      }),
      parcels: this.#parcels.openFor(process, processor.writeConcurrency),
      failures: this.#failures.openFor(process),
      ...(this.#partners && { batches: this.#batches.ledgerFor(process) }),
      ...(this.#announce && { announcements: this.#announcementsOf(process, this.#announce) }),
      checkTables: () =>
        this.#faults.call(process, { engine: 'dynamodb', operation: 'describe tables' }, () => undefined),
      probes: {},
    });
  }

  #announcementsOf(process: SimulatedProcess, { maxAgeMs }: AnnouncePlan) {
    return {
      queues: this.#announced.map((queue, index) => ({
        name: `announcements ${index + 1}`,
        sender: queue.senderFor(process),
      })),
      maxAgeMs: maxAgeMs === 0 ? undefined : maxAgeMs,
    };
  }

  #log(process: SimulatedProcess) {
    const level = this.#tracing ? 'debug' : 'silent';
    return createLogger(
      { service: process.name, level, pretty: false },
      { write: (line: string) => this.#trace(() => `${process.name} logs ${line.trimEnd()}`) },
    );
  }

  #befall(incident: Incident): void {
    if (incident.what === 'put') this.#put(incident.content);
    else if (incident.what === 'reset') this.#reset(incident.share);
    else this.#fleet.befall(incident);
  }

  /** What an operator may do; the poller reads anew from there. */
  #reset(share: number): void {
    const last = this.#checkpoints.item?.lastEventId;
    const { firstEventId } = this.#plan.feed;
    if (last !== undefined) this.#checkpoints.reset(Math.floor(firstEventId - 1 + (last - firstEventId + 1) * share));
  }

  #put(content: Foreign): void {
    const events = [...this.witness.passedOn.values()];
    const some = this.#chance.shuffled(events).slice(0, 3);
    const bodies: Record<Foreign, string> = {
      garbage: 'not JSON at all',
      'later version': JSON.stringify({ version: 2, zipped: 'H4sIAAAA' }),
      'no events': JSON.stringify({ version: 1, events: [] }),
      'a bad event among good ones': JSON.stringify({
        version: 1,
        events: [...some, { eventId: 8_000_000_000 + this.#time.nowMs, parcelId: -1, type: '' }],
      }),
      'repeated events': JSON.stringify({ version: 1, events: [...some, ...some] }),
    };
    this.#putBody(bodies[content]);
  }

  #putBody(text: string, attributes: QueuedMessage['attributes'] = {}): void {
    const body = text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    this.#trace(() => `somebody puts ${body} on the queue`);
    this.witness.put(body, attributes);
    this.#queue.put(body, attributes);
  }

  // The phases.

  /** Goes on until everything has come to rest; that it does, within bounds, is a promise too. */
  async #settle(after: string): Promise<void> {
    const endMs = Math.max(this.#time.nowMs, this.#plan.faults.faultsEndMs) + settleWithinMs;
    let restsSinceMs: number | undefined;
    await this.#until(
      () => {
        restsSinceMs = this.#pending().length === 0 ? (restsSinceMs ?? this.#time.nowMs) : undefined;
        return restsSinceMs !== undefined && this.#time.nowMs - restsSinceMs >= lullMs;
      },
      endMs,
      () => `nothing came to rest after ${after}: ${this.#pending().join('; ')}`,
    );
  }

  /** What has yet to happen. */
  #pending(): readonly string[] {
    const { lastEventId, openGaps } = this.#checkpoints.item ?? {};
    const target = this.#feed.lastEventId;
    const unconfirmed = this.witness.stillUnconfirmed();
    return [
      ...(this.#faults.active ? ['faults go on'] : []),
      ...(this.#partners && this.#partners.open > 0 ? [`${this.#partners.open} pushes are not answered`] : []),
      ...(this.#repairs.underWay > 0 ? ['a parcel is being repaired'] : []),
      ...this.#fleet.notRunning().map((name) => `${name} is not running`),
      ...(lastEventId !== target ? [`the checkpoint stands at ${lastEventId}, the feed ends at ${target}`] : []),
      ...(openGaps !== undefined ? [`gaps are open: ${openGaps}`] : []),
      ...(unconfirmed.length > 0 ? [`not confirmed: ${unconfirmed.join(', ')}`] : []),
      ...(this.#queue.ghostsToCome > 0 ? ['deleted messages are yet to come again'] : []),
      ...(this.#queue.messages.size > 0 ? [`${this.#queue.messages.size} messages in the queue`] : []),
    ];
  }

  async #until(condition: () => boolean, endMs: number, complaint: () => string): Promise<void> {
    let lookAtMs = this.#time.nowMs;
    for (;;) {
      if (this.witness.violations.length > 0) return;
      if (this.#time.nowMs >= lookAtMs) {
        if (condition()) return;
        lookAtMs = this.#time.nowMs + 250;
      }
      if (this.#time.nowMs > endMs || this.#time.steps > mostSteps) return this.witness.violate(complaint());
      await this.#time.step();
    }
  }

  /** One partition is still throttled, and nothing else is wrong: of every other parcel all is stored that no crash took to the DLQ. */
  #judgeOtherPartitions(): void {
    this.witness.count('partitions throttled to the end');
    const inDlq = this.#inDlq();
    const judge = this.#parcelJudge;
    for (const [parcelId, events] of judge.parcels) {
      if (this.#parcels.isThrottled(parcelId) || events.some(({ eventId }) => this.#parcels.rejected.has(eventId)))
        continue;
      const surely = judge.truthOf(parcelId, (event) => !inDlq.has(keyOf(event)));
      if (judge.lacks(parcelId, surely))
        this.witness.violate(`parcel ${parcelId} waits for a partition that is throttled and not its own`);
    }
  }

  #judgeSettled(): void {
    const { witness } = this;
    const dead = [...this.#queue.deadLetters.values()];
    if (this.#plan.onlyOutages && dead.length > 0)
      witness.violate(`${dead.length} messages in the DLQ, though there were outages and stops only`);
    if (this.#faults.receivesLost > mostReceivesLost)
      witness.violate(`${this.#faults.receivesLost} receives lost in ten minutes in which no answer arrived`);
    const inDlq = this.#inDlq();
    // Everything that the feed showed in time was read: at once, or when its gap was asked for again.
    const waits = this.#plan.poller.gapPatienceMs >= leastPatienceMs;
    if (this.#plan.feed.cap >= 1_000 && !this.#plan.feed.loweredCap) {
      const known = (name: string) => witness.passedOn.has(name) || witness.badPassedOn.has(name);
      for (const element of this.#feed.elements) {
        if (element.late && !waits) continue;
        // Gone, unless it was read before.
        if (element.goneAtMs <= this.#time.nowMs) continue;
        // Nothing of it was received: it is a hole.
        if (element.spoilt === 'failing') continue;
        if (element.late) witness.count('late elements passed on');
        if (!known(element.name)) witness.violate(`element ${element.position} of the feed was never passed on`);
      }
    }
    const judge = this.#parcelJudge;
    for (const [parcelId, events] of judge.parcels) {
      const stored = this.#parcels.parcels.get(parcelId);
      const isStorable = ({ eventId }: ScanEvent) => !this.#parcels.rejected.has(eventId);
      const surely = judge.truthOf(parcelId, (event) => isStorable(event) && !inDlq.has(keyOf(event)));
      if (judge.lacks(parcelId, surely))
        witness.violate(`parcel ${parcelId} is ${told(stored)} and should be ${told(surely)}`);
      if (judge.exceeds(parcelId, judge.truthOf(parcelId, isStorable)))
        witness.violate(`parcel ${parcelId} is ${told(stored)}, which no event says`);
      for (const event of events) {
        if (!isStorable(event) && !inDlq.has(keyOf(event)) && !judge.isStored(event))
          witness.violate(`rejected event ${event.eventId} is neither stored nor in the DLQ`);
      }
    }
    for (const name of witness.badPassedOn) if (!inDlq.has(name)) witness.violate(`${name} is not in the DLQ`);
    this.#batchJudge.judgeSettled();
    if (dead.length === 0 && this.#parcels.parcels.size === 0) witness.violate('nothing was stored at all');
  }

  /** An idle feed costs one GET each poll interval, no sends, and no writes but the lease's. */
  async #idle(): Promise<void> {
    const forMs = this.#plan.poller.pollIntervalMs * idleForPolls;
    const before = this.#faults.callsSoFar();
    const endMs = this.#time.nowMs + forMs;
    await this.#until(
      () => this.#time.nowMs >= endMs,
      endMs + 60_000,
      () => 'time stands still',
    );
    const after = this.#faults.callsSoFar();
    const made = (operation: string) => (after.get(operation) ?? 0) - (before.get(operation) ?? 0);
    // Something at the tail that moves no position makes the poller look beyond it now and then.
    const hasTail = this.#feed.elements.some(({ position }) => position > (this.#checkpoints.item?.lastEventId ?? 0));
    if (made('get') > idleForPolls + 2 + (hasTail ? getsOfSearch : 0))
      this.witness.violate(`${made('get')} GETs in ${idleForPolls} poll intervals of an idle feed`);
    for (const operation of [
      'send',
      'delete',
      'execute',
      'apply',
      'union',
      'replace',
      'record',
      'settle',
      'fail',
      'cure',
    ])
      if (made(operation) > 0) this.witness.violate(`${made(operation)} times ${operation} while everything was idle`);
  }

  #healAndRedrive(): void {
    this.#trace(() => `the causes are healed, ${this.#queue.deadLetters.size} messages redriven`);
    this.#parcels.rejected.clear();
    for (const message of this.#queue.deadLetters.values()) {
      if (this.witness.isHarmed(message)) continue;
      // Nothing in a message that was neither split off nor unparsed says that there is a record: it goes with its expiry.
      for (const { failureId } of this.witness.recordsOf(message))
        if ('failureId' in message.attributes || message.body.includes('"unparsed"')) this.#toResolve.add(failureId);
    }
    this.#queue.redrive();
  }

  #judgeHealed(): void {
    const { witness } = this;
    const judge = this.#parcelJudge;
    for (const parcelId of judge.parcels.keys()) {
      const stored = this.#parcels.parcels.get(parcelId);
      const expected = judge.truthOf(parcelId);
      if (judge.lacks(parcelId, expected) || judge.exceeds(parcelId, expected))
        witness.violate(`parcel ${parcelId} is ${told(stored)} and should be ${told(expected)}`);
    }
    for (const parcelId of this.#parcels.parcels.keys())
      for (const breach of judge.breachesAtRest(parcelId)) witness.violate(`parcel ${parcelId}: ${breach}`);
    const dead = [...this.#queue.deadLetters.values()];
    for (const message of dead) {
      if (!witness.isHarmed(message))
        witness.violate(`${message.id} is in the DLQ again, though nothing is wrong with it`);
      if (!witness.isExplained(message))
        witness.violate(`${message.id} is in the DLQ again without a reason on record`);
    }
    const inDlq = this.#inDlq();
    for (const name of witness.badPassedOn) if (!inDlq.has(name)) witness.violate(`${name} is not in the DLQ any more`);
    this.#batchJudge.judgeHealed();
    for (const failureId of this.#toResolve) {
      if (this.#failures.records.get(failureId)?.resolved === false)
        witness.violate(`${failureId} is stored since its redrive, and still on record`);
    }
    // A crash between the delete and the removal of the record leaves it there; so does a freeze in which the message
    // was lost on its last receive, for the processor cannot know that its late delete came before the queue's move.
    if (
      witness.facts.has('crashes') ||
      witness.facts.has('freezes') ||
      witness.facts.has('unharmed messages dead-lettered')
    )
      return;
    for (const { failureId, reason, resolved } of this.#failures.records.values()) {
      if (!resolved && reason === 'REPEATEDLY_INTERRUPTED')
        witness.violate(`${failureId} is stored, and still on record as interrupted`);
    }
  }

  async #stopAll(): Promise<void> {
    const lives = this.#fleet.stopAll();
    await this.#until(
      () => lives.every(({ alive }) => !alive),
      this.#time.nowMs + 120_000,
      () => 'not everything stopped',
    );
  }

  /** The names of all that the dead-letter queue holds. */
  #inDlq(): ReadonlySet<string> {
    return new Set([...this.#queue.deadLetters.values()].flatMap((message) => [...message.carried.keys]));
  }
}

function told(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
