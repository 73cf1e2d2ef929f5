import { EventQueue } from './event-queue.ts';
import type { Metrics } from './metric-math.ts';
import { type Policy, TargetTracking, type Unknowns } from './target-tracking.ts';
import { Waiting } from './waiting.ts';

/** A span of time, seconds from the beginning. */
export type Span = { readonly from: number; readonly until: number };

/** Minutes until CloudWatch has a datapoint of SQS, of ECS, and of a process, whose metrics go through the log. */
export type Lags = { readonly sqs: number; readonly ecs: number; readonly own: number };

export const usualLags: Lags = { sqs: 3, ecs: 3, own: 4 };

/** A poller, a queue and processors under a scaling policy, and what befalls them. Messages are full ones. */
export type Setting = Unknowns & {
  readonly policy: Policy;
  readonly lags: Lags;
  readonly seed: number;
  readonly seconds: number;
  /** Messages a second that the feed grows by; gusts make it more or less. */
  readonly loadAt: (second: number) => number;
  /** Messages that the feed holds unread at the beginning, and the seconds before it in which they came. */
  readonly backlog?: { readonly messages: number; readonly seconds: number };
  /** Messages a second that can be read of the feed. */
  readonly readsAtMost?: number;
  /** Messages a second that one task stores. */
  readonly taskStores: number;
  /** Messages at which the poller pauses (`MAX_QUEUE_MESSAGES`). */
  readonly fullQueue?: number;
  /** Hours without DynamoDB. */
  readonly outages: readonly Span[];
  /** DynamoDB's throughput; without it there is enough. */
  readonly table?: Table;
  /** Tasks that Spot takes back, in a day. */
  readonly spotInterruptions?: number;
};

/** An on-demand table (developer guide, "Pre-warming a table for on-demand capacity mode"). */
export type Table = {
  readonly unitsPerMessage: number;
  /** Units a second that it takes at once. */
  readonly warm: number;
  /** Units a second that it never exceeds. */
  readonly quota: number;
};

/** By minute. */
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
};

const daySeconds = 86_400;
/** Seconds between two gusts. */
const gustSeconds = 30;
/** Who tells each metric. */
const sources = { visible: 'sqs', sent: 'sqs', tasks: 'ecs', cpu: 'ecs', breaker: 'own' } as const;
/** Minutes that a look reaches back: the low alarm's fifteen, and as many as the latest metric may be missing. */
const lookMinutes = 21;
const startSeconds = 60;
/** A task that Spot takes back is missing for this long. */
const replaceSeconds = 120;
/** Seconds between two questions of a paused poller for the queue's depth (`queue-room.ts`). */
const askEverySeconds = 5;
/** A table takes twice what it took before; within this many minutes no more than that. */
const doublingMinutes = 30;

/** A small seeded generator (mulberry32), so that a course is the same each time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A discrete-event simulation: between two events everything flows at a constant rate. */
export function simulatePipeline(setting: Setting): Course {
  return new Pipeline(setting).run();
}

