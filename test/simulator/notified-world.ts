import { createNoopMeter } from '@opentelemetry/api';
import { createNotifier } from '@waybill/notifier/notifier.ts';
import { requirementsNamed } from '@waybill/notifier/requirements/requirements.ts';
import { createProcessor } from '@waybill/processor/processor.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Service } from '@waybill/shared/process/lifecycle.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { imageHeapBytes } from '../../packages/consumer/test/image-heap.ts';
import { AnnouncementJudge } from './announcement-judge.ts';
import { AnnouncementWitness } from './announcement-witness.ts';
import { type Chance, chanceOf } from './chance.ts';
import { FaultLayer } from './faults.ts';
import { Fleet } from './fleet.ts';
import { NotificationJudge, parcelsIn } from './notification-judge.ts';
import { scheduledAnnouncements, scheduledScans } from './notified-events.ts';
import { clockSlackMs, type NotifiedPlan, notifiedPlanOf } from './notified-plan.ts';
import type { Kind, Plan } from './plan.ts';
import { ReceiveJudge } from './receive-judge.ts';
import type { Verdict } from './simulate.ts';
import { SimulatedFailureLog } from './simulated-failure-log.ts';
import { SimulatedNotificationsTable } from './simulated-notifications-table.ts';
import { SimulatedParcelTable } from './simulated-parcel-table.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { type QueuedMessage, SimulatedQueue } from './simulated-queue.ts';
import { SimulatedReceiver } from './simulated-receiver.ts';
import { VirtualTime } from './virtual-time.ts';

const feed = 'scan-events';
/** What was refused comes again for minutes, and the last probe of an endpoint may wait as long as it asked. */
const settleWithinMs = 7_200_000;
/** After everything has come to rest: the longest backoff of what was given up meanwhile, and its answer. */
const lullMs = 20_000;
const mostSteps = 1_500_000;

/**
 * A world without a poller: scans on a queue, processors that write them and announce what they bring, and notifiers that tell a
 * receiver that misbehaves. Its faults are those of the same seed in the whole world, and more.
 */
export async function simulateNotified(
  seed: number,
  options: { readonly trace?: (line: string) => void } = {},
): Promise<Verdict> {
  const time = VirtualTime.install();
  const world = new NotifiedWorld(notifiedPlanOf(seed), time, options.trace);
  const onRejection = (error: unknown) => world.violate(`unhandled rejection: ${String(error)}`);
  process.on('unhandledRejection', onRejection);
  try {
    await world.run();
  } finally {
    process.off('unhandledRejection', onRejection);
    time.uninstall();
  }
  return world.verdict;
}

class NotifiedWorld {
  readonly #violations: string[] = [];
  readonly #facts = new Map<string, number>();
  readonly #plan: Plan;
  readonly #notified: NotifiedPlan;
  readonly #time: VirtualTime;
  readonly #trace: (line: () => string) => void;
  readonly #tracing: boolean;
  readonly #faults: FaultLayer;
  readonly #scans: SimulatedQueue;
  /** The first is the notifiers', another is some other program's. */
  readonly #announced: readonly SimulatedQueue[];
  readonly #parcels: SimulatedParcelTable;
  readonly #notifications: SimulatedNotificationsTable;
  readonly #failures: SimulatedFailureLog;
  readonly #receiver: SimulatedReceiver;
  readonly #announcementJudge: AnnouncementJudge;
  readonly #notificationJudge: NotificationJudge;
  readonly #witness: AnnouncementWitness;
  readonly #fleet: Fleet;
  readonly #metrics = createMetrics(createNoopMeter());
  readonly #eventsOf = new Map<string, readonly ScanEvent[]>();
  /** Failure records whose messages were redriven with nothing wrong with them any more. */
  readonly #toResolve = new Set<string>();
  #toCome = 0;

