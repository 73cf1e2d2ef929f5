import { pollerVariables } from '@waybill/poller/config.ts';
import { type Minute, publishedMetrics } from './cloud-watch.ts';
import { EventQueue } from './event-queue.ts';
import { Flow } from './flow.ts';
import { OnDemandTable } from './on-demand-table.ts';
import { ProvisionedTable } from './provisioned-table.ts';
import { seededRandom } from './random.ts';
import { gusts, type Setting, usualSpotInterruptions } from './setting.ts';
import { TargetTracking } from './target-tracking.ts';
import { Tasks } from './tasks.ts';

/** How a simulation went, by minute. */
export type Course = {
  readonly desired: readonly number[];
  readonly running: readonly number[];
  /** Seconds that the oldest message has waited in the queue. */
  readonly oldestSeconds: readonly number[];
  /** Seconds since the oldest scan that is not stored, be it on the queue or in the feed. */
  readonly lagSeconds: readonly number[];
  readonly queued: readonly number[];
  /** Messages stored in the minute. */
  readonly stored: readonly number[];
  /** Write units of a provisioned table, and the seconds of the minute for which it was throttled; none of another table. */
  readonly units: readonly number[];
  readonly throttledSeconds: readonly number[];
};

const daySeconds = 86_400;
/** Seconds after which a paused poller asks again how full the queue is. */
const askEverySeconds = 5;
/** Seconds between two looks at the burst capacity of a provisioned table. */
const burstEverySeconds = 5;
const usualFullQueue = pollerVariables.MAX_QUEUE_MESSAGES.parse(undefined);

/** A discrete-event simulation: between two events everything flows at a constant rate. */
export function simulatePipeline(setting: Setting): Course {
  return new Pipeline(setting).run();
}

class Pipeline {
  readonly #setting: Setting & Required<Pick<Setting, 'readsAtMost' | 'fullQueue' | 'untilLag'>>;
  readonly #random: () => number;
  readonly #scaling: TargetTracking;
  readonly #events = new EventQueue();
  readonly #flow: Flow;
  readonly #tasks = new Tasks(this.#events);
  readonly #table: OnDemandTable;
  readonly #provisioned: ProvisionedTable | undefined;
  readonly #course: Readonly<Record<keyof Course, number[]>> = {
    desired: [],
    running: [],
    oldestSeconds: [],
    lagSeconds: [],
    queued: [],
    stored: [],
    units: [],
    throttledSeconds: [],
  };
  readonly #minutes: Minute[] = [];
  #coming = 0;
  #isDynamoDbDown = false;
  /** Messages per second that a provisioned table takes now. */
  #takes = Number.POSITIVE_INFINITY;
  #storedBefore = 0;
  #throttledSeconds = 0;

  constructor(setting: Setting) {
    this.#setting = { readsAtMost: Number.POSITIVE_INFINITY, fullQueue: usualFullQueue, untilLag: -1, ...setting };
    const { policy, seed, table, backlog = { messages: 0, seconds: 0 }, fullQueue } = this.#setting;
    this.#random = seededRandom(seed);
    this.#scaling = new TargetTracking(policy, setting, 1);
    this.#flow = new Flow(backlog, fullQueue, () => this.#pause());
    this.#provisioned = table && 'units' in table ? new ProvisionedTable(table) : undefined;
    this.#table = new OnDemandTable(table && 'warm' in table ? table : undefined);
  }

  run(): Course {
    const { seconds, outages, spotInterruptions = usualSpotInterruptions } = this.#setting;
    const interruptions = Math.round((spotInterruptions * seconds) / daySeconds);
    for (let i = 0; i < interruptions; i++)
      this.#events.plan(this.#random() * seconds, () => this.#tasks.interruptOne(this.#flow.now));
    for (const { from, until } of outages) {
      this.#events.plan(from, () => {
        this.#isDynamoDbDown = true;
      });
      this.#events.plan(until, () => {
        this.#isDynamoDbDown = false;
      });
    }
    this.#gust();
    if (this.#provisioned) this.#lookAtBursts(this.#provisioned);
    this.#events.plan(60, () => this.#endMinute());
    while (this.#events.nextAt <= seconds && !this.#hasCaughtUp()) {
      this.#flow.runUntil(this.#events.nextAt, {
        coming: this.#coming,
        reads: this.#setting.readsAtMost,
        stores: this.#stores(),
      });
      this.#events.next();
    }
    return this.#course;
  }

  #hasCaughtUp(): boolean {
    return (this.#course.lagSeconds.at(-1) ?? Number.POSITIVE_INFINITY) <= this.#setting.untilLag;
  }

  #stores(): number {
    return this.#isDynamoDbDown
      ? 0
      : Math.min(this.#tasks.running * this.#setting.taskStores, this.#table.takes, this.#takes);
  }

  #pause(): void {
    this.#flow.isPaused = true;
    const ask = () => {
      this.#flow.isPaused = this.#flow.queue.length > this.#setting.fullQueue - 1;
      if (this.#flow.isPaused) this.#events.plan(this.#flow.now + askEverySeconds, ask);
    };
    this.#events.plan(this.#flow.now + askEverySeconds, ask);
  }

  #gust(): void {
    const { now } = this.#flow;
    this.#coming = this.#setting.loadAt(now) * (gusts.least + gusts.spread * this.#random());
    this.#events.plan(now + gusts.seconds, () => this.#gust());
  }

  #lookAtBursts(table: ProvisionedTable): void {
    const { now, storedInAll, queue } = this.#flow;
    const stored = storedInAll - this.#storedBefore;
    this.#storedBefore = storedInAll;
    if (now > 0) table.passed(burstEverySeconds, stored);
    this.#takes = table.takesFor(burstEverySeconds);
    if (queue.length > 1 && this.#takes < this.#tasks.running * this.#setting.taskStores)
      this.#throttledSeconds += burstEverySeconds;
    this.#events.plan(now + burstEverySeconds, () => this.#lookAtBursts(table));
  }

  #endMinute(): void {
    const { now, queue, unstored } = this.#flow;
    const { running } = this.#tasks;
    const { sent, stored } = this.#flow.takeCounts();
    this.#minutes.push({
      visible: queue.length,
      sent,
      tasks: running,
      cpu: 100 * Math.min(1, stored / (60 * running * this.#setting.taskStores)),
      breaker: this.#isDynamoDbDown ? 2 : 0,
    });
    this.#table.growAfter(this.#course.stored);
    if (this.#provisioned) {
      this.#provisioned.endMinute(Math.round(now / 60));
      this.#course.units.push(this.#provisioned.units);
      this.#course.throttledSeconds.push(this.#throttledSeconds);
      this.#throttledSeconds = 0;
    }
    const desired = this.#scaling.evaluate(publishedMetrics(this.#minutes, this.#setting.lags), now);
    this.#tasks.scaleTo(desired, now);
    this.#course.desired.push(desired);
    this.#course.running.push(this.#tasks.running);
    this.#course.oldestSeconds.push(queue.age(now));
    this.#course.lagSeconds.push(unstored.age(now));
    this.#course.queued.push(queue.length);
    this.#course.stored.push(stored);
    this.#events.plan(now + 60, () => this.#endMinute());
  }
}
