import type { Metrics } from './metric-math.ts';
import { type Policy, TargetTracking, type Unknowns } from './target-tracking.ts';

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

/** Minutes until CloudWatch has a datapoint of SQS, of ECS, and of a process, whose metrics go through the log. */
export type Lags = { readonly sqs: number; readonly ecs: number; readonly own: number };

export type Day = Unknowns & {
  readonly policy: Policy;
  readonly lags: Lags;
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

/** Who tells each metric. */
const sources = { visible: 'sqs', sent: 'sqs', tasks: 'ecs', cpu: 'ecs', breaker: 'own' } as const;
/** Minutes that a look reaches back: the low alarm's fifteen, and as many as the latest metric may be missing. */
const lookMinutes = 21;
const startSeconds = 60;
/** A task that Spot takes back is missing for this long. */
const replaceSeconds = 120;
const spotInterruptions = 6;
/** Messages at which the poller pauses (`MAX_QUEUE_MESSAGES`). */
const fullQueue = 50_000;

/** A day of the processor under a policy: what comes, what is stored, how old it grows, how many tasks run. */
export function simulate({ policy, lags, seed, messagesPerSecond, ...unknowns }: Day): Course {
  const random = randomOf(seed);
  const scaling = new TargetTracking(policy, unknowns, 1);
  const interruptions = Array.from({ length: spotInterruptions }, () => Math.floor(random() * daySeconds));
  const queue = new WaitingMessages();
  const minutes: Readonly<Record<string, number>>[] = [];
  const course: { [Name in keyof Course]: number[] } = { desired: [], running: [], oldestSeconds: [] };
  const starting: number[] = [];
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
      visible: queue.length,
      sent,
      tasks: ready,
      cpu: 100 * Math.min(1, stored / (60 * ready * messagesPerSecond)),
      breaker: down ? 2 : 0,
    });
    sent = 0;
    stored = 0;
    desired = scaling.look(seenOf(minutes.slice(-lookMinutes), lags), now);
    const planned = ready + starting.length;
    for (let i = planned; i < desired; i++) starting.push(now + startSeconds);
    for (let i = planned; i > desired; i--) if (starting.pop() === undefined) ready -= 1;
    course.desired.push(desired);
    course.running.push(ready);
    course.oldestSeconds.push(queue.oldest(now + stepSeconds));
  }
  return course;
}

/** What CloudWatch has of the last minutes: nothing of those that a source has not told yet. */
function seenOf(minutes: readonly Readonly<Record<string, number>>[], lags: Lags): Metrics {
  return Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [
      name,
      minutes.map((minute, i) => (i <= minutes.length - lags[source] ? minute[name] : undefined)),
    ]),
  );
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
