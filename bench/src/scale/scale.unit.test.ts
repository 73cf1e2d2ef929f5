import { describe, expect, test } from 'vitest';
import { benchmarkFigures } from './benchmark-figures.ts';
import { billOf } from './bill.ts';
import { keepingUp } from './keeping-up.ts';
import { limitsReached } from './limits-reached.ts';
import { scalePage } from './scale-page.ts';
import { environmentOf, scales } from './scales.ts';
import { rateOf, recoveryMinutes, simulateScenario } from './scenarios.ts';

/** Milliseconds for a busy machine: templates are synthesized, and weeks simulated. */
const patienceMs = 120_000;

test('docs/scale.md is what limits, prices and the simulation give', { timeout: patienceMs }, async () => {
  await expect(scalePage(1)).toMatchFileSnapshot('../../../docs/scale.md');
});

describe('what the page says in words', { timeout: patienceMs }, () => {
  const environments = scales.map((scale) => ({ scale, environment: environmentOf(scale.settings) }));
  const seeds = [1, 2, 3];
  const each = environments.flatMap((one) => seeds.map((seed) => ({ ...one, seed })));

  test('reading is the first limit', () => {
    expect(limitsReached()[0]?.limit).toMatch(/requests per second/);
  });

  test.for(each)('of $scale.name an hour holds with seed $seed', ({ scale, environment, seed }) => {
    const [day, outage] = (['day', 'outage'] as const).map((scenario) => {
      const result = simulateScenario(scale, environment, scenario, seed);
      return { result, bill: billOf(scale, environment, result) };
    });
    if (!day || !outage) throw new Error('two were simulated');
    // Gusts change the events of a day by a few per mille.
    expect(day.bill.events / (24 * scale.eventsPerHour)).toBeCloseTo(1, 1.5);
    // The deployment is enough: a day leaves no backlog, and an outage is worked off within an hour.
    expect(Math.max(...day.result.lagSeconds)).toBeLessThan(8 * 60);
    expect(recoveryMinutes(outage.result)).toBeLessThanOrEqual(60);
    expect(Math.abs(outage.bill.total / day.bill.total - 1)).toBeLessThan(0.05);
    if (scale.eventsPerHour >= 1e6) expect(day.bill.dynamodb / day.bill.total).toBeGreaterThan(0.9);
  });

  test('a backfill waits for its reader', () => {
    for (const { environment } of environments)
      expect(Math.min(environment.requestsAllow, environment.pollerReads)).toBeLessThan(
        environment.context.maxProcessors * environment.processorStores,
      );
  });
});

describe('the consumption of a pipeline that keeps up', () => {
  test('is as measured at the measured loads', () => {
    expect(keepingUp(100).writeUnits).toBeCloseTo(90.15, 2);
  });

  test('is in proportion between two loads, and the same per event above the highest', () => {
    const [low, middle, high] = [100, 550, 1_000].map((rate) => keepingUp(rate).writeUnits);
    expect(middle).toBeCloseTo(((low ?? 0) + (high ?? 0)) / 2, 6);
    expect(keepingUp(10_000).writeUnits).toBeCloseTo(10 * (high ?? 0), 6);
  });
});

test('the mean over all minutes of a day is its mean rate', () => {
  const { mean, at } = rateOf(scales[1]);
  const minutes = Array.from({ length: 24 * 60 }, (_, minute) => at(minute * 60 + 30));
  expect(minutes.reduce((a, b) => a + b, 0) / minutes.length / mean).toBeCloseTo(1, 2);
});

describe('the figures of the benchmark', () => {
  test('are those on its page', () => {
    const { command, pollerCpuMicros } = benchmarkFigures();
    expect(command).toMatch(/^npm run bench/);
    expect(pollerCpuMicros).toBeGreaterThan(0);
  });

  test('are reported when they are missing', () => {
    expect(() => benchmarkFigures('`npm run bench`\n')).toThrow(/docs\/benchmark.md has no/);
  });
});
