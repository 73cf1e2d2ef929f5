import type { Values } from './metric-math.ts';
import { type Policy, type StepIn, TargetTracking } from './target-tracking.ts';

const stepSeconds = 10;
const hour = 3600;
const daySeconds = 24 * hour;

/** The hour without DynamoDB. */
export const outage = { from: 18 * hour, until: 19 * hour };

/** Messages a second over a day: a quiet night, the morning's sorting, a steep spike at three, an evening that fades. */
function loadAt(second: number): number {
  const at = second / hour;
  const points = [
    [0, 0.5],
    [5.5, 0.5],
    [8, 24],
    [11, 24],
    [12, 12],
    [15, 12],
    [15.001, 30],
    [15.333, 30],
    [15.334, 12],
    [17, 8],
    [21, 8],
    [23, 0.5],
    [24, 0.5],
  ] as const;
  const next = points.findIndex(([from]) => from > at);
  const [from, low] = points[next - 1] ?? points[0];
  const [until, high] = points[next] ?? [24, 0.5];
  return low + ((high - low) * (at - from)) / (until - from);
}

/** A small seeded generator (mulberry32), so that a day is the same each time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export type Day = {
  readonly policy: Policy;
  readonly stepIn: StepIn;
  readonly seed: number;
  /** Full messages that one task stores in a second. */
  readonly messagesPerSecond: number;
};

export type Course = {
  /** By minute. */
  readonly desired: readonly number[];
  readonly running: readonly number[];
  readonly oldestSeconds: readonly number[];
};

/** Minutes until CloudWatch has a datapoint: AWS's own metrics, and those that go through the log. */
const awsLag = 3;
const ownLag = 4;
const startSeconds = 60;
/** A task that Spot takes back is missing for this long. */
const replaceSeconds = 120;
const spotInterruptions = 6;
/** Messages at which the poller pauses (`MAX_QUEUE_MESSAGES`). */
const fullQueue = 50_000;

/** A day of the processor under a policy: what comes, what is stored, how old it grows, how many tasks run. */
export function simulate({ policy, stepIn, seed, messagesPerSecond }: Day): Course {
  const random = randomOf(seed);
  const scaling = new TargetTracking(policy, stepIn, 1);
  const interruptions = Array.from({ length: spotInterruptions }, () => Math.floor(random() * daySeconds));
  const queue = new WaitingMessages();
  const minutes: { readonly aws: Values; readonly own: { readonly breaker: number } }[] = [];
  const course: { [Name in keyof Course]: number[] } = { desired: [], running: [], oldestSeconds: [] };
  const starting: number[] = [];
  const metric: (number | undefined)[] = [];
  const seenOf = (minute: (typeof minutes)[number] | undefined, all: boolean) =>
    scaling.metricOf({ ...minute?.aws, breaker: all ? minute?.own.breaker : undefined });
  let ready = 1;
  let desired = 1;
  let sent = 0;
  let stored = 0;
  let gust = 1;
  for (let now = 0; now < daySeconds; now += stepSeconds) {
    ready += starting.filter((at) => at <= now).length;
    starting.splice(0, starting.length, ...starting.filter((at) => at > now));
    if (ready > 1 && interruptions.some((at) => at >= now && at < now + stepSeconds)) {
      ready -= 1;
      starting.push(now + replaceSeconds);
    }
    const down = now >= outage.from && now < outage.until;
    if (now % 30 === 0) gust = 0.6 + 0.8 * random();
    const coming = queue.length < fullQueue ? loadAt(now) * gust * stepSeconds : 0;
    queue.add(now, coming);
    sent += coming;
    if (!down) stored += queue.take(ready * messagesPerSecond * stepSeconds);

    if ((now + stepSeconds) % 60 !== 0) continue;
    minutes.push({
      aws: {
        visible: queue.length,
        sent,
        tasks: ready,
        cpu: 100 * Math.min(1, stored / (60 * ready * messagesPerSecond)),
      },
      own: { breaker: down ? 2 : 0 },
    });
    sent = 0;
    stored = 0;
    // All of the newest minutes but their own metrics has come; what was missing then is there by now.
    metric.length = Math.max(0, minutes.length - ownLag);
    for (let minute = metric.length; minute <= minutes.length - awsLag; minute++)
      metric.push(seenOf(minutes[minute], minute <= minutes.length - ownLag));
    desired = scaling.look(metric.slice(-15), now);
    const planned = ready + starting.length;
    for (let i = planned; i < desired; i++) starting.push(now + startSeconds);
    for (let i = planned; i > desired; i--) if (starting.pop() === undefined) ready -= 1;
    course.desired.push(desired);
    course.running.push(ready);
    course.oldestSeconds.push(queue.oldest(now + stepSeconds));
  }
  return course;
}

/** Messages in the order they came. */
class WaitingMessages {
  readonly #batches: { readonly since: number; count: number }[] = [];
  length = 0;

  add(since: number, count: number): void {
    if (count <= 0) return;
    this.#batches.push({ since, count });
    this.length += count;
  }

  take(count: number): number {
    const taken = Math.min(count, this.length);
    let left = taken;
    this.length -= taken;
    for (let first = this.#batches[0]; first && left >= first.count; first = this.#batches[0]) {
      left -= first.count;
      this.#batches.shift();
    }
    const first = this.#batches[0];
    if (first) first.count -= left;
    else this.length = 0;
    return taken;
  }

  oldest(now: number): number {
    const first = this.#batches[0];
    return first ? now - first.since : 0;
  }
}

/** How often scaling turned round: from out to in, or from in to out. */
export function turns(desired: readonly number[]): number {
  const steps = desired.slice(1).map((count, i) => Math.sign(count - (desired[i] ?? count)));
  const moves = steps.filter((step) => step !== 0);
  return moves.slice(1).filter((move, i) => move !== moves[i]).length;
}