  constructor(
    { plan, notified }: { readonly plan: Plan; readonly notified: NotifiedPlan },
    time: VirtualTime,
    trace: ((line: string) => void) | undefined,
  ) {
    const stream = (name: string): Chance => chanceOf(plan.seed, name);
    const violate = (what: string) => this.violate(what);
    const count = (fact: string) => this.#count(fact);
    this.#plan = plan;
    this.#notified = notified;
    this.#time = time;
    this.#tracing = trace !== undefined;
    this.#trace = (line) => trace?.(`${(time.nowMs / 1_000).toFixed(3).padStart(9)}  ${line()}`);
    const faults = new FaultLayer({
      time,
      plan: plan.faults,
      chance: stream('faults'),
      crash: (process, cause) => this.#fleet.crash(process, cause),
      trace: this.#trace,
    });
    this.#faults = faults;
    this.#notificationJudge = new NotificationJudge({
      plan: notified,
      feed,
      time,
      clockSlackMs,
      table: () => this.#notifications,
      queue: () => this.#notifiersQueue,
      violate,
      count,
    });
    this.#announcementJudge = new AnnouncementJudge({
      plan: notified.announce,
      time,
      clockSlackMs,
      storedOf: (parcelId) => this.#parcels.parcels.get(parcelId)?.state,
      isElsewhere: (event) => this.#isElsewhere(event),
      violate,
      count,
    });
    this.#scans = new SimulatedQueue({
      plan: plan.queue,
      time,
      chance: stream('queue'),
      faults,
      witness: {
        violate,
        sent: () => undefined,
        confirmed: () => undefined,
        visibleAgain: () => count('messages received again'),
        deadLettered: () => count('messages dead-lettered'),
        deleted: (message, receiver) =>
          this.#announcementJudge.settled(message, this.#eventsIn(message.body), receiver),
      },
    });
    this.#witness = new AnnouncementWitness(() => ({
      plan: notified,
      time,
      queue: this.#notifiersQueue,
      failures: this.#failures,
      receives,
      announcements: this.#announcementJudge,
      notifications: this.#notificationJudge,
      pollMs: plan.processor.receiveWaitMs,
      violate,
      count,
    }));
    this.#announced = Array.from({ length: notified.announce.queues }, (_, index) => {
      const others = {
        violate,
        sent: (process: SimulatedProcess, { body }: OutgoingMessage) =>
          this.#announcementJudge.announced(process, index, body),
        confirmed: () => undefined,
        visibleAgain: () => undefined,
        deadLettered: () => undefined,
        deleted: () => undefined,
      };
      return new SimulatedQueue({
        plan: plan.queue,
        time,
        chance: stream(`announcement queue ${index + 1}`),
        faults,
        witness: index === 0 ? this.#witness : others,
        engine: 'announcements',
        prefix: 'abc'.charAt(index),
      });
    });
    const receives = new ReceiveJudge({
      time,
      faults,
      queue: this.#notifiersQueue,
      maxReceiveCount: plan.queue.maxReceiveCount,
      engine: 'announcements',
    });
    this.#parcels = new SimulatedParcelTable({
      seed: plan.seed,
      rejected: new Set(),
      plan: plan.parcelTable,
      chance: stream('statements'),
      faults,
      witness: {
        violate,
        count,
        parcelWritten: (_writer, _before, after) => {
          this.#notificationJudge.parcelWritten(after);
          this.#announcementJudge.written(after.state);
        },
      },
    });
    this.#failures = new SimulatedFailureLog(faults);
    this.#notifications = new SimulatedNotificationsTable({ faults, witness: this.#notificationJudge });
    const judge = this.#notificationJudge;
    this.#receiver = new SimulatedReceiver({
      plan: notified.receiver,
      chance: stream('receiver'),
      faults,
      witness: {
        asked: (process, request) => {
          this.#witness.asked(process, request);
          judge.asked(process, request);
        },
        taken: (process, request) => judge.taken(process, request),
        refused: (process, parcelId, milestone) => judge.refused(process, parcelId, milestone),
        reported: (process, report) => judge.reported(process, report),
      },
    });
    this.#fleet = new Fleet({
      counts: { processor: plan.processors, notifier: notified.notifiers },
      plan,
      time,
      chance: stream('incidents'),
      faults,
      trace: this.#trace,
      witness: { violate, count },
      open: (process, kind) => this.#create(process, kind),
      onExit: (process, kind, stoppedAtMs) => {
        if (kind !== 'notifier') return;
        const isHarmed = (message: QueuedMessage) =>
          !this.#witness.isReadable(message) || judge.wasEverRefused(parcelsIn(message.body));
        for (const breach of receives.breachesOfHandBack(process, stoppedAtMs, isHarmed)) violate(breach);
      },
    });
  }

  violate(what: string): void {
    this.#violations.push(`at ${(this.#time.nowMs / 1_000).toFixed(3)} s: ${what}`);
  }

  get verdict(): Verdict {
    return {
      seed: this.#plan.seed,
      profile: this.#plan.profile,
      violations: this.#violations,
      steps: this.#time.steps,
      virtualMs: this.#time.nowMs,
      facts: new Map([...this.#facts, ...this.#faults.facts]),
    };
  }

  async run(): Promise<void> {
    this.#fleet.start();
    this.#schedule();
    for (const incident of this.#plan.incidents) {
      if (incident.what === 'put' || incident.what === 'reset' || incident.kind === 'poller') continue;
      this.#time.after(incident.atMs, () => this.#fleet.befall(incident));
    }
    const phases = [
      () => this.#settle('the faults'),
      () => this.#judge(),
      () => this.#healAndRedrive(),
      () => this.#settle('the redrive'),
      () => this.#judgeHealed(),
      () => this.#stopAll(),
    ];
    for (const phase of phases) {
      await phase();
      if (this.#violations.length > 0) break;
    }
    this.#fleet.end();
  }

  get #notifiersQueue(): SimulatedQueue {
    const [queue] = this.#announced;
    if (!queue) throw new Error('there is a queue of announcements');
    return queue;
  }

  #count(fact: string): void {
    this.#facts.set(fact, (this.#facts.get(fact) ?? 0) + 1);
  }

  // What is put on the queues.

  #schedule(): void {
    const { seed, faults, rejected } = this.#plan;
    const chance = chanceOf(seed, 'scans');
    const untilMs = Math.min(faults.faultsEndMs, chance.between(20_000, 120_000));
    const startMs = this.#time.wallMs;
    for (const { atMs, body, attributes, events } of scheduledScans(this.#notified, { chance, startMs, untilMs })) {
      for (const { eventId } of events) if (chance.happens(rejected / 2)) this.#parcels.rejected.add(eventId);
      this.#later(atMs, () => {
        this.#trace(() => `somebody puts ${body} on the scan queue`);
        this.#announcementJudge.brought(events, attributes);
        this.#scans.put(body, attributes);
      });
    }
    const byOthers = scheduledAnnouncements(this.#notified, { chance: chanceOf(seed, 'announcements'), untilMs });
    for (const { atMs, body } of byOthers)
      this.#later(atMs, () => {
        this.#trace(() => `somebody puts ${body} on the announcement queue`);
        this.#notifiersQueue.put(body);
      });
  }

  #later(atMs: number, happening: () => void): void {
    this.#toCome += 1;
    this.#time.after(atMs, () => {
      this.#toCome -= 1;
      happening();
    });
  }

  // The processes.

  #create(process: SimulatedProcess, kind: Kind): Service {
    return kind === 'notifier' ? this.#createNotifier(process) : this.#createProcessor(process);
  }

  #common(process: SimulatedProcess) {
    const { seed } = this.#plan;
    return {
      heapBytes: imageHeapBytes,
      log: createLogger(
        { service: process.name, level: this.#tracing ? 'debug' : 'silent', pretty: false },
        { write: (line: string) => this.#trace(() => `${process.name} logs ${line.trimEnd()}`) },
      ),
      clock: process.clock,
      random: chanceOf(seed, `random of ${process.name}`).next,
      metrics: this.#metrics,
      failures: this.#failures.openFor(process),
      checkTables: () =>
        this.#faults.call(process, { engine: 'dynamodb', operation: 'describe tables' }, () => undefined),
      probes: {},
    };
  }

  #queueSettings() {
    const { receiveWaitMs, visibilityTimeoutMs } = this.#plan.processor;
    return { waitSeconds: receiveWaitMs / 1_000, visibilityTimeoutSeconds: visibilityTimeoutMs / 1_000 };
  }

  #createProcessor(process: SimulatedProcess): Service {
    const { processor } = this.#plan;
    const { maxAgeMs } = this.#notified.announce;
    return createProcessor({
      ...this.#common(process),
      settings: processor,
      queue: this.#scans.consumerFor(process, this.#queueSettings()),
      parcels: this.#parcels.openFor(process, processor.writeConcurrency),
      announcements: {
        queues: this.#announced.map((queue, index) => ({
          name: `announcements ${index + 1}`,
          sender: queue.senderFor(process),
        })),
        maxAgeMs: maxAgeMs === 0 ? undefined : maxAgeMs,
      },
    });
  }

  #createNotifier(process: SimulatedProcess): Service {
    const { processor } = this.#plan;
    const { milestones, corrections, requirements, maxAgeMs, webhookConcurrency } = this.#notified;
    return createNotifier({
      ...this.#common(process),
      settings: { ...processor, webhookConcurrency },
      queue: this.#notifiersQueue.consumerFor(process, this.#queueSettings()),
      parcels: this.#parcels.readerFor(process),
      notifications: this.#notifications.openFor(process),
      webhook: this.#receiver.webhookFor(process),
      reportTarget: this.#receiver.reportTargetFor(process),
      notify: {
        feed,
        stages: new Map(),
        milestones,
        corrections,
        requirements: requirementsNamed(requirements),
        maxAgeMs,
      },
    });
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
    const queues = [this.#scans, this.#notifiersQueue];
    return [
      ...(this.#faults.active ? ['faults go on'] : []),
      ...(this.#toCome > 0 ? ['messages are yet to be put'] : []),
      ...this.#fleet.notRunning().map((name) => `${name} is not running`),
      ...(queues.some(({ ghostsToCome }) => ghostsToCome > 0) ? ['deleted messages are yet to come again'] : []),
      ...queues.flatMap(({ messages }) => (messages.size > 0 ? [`${[...messages.keys()]} in a queue`] : [])),
    ];
  }

  async #until(condition: () => boolean, endMs: number, complaint: () => string): Promise<void> {
    let lookAtMs = this.#time.nowMs;
    for (;;) {
      if (this.#violations.length > 0) return;
      if (this.#time.nowMs >= lookAtMs) {
        if (condition()) return;
        lookAtMs = this.#time.nowMs + 250;
      }
      if (this.#time.nowMs > endMs || this.#time.steps > mostSteps) return this.violate(complaint());
      await this.#time.step();
    }
  }

  #judge(): void {
    const { onlyOutages } = this.#plan;
    const scans = this.#scans.deadLetters;
    const announced = this.#notifiersQueue.deadLetters;
    if (onlyOutages && scans.size > 0)
      this.violate(`${scans.size} messages of scans in the DLQ, though there were outages and stops only`);
    for (const message of announced.values()) {
      const isRefused = this.#notificationJudge.wasEverRefused(parcelsIn(message.body));
      if (onlyOutages && !isRefused && this.#witness.isReadable(message))
        this.violate(`${message.id} in the DLQ, though there were outages and stops only`);
    }
    this.#judgeAtRest();
  }

  #judgeAtRest(): void {
    const dead = this.#notifiersQueue.deadLetters;
    const inDlq = new Set([...dead.values()].flatMap(({ body }) => [...parcelsIn(body)]));
    this.#notificationJudge.judgeAtRest(
      (parcelId, milestone, eventId) => this.#announcementJudge.isAnnounced(0, parcelId, milestone, eventId),
      (parcelId) => inDlq.has(parcelId),
    );
  }

  #healAndRedrive(): void {
    const announced = this.#notifiersQueue;
    this.#trace(() => `the causes are healed, ${this.#scans.deadLetters.size + announced.deadLetters.size} redriven`);
    this.#parcels.rejected.clear();
    this.#receiver.mend();
    for (const message of announced.deadLetters.values())
      if (this.#witness.isReadable(message) && 'failureId' in message.attributes)
        for (const { failureId } of this.#witness.recordsOf(message)) this.#toResolve.add(failureId);
    this.#scans.redrive();
    announced.redrive();
  }

  #judgeHealed(): void {
    this.#judgeAtRest();
    for (const message of this.#notifiersQueue.deadLetters.values()) {
      if (this.#witness.isReadable(message))
        this.violate(`${message.id} is in the DLQ again, though nothing is wrong with it`);
      if (!this.#witness.isExplained(message))
        this.violate(`${message.id} is in the DLQ again without a reason on record`);
    }
    for (const failureId of this.#toResolve)
      if (this.#failures.records.get(failureId)?.resolved === false)
        this.violate(`${failureId} succeeded after its redrive, and is still on record`);
  }

  async #stopAll(): Promise<void> {
    const lives = this.#fleet.stopAll();
    await this.#until(
      () => lives.every(({ alive }) => !alive),
      this.#time.nowMs + 120_000,
      () => 'not everything stopped',
    );
  }

  #eventsIn(body: string): readonly ScanEvent[] {
    const known = this.#eventsOf.get(body) ?? eventsOf(body);
    this.#eventsOf.set(body, known);
    return known;
  }

  #isElsewhere({ eventId }: ScanEvent): boolean {
    const carries = ({ body }: QueuedMessage) => this.#eventsIn(body).some((event) => event.eventId === eventId);
    return [...this.#scans.messages.values()].some(carries) || [...this.#scans.deadLetters.values()].some(carries);
  }
}

/** The events of a body that this world has put on the queue, or that was split off one. */
function eventsOf(body: string): readonly ScanEvent[] {
  const { events } = JSON.parse(body);
  return Array.isArray(events) ? events : [];
}
