import { compile, type GapBesideNumber, type Metrics, type Series } from './metric-math.ts';

/** A target-tracking policy as the template holds it. */
export type Policy = {
  readonly target: number;
  readonly scaleOutCooldown: number;
  readonly scaleInCooldown: number;
  readonly min: number;
  readonly max: number;
  /** The expressions by id, in their order; the last one is compared with the target. */
  readonly expressions: readonly (readonly [id: string, expression: string])[];
};

/** Always one task: nothing scales. */
export const alwaysOne: Policy = {
  target: 1e9,
  scaleOutCooldown: 300,
  scaleInCooldown: 900,
  min: 1,
  max: 1,
  expressions: [['waiting', 'visible * 1']],
};

/** How many tasks a step in leaves. AWS documents only that it is more gradual than a step out, so both ends are tried. */
export type StepIn = 'proportional' | 'one task';

/** What AWS leaves open. */
export type Unknowns = { readonly stepIn: StepIn; readonly gap: GapBesideNumber };

/** One-minute datapoints above the target that the high alarm needs, and below 90 % of it that the low alarm needs. */
const highDatapoints = 3;
const lowDatapoints = 15;
const lowShare = 0.9;

/**
 * Application Auto Scaling with one target-tracking policy (its user guide, "How target tracking scaling works"). It
 * scales out in proportion to the metric. During the cooldown it scales out only beyond the last step, counted from where
 * that step began. It scales in only after the cooldown of the last step in.
 */
export class TargetTracking {
  readonly #policy: Policy;
  readonly #stepIn: StepIn;
  readonly #terms: readonly { readonly id: string; readonly seriesOf: (metrics: Metrics) => Series }[];
  #desired: number;
  #baseOut: number;
  #outUntil = Number.NEGATIVE_INFINITY;
  #inFrom = Number.NEGATIVE_INFINITY;

  constructor(policy: Policy, { stepIn, gap }: Unknowns, desired: number) {
    this.#policy = policy;
    this.#stepIn = stepIn;
    this.#terms = policy.expressions.map(([id, expression]) => ({ id, seriesOf: compile(expression, gap) }));
    this.#desired = desired;
    this.#baseOut = desired;
  }

  /**
   * Returns the desired count by all that CloudWatch has of the last minutes; `now` in seconds. Like an alarm, it takes the
   * newest datapoints that there are (CloudWatch user guide, "How alarm state is evaluated when data is missing").
   */
  evaluate(metrics: Metrics, now: number): number {
    const { target, min, max, scaleOutCooldown, scaleInCooldown } = this.#policy;
    const datapoints = this.#metricOf(metrics).filter((value) => value !== undefined);
    const newest = datapoints.at(-1);
    if (newest === undefined) return this.#desired;
    if (all(datapoints, highDatapoints, (value) => value > target)) {
      if (now >= this.#outUntil) this.#baseOut = this.#desired;
      const wanted = Math.min(max, Math.ceil((this.#baseOut * newest) / target));
      if (wanted > this.#desired) {
        this.#desired = wanted;
        this.#outUntil = now + scaleOutCooldown;
      }
    } else if (all(datapoints, lowDatapoints, (value) => value < lowShare * target) && now >= this.#inFrom) {
      const wanted = Math.max(min, Math.ceil((this.#desired * newest) / target));
      const next = this.#stepIn === 'proportional' ? wanted : Math.max(wanted, this.#desired - 1);
      if (next < this.#desired) {
        this.#desired = next;
        this.#inFrom = now + scaleInCooldown;
      }
    }
    return this.#desired;
  }

  #metricOf(measured: Metrics): Series {
    const metrics: Record<string, Series> = { ...measured };
    let last: Series = [];
    for (const { id, seriesOf } of this.#terms) {
      last = seriesOf(metrics);
      metrics[id] = last;
    }
    return last;
  }
}

function all(datapoints: readonly number[], count: number, holds: (value: number) => boolean): boolean {
  const last = datapoints.slice(-count);
  return last.length === count && last.every(holds);
}