class Pipeline {
  readonly #setting: Required<Omit<Setting, 'table'>> & Pick<Setting, 'table'>;
  readonly #random: () => number;
  readonly #scaling: TargetTracking;
  readonly #events = new EventQueue();
  readonly #queue = new Waiting();
  readonly #unstored = new Waiting();
  readonly #course = {
    desired: [] as number[],
    running: [] as number[],
    oldestSeconds: [] as number[],
    lagSeconds: [] as number[],
    queued: [] as number[],
    stored: [] as number[],
  };
  readonly #minutes: Readonly<Record<keyof typeof sources, number>>[] = [];
  readonly #starting: { cancelled: boolean }[] = [];
  #now = 0;
  #feed: number;
  #coming = 0;
  #ready = 1;
  #paused = false;
  #down = false;
  /** Since the last minute. */
  #sent = 0;
  #stored = 0;
  /** Messages a second that the table takes. */
  #tableTakes = Number.POSITIVE_INFINITY;
  #peakUnits = 0;

  constructor(setting: Setting) {
    this.#setting = {
      backlog: { messages: 0, seconds: 0 },
      readsAtMost: Number.POSITIVE_INFINITY,
      fullQueue: 50_000,
      spotInterruptions: 6,
      ...setting,
    };
    const { policy, seed, backlog, table } = this.#setting;
    this.#random = randomOf(seed);
    this.#scaling = new TargetTracking(policy, this.#setting, 1);
    this.#feed = backlog.messages;
    this.#unstored.add(-backlog.seconds, 0, backlog.messages);
    if (table) this.#tableTakes = table.warm / table.unitsPerMessage;
  }

  run(): Course {
    const { seconds, outages, spotInterruptions } = this.#setting;
    const interruptions = Math.round((spotInterruptions * seconds) / daySeconds);
    for (let i = 0; i < interruptions; i++) this.#events.plan(this.#random() * seconds, () => this.#interrupt());
    for (const { from, until } of outages) {
      this.#events.plan(from, () => {
        this.#down = true;
      });
      this.#events.plan(until, () => {
        this.#down = false;
      });
    }
    this.#gust();
    this.#events.plan(60, () => this.#minute());
    while (this.#events.nextAt <= seconds) {
      this.#flowUntil(this.#events.nextAt);
      this.#events.next();
    }
    return this.#course;
  }

  /** Messages a second that are read and stored as things are. */
  #rates() {
    const { readsAtMost, taskStores } = this.#setting;
    const isFeedEmpty = this.#feed <= 0;
    const read = this.#paused ? 0 : isFeedEmpty ? Math.min(this.#coming, readsAtMost) : readsAtMost;
    const possible = this.#down ? 0 : Math.min(this.#ready * taskStores, this.#tableTakes);
    return { read, store: this.#queue.length <= 0 ? Math.min(read, possible) : possible };
  }

  /** Flows until then, from one change of the rates to the next. */
  #flowUntil(until: number): void {
    const { fullQueue } = this.#setting;
    while (this.#now < until) {
      const { read, store } = this.#rates();
      // A feed without limit of reading hands over at once what it holds.
      if (read === Number.POSITIVE_INFINITY) {
        this.#queue.add(this.#now, this.#now, this.#feed);
        this.#sent += this.#feed;
        this.#feed = 0;
        continue;
      }
      const feedGrows = this.#coming - read;
      const queueGrows = read - store;
      const end = Math.min(
        until,
        this.#feed > 0 && feedGrows < 0 ? this.#now + this.#feed / -feedGrows : until,
        this.#queue.length > 0 && queueGrows < 0 ? this.#now + this.#queue.length / -queueGrows : until,
        !this.#paused && queueGrows > 0 ? this.#now + Math.max(0, fullQueue - this.#queue.length) / queueGrows : until,
      );
      const seconds = end - this.#now;
      this.#unstored.add(this.#now, end, this.#coming * seconds);
      this.#queue.add(this.#now, end, read * seconds);
      this.#queue.take(store * seconds);
      this.#unstored.take(store * seconds);
      this.#feed = settled(this.#feed + feedGrows * seconds);
      this.#sent += read * seconds;
      this.#stored += store * seconds;
      this.#now = end;
      if (!this.#paused && this.#queue.length >= fullQueue - 1e-6) this.#pause();
      // So little is left that time would not move: it is gone.
      else if (seconds < 1e-9 && end < until) this.#empty();
    }
  }

  #empty(): void {
    if (this.#feed < 1e-3) this.#feed = 0;
    if (this.#queue.length < 1e-3) this.#queue.take(this.#queue.length);
  }

  #pause(): void {
    this.#paused = true;
    const ask = () => {
      this.#paused = this.#queue.length > this.#setting.fullQueue - 1;
      if (this.#paused) this.#events.plan(this.#now + askEverySeconds, ask);
    };
    this.#events.plan(this.#now + askEverySeconds, ask);
  }

  #gust(): void {
    this.#coming = this.#setting.loadAt(this.#now) * (0.6 + 0.8 * this.#random());
    this.#events.plan(this.#now + gustSeconds, () => this.#gust());
  }

  #interrupt(): void {
    if (this.#ready <= 1) return;
    this.#ready -= 1;
    this.#start(replaceSeconds);
  }

  #start(seconds: number): void {
    const task = { cancelled: false };
    this.#starting.push(task);
    this.#events.plan(this.#now + seconds, () => {
      if (task.cancelled) return;
      this.#starting.splice(this.#starting.indexOf(task), 1);
      this.#ready += 1;
    });
  }

  #minute(): void {
    const { taskStores } = this.#setting;
    const possible = 60 * this.#ready * taskStores;
    this.#minutes.push({
      visible: this.#queue.length,
      sent: this.#sent,
      tasks: this.#ready,
      cpu: 100 * Math.min(1, this.#stored / possible),
      breaker: this.#down ? 2 : 0,
    });
    this.#warmTable();
    this.#scale();
    this.#course.running.push(this.#ready);
    this.#course.oldestSeconds.push(this.#queue.age(this.#now));
    this.#course.lagSeconds.push(this.#unstored.age(this.#now));
    this.#course.queued.push(this.#queue.length);
    this.#course.stored.push(this.#stored);
    this.#sent = 0;
    this.#stored = 0;
    this.#events.plan(this.#now + 60, () => this.#minute());
  }

  /** What it took half an hour ago and before, twice. */
  #warmTable(): void {
    const { table } = this.#setting;
    if (!table) return;
    const then = this.#course.stored[this.#minutes.length - 1 - doublingMinutes] ?? 0;
    this.#peakUnits = Math.max(this.#peakUnits, (then / 60) * table.unitsPerMessage);
    this.#tableTakes = Math.min(table.quota, Math.max(table.warm, 2 * this.#peakUnits)) / table.unitsPerMessage;
  }

  #scale(): void {
    const desired = this.#scaling.look(seenOf(this.#minutes.slice(-lookMinutes), this.#setting.lags), this.#now);
    const planned = this.#ready + this.#starting.length;
    for (let i = planned; i < desired; i++) this.#start(startSeconds);
    for (let i = planned; i > desired; i--) {
      const task = this.#starting.pop();
      if (task) task.cancelled = true;
      else this.#ready -= 1;
    }
    this.#course.desired.push(desired);
  }
}

/** What CloudWatch has of the last minutes: nothing of those that a source has not told yet. */
function seenOf(minutes: readonly Readonly<Record<keyof typeof sources, number>>[], lags: Lags): Metrics {
  const names = Object.keys(sources).filter((name): name is keyof typeof sources => name in sources);
  return Object.fromEntries(
    names.map((name) => [
      name,
      minutes.map((minute, i) => (i <= minutes.length - lags[sources[name]] ? minute[name] : undefined)),
    ]),
  );
}

/** Not below nothing, and no trace of rounding. */
function settled(count: number): number {
  return count < 1e-9 ? 0 : count;
}
