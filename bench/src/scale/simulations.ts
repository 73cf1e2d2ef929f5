import { type Bill, billOf } from './bill.ts';
import { type Environment, environmentOf, type Scale, scales } from './scales.ts';
import { type Result, type Scenario, simulateScenario } from './scenarios.ts';

/** A scenario of one scale: how one environment went through it, and what all its feeds cost. */
export type Simulation = {
  readonly scale: Scale;
  readonly environment: Environment;
  readonly result: Result;
  readonly bill: Bill;
};

/** The million per hour, with a whole core for poller and processors while a backfill lasts. */
export const hurried: Scale = {
  ...scales[1],
  name: '1 million, hurried',
  settings: { ...scales[1].settings, pollerSize: '1024/2048', processorSize: '1024/2048' },
};

export type Simulations = {
  readonly days: readonly Simulation[];
  readonly outages: readonly Simulation[];
  /** Of the scales, then of {@link hurried}. */
  readonly backfills: readonly Simulation[];
};

/** Simulates every scenario of every scale. Everything random follows from the seed. */
export function simulateAll(seed: number): Simulations {
  const deployed = [...scales, hurried].map((scale) => ({ scale, environment: environmentOf(scale.settings) }));
  const simulate = (scenario: Scenario, of: readonly Pick<Simulation, 'scale' | 'environment'>[]): Simulation[] =>
    of.map(({ scale, environment }) => {
      const result = simulateScenario(scale, environment, scenario, seed);
      return { scale, environment, result, bill: billOf(scale, environment, result) };
    });
  const ordinary = deployed.slice(0, scales.length);
  return {
    days: simulate('day', ordinary),
    outages: simulate('outage', ordinary),
    backfills: simulate('backfill', deployed),
  };
}
