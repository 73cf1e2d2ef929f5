import { type Course, type Lags, simulatePipeline } from './pipeline.ts';
import type { Policy, Unknowns } from './target-tracking.ts';

const hour = 3600;
const daySeconds = 24 * hour;

/** The hour without DynamoDB. */
export const outage = { from: 18 * hour, until: 19 * hour };

/** Messages a second over a day: a quiet night, the morning's sorting, a steep spike at three, an evening that fades. */
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

/** The load at a second of any day. */
export function loadAt(second: number): number {
  const at = (second % daySeconds) / hour;
  const next = points.findIndex(([from]) => from > at);
  const [from, low] = points[next - 1] ?? points[0];
  const [until, high] = points[next] ?? [24, 0.5];
  return low + ((high - low) * (at - from)) / (until - from);
}

/** Messages a second over the whole of the day. */
export const meanLoad =
  points.slice(1).reduce((sum, [until, high], i) => {
    const [from, low] = points[i] ?? points[0];
    return sum + ((low + high) / 2) * (until - from);
  }, 0) / 24;

export type Day = Unknowns & {
  readonly policy: Policy;
  readonly lags: Lags;
  readonly seed: number;
  /** Full messages that one task stores in a second. */
  readonly messagesPerSecond: number;
};

/** A day of the processor under a policy: what comes, what is stored, how old it grows, how many tasks run. */
export function simulate({ messagesPerSecond, ...day }: Day): Course {
  return simulatePipeline({
    ...day,
    seconds: daySeconds,
    loadAt,
    taskStores: messagesPerSecond,
    outages: [outage],
  });
}

/** How often scaling turned round: from out to in, or from in to out. */
export function turns(desired: readonly number[]): number {
  const steps = desired.slice(1).map((count, i) => Math.sign(count - (desired[i] ?? count)));
  const moves = steps.filter((step) => step !== 0);
  return moves.slice(1).filter((move, i) => move !== moves[i]).length;
}
