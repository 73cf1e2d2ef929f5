import { createNoopMeter } from '@opentelemetry/api';
import { createConsumer } from '@waybill/consumer/consumer-service.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Service } from '@waybill/shared/process/lifecycle.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { imageHeapBytes } from '../../packages/consumer/test/image-heap.ts';
import { bodyOf, listHandler, listMetrics } from '../../packages/consumer/test/list-handler.ts';
import { type Chance, chanceOf } from './chance.ts';
import { FaultLayer } from './faults.ts';
import { Fleet } from './fleet.ts';
import { ListWitness } from './list-witness.ts';
import { type Plan, planOf } from './plan.ts';
import type { Verdict } from './simulate.ts';
import { SimulatedFailureLog } from './simulated-failure-log.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { SimulatedQueue } from './simulated-queue.ts';
import { VirtualTime } from './virtual-time.ts';

const settleWithinMs = 2_700_000;
/** After everything has come to rest: the longest backoff of what was given up meanwhile, and its answer. */
const lullMs = 20_000;
const mostSteps = 800_000;

/**
 * A world without a poller and without parcels: messages on a queue, and consumers with the simplest handler there is,
 * whose work puts items on a list. Its faults are those of the same seed in the whole world.
 */
export async function simulateList(
  seed: number,
  options: { readonly trace?: (line: string) => void } = {},
): Promise<Verdict> {
  const time = VirtualTime.install();
  const world = new ListWorld(planOf(seed), time, options.trace);
  const onRejection = (error: unknown) => world.witness.violate(`unhandled rejection: ${String(error)}`);
  process.on('unhandledRejection', onRejection);
  try {
    await world.run();
  } finally {
    process.off('unhandledRejection', onRejection);
    time.uninstall();
  }
  return world.verdict;
}

class ListWorld {
  readonly witness: ListWitness;
  readonly #plan: Plan;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #trace: (line: () => string) => void;
  readonly #tracing: boolean;
  readonly #faults: FaultLayer;
  readonly #queue: SimulatedQueue;
  readonly #failures: SimulatedFailureLog;
  readonly #fleet: Fleet;
  readonly #metrics = createMetrics(createNoopMeter());
  #toCome = 0;

  constructor(plan: Plan, time: VirtualTime, trace: ((line: string) => void) | undefined) {
    this.#plan = plan;
    this.#time = time;
    this.#chance = chanceOf(plan.seed, 'list');
    this.#tracing = trace !== undefined;
    this.#trace = (line) => trace?.(`${(time.nowMs / 1_000).toFixed(3).padStart(9)}  ${line()}`);
    const faults = new FaultLayer({
      time,
      plan: plan.faults,
      chance: chanceOf(plan.seed, 'faults'),
      crash: (process, cause) => this.#fleet.crash(process, cause),
      trace: this.#trace,
    });
    const witness = new ListWitness(time);
    this.witness = witness;
    this.#faults = faults;
    this.#queue = new SimulatedQueue({ plan: plan.queue, time, chance: chanceOf(plan.seed, 'queue'), faults, witness });
    this.#failures = new SimulatedFailureLog(faults);
    witness.attach({ plan, queue: this.#queue, failures: this.#failures, faults });
    this.#fleet = new Fleet({
      counts: { processor: plan.processors },
      plan,
      time,
      chance: this.#chance,
      faults,
      trace: this.#trace,
      witness,
      open: (process) => this.#createConsumer(process),
      onExit: (process, _kind, stoppedAtMs) => witness.stopped(process, stoppedAtMs),
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
    this.#scheduleMessages();
    for (const incident of this.#plan.incidents) {
      if (incident.what === 'put' || incident.what === 'reset' || incident.kind === 'poller') continue;
      this.#time.after(incident.atMs, () => this.#fleet.befall(incident));
    }
    const phases = [
      () => this.#settle('the faults'),
      () => this.witness.judgeSettled(),
      () => this.witness.heal(),
      () => this.#queue.redrive(),
      () => this.#settle('the redrive'),
      () => this.witness.judgeHealed(),
      () => this.#stopAll(),
    ];
    for (const phase of phases) {
      await phase();
      if (this.witness.violations.length > 0) break;
    }
    this.#fleet.end();
  }

  /** Items on messages, each item once or a few times; where the seed is about poison, with what is wrong among them. */
  #scheduleMessages(): void {
    const plan = this.#plan;
    const chance = this.#chance;
    const messages = chance.between(5, 40);
    let next = 1;
    for (let count = 0; count < messages; count += 1) {
      const elements: unknown[] = Array.from({ length: chance.between(0, 8) }, () => {
        if (plan.rejected > 0 && chance.happens(0.05)) return chance.happens(0.5) ? -next++ : `wrong ${next++}`;
        const item = next++;
        if (chance.happens(plan.rejected)) this.witness.rejected.add(item);
        return item;
      });
      if (next > 2 && chance.happens(0.2)) elements.push(chance.between(1, next - 1));
      const isUnreadable = plan.rejected > 0 && chance.happens(0.03);
      const body = isUnreadable ? chance.pick(['not JSON at all', '{"later":true}']) : bodyOf(...elements);
      this.#toCome += 1;
      this.#time.after(chance.between(0, plan.faults.faultsEndMs), () => {
        this.#toCome -= 1;
        this.#trace(() => `somebody puts ${body} on the queue`);
        this.witness.put(body);
        this.#queue.put(body);
      });
    }
  }

  #createConsumer(process: SimulatedProcess): Service {
    const { seed, processor } = this.#plan;
    const metrics = this.#metrics;
    const list = {
      put: (item: number) =>
        this.#faults.call(process, { engine: 'dynamodb', operation: `put ${item}` }, () => {
          if (this.witness.rejected.has(item))
            throw new WaybillError('STORE_REJECTED', `simulated: ${item} is rejected`);
          this.witness.itemPut(process, item);
        }),
    };
    const everyItem = listHandler(list, processor.writeConcurrency);
    // In every other world the heap holds the work on three messages of ten items, and others wait for it.
    const handler: typeof everyItem = {
      ...everyItem,
      ...(seed % 2 === 1 && { heapBytes: ({ work }) => work.length * 4_000_000 }),
    };
    return createConsumer({
      settings: processor,
      log: createLogger(
        { service: process.name, level: this.#tracing ? 'debug' : 'silent', pretty: false },
        { write: (line: string) => this.#trace(() => `${process.name} logs ${line.trimEnd()}`) },
      ),
      clock: process.clock,
      heapBytes: imageHeapBytes,
      random: chanceOf(seed, `random of ${process.name}`).next,
      metrics: listMetrics(metrics),
      queue: this.#queue.consumerFor(process, {
        waitSeconds: processor.receiveWaitMs / 1_000,
        visibilityTimeoutSeconds: processor.visibilityTimeoutMs / 1_000,
      }),
      failures: this.#failures.openFor(process),
      handler,
      checkTables: () =>
        this.#faults.call(process, { engine: 'dynamodb', operation: 'describe tables' }, () => undefined),
      probes: {},
    });
  }

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
    return [
      ...(this.#faults.active ? ['faults go on'] : []),
      ...(this.#toCome > 0 ? ['messages are yet to be put'] : []),
      ...this.#fleet.notRunning().map((name) => `${name} is not running`),
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

  async #stopAll(): Promise<void> {
    const lives = this.#fleet.stopAll();
    await this.#until(
      () => lives.every(({ alive }) => !alive),
      this.#time.nowMs + 120_000,
      () => 'not everything stopped',
    );
  }
}
