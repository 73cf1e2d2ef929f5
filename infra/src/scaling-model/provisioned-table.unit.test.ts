import { describe, expect, test } from 'vitest';
import { parcelsCapacity, targetUtilization, unitsPerEvent } from '../data/provisioned-capacity.ts';
import { loadAt, meanLoad } from './day.ts';
import { simulatePipeline } from './pipeline.ts';
import { ProvisionedTable } from './provisioned-table.ts';
import { type Provisioned, type Setting, usualLags } from './setting.ts';
import { alwaysOne } from './target-tracking.ts';

const table = { unitsPerMessage: 1, units: { initial: 100, min: 50, max: 1_000 }, target: 70 };

/** The units after each minute in which so many messages per second were stored. */
function unitsAfter(units: Provisioned['units'], ...storedPerSecond: readonly number[]): number[] {
  const scaled = new ProvisionedTable({ ...table, units });
  return storedPerSecond.map((stored, i) => {
    scaled.passed(60, stored * 60);
    scaled.endMinute(i + 1);
    return scaled.units;
  });
}

describe('a provisioned table', () => {
  test('grows to what two minutes in a row need, when its metrics show them; one minute does nothing', () => {
    expect(unitsAfter(table.units, 70, 140, 70, 70, 70)).toEqual([100, 100, 100, 100, 100]);
    expect(unitsAfter(table.units, 140, 140, 140, 140)).toEqual([100, 100, 200, 200]);
  });

  test('grows by two fifths at a time while it is throttled, because what is refused does not show', () => {
    const scaled = new ProvisionedTable(table);
    const units = Array.from({ length: 12 }, (_, i) => {
      scaled.passed(60, scaled.units * 60);
      scaled.endMinute(i + 1);
      return scaled.units;
    });
    expect(units.slice(2, 10)).toEqual([143, 143, 143, 205, 205, 205, 293, 293]);
  });

  test('shrinks after a quarter of an hour: four times in a day, then once per hour', () => {
    const falling = Array.from({ length: 360 }, (_, minute) => 700 * 0.99 ** minute);
    const units = unitsAfter({ initial: 1_000, min: 50, max: 1_000 }, ...falling);
    const decreases = units.flatMap((now, i) => (i > 0 && now < (units[i - 1] ?? 0) ? [i] : []));
    expect(decreases[0]).toBeGreaterThan(14);
    expect(decreases.length).toBeGreaterThan(4);
    for (const [i, at] of decreases.entries())
      if (i >= 4) expect(at - (decreases[i - 1] ?? 0)).toBeGreaterThanOrEqual(60);
    expect(units.at(-1)).toBeGreaterThanOrEqual(50);
  });

  test('takes more for a while: what it did not use in five minutes', () => {
    const rested = new ProvisionedTable(table);
    expect(rested.takesFor(5)).toBe(100);
    rested.passed(3_600, 0);
    expect(rested.takesFor(5)).toBe(100 + (300 * 100) / 5);
    rested.passed(5, 5 * rested.takesFor(5));
    expect(rested.takesFor(5)).toBe(100);
  });
});

describe('the parcels table with capacity=provisioned at 1,000 events per second', () => {
  const eventsPerSecond = 1_000;
  const hour = 3_600;
  const units = parcelsCapacity({
    capacity: 'provisioned',
    eventsPerSecond,
    minWriteUnits: undefined,
    maxWriteUnits: undefined,
    webhooks: [],
  })?.writes;
  if (!units) throw new Error('the table has no units');
  const setting: Setting = {
    // Processors are no limit here: the table is on its own.
    policy: alwaysOne,
    taskStores: 10 * meanLoad,
    readsAtMost: 5 * meanLoad,
    stepIn: 'one task',
    gap: 'stays a gap',
    lags: usualLags,
    seed: 1,
    seconds: 24 * hour,
    loadAt,
    outages: [],
    table: {
      unitsPerMessage: (eventsPerSecond * unitsPerEvent.table) / meanLoad,
      units,
      target: targetUtilization,
    },
  };
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  /** The most throttled minutes of any hour: what its alarm counts. */
  const inOneHour = (throttledSeconds: readonly number[]) =>
    Math.max(
      ...throttledSeconds.map((_, i) => throttledSeconds.slice(Math.max(0, i - 59), i + 1).filter((s) => s > 0).length),
    );

  test('takes a day as it comes: nothing is throttled, nothing waits, everything is stored', () => {
    const { throttledSeconds, lagSeconds, stored, queued } = simulatePipeline(setting);
    expect(sum(throttledSeconds)).toBe(0);
    expect(Math.max(...lagSeconds)).toBeLessThan(60);
    expect(queued.at(-1)).toBeLessThan(1);
    const { table: _, ...unlimited } = setting;
    expect(sum(stored)).toBeCloseTo(sum(simulatePipeline(unlimited).stored), 0);
  });

  test('works off an hour of outage within the next, throttled for less of it than raises the alarm', () => {
    const course = simulatePipeline({
      ...setting,
      seconds: 14 * hour,
      outages: [{ from: 9 * hour, until: 10 * hour }],
    });
    const caughtUp = course.lagSeconds.findIndex((lag, minute) => minute >= 600 && lag < 60);
    expect(caughtUp - 600).toBeGreaterThan(30);
    expect(caughtUp - 600).toBeLessThan(70);
    expect(course.queued.at(-1)).toBeLessThan(1);
    expect(inOneHour(course.throttledSeconds)).toBeGreaterThan(15);
    expect(inOneHour(course.throttledSeconds)).toBeLessThan(45);
  });

  test('raises the alarm when it may not grow as far as the load does, and still stores everything later', () => {
    const small = { ...units, initial: 1_429, max: 2_000 };
    const { throttledSeconds, queued } = simulatePipeline({
      ...setting,
      table: { unitsPerMessage: (eventsPerSecond * unitsPerEvent.table) / meanLoad, units: small, target: 70 },
    });
    expect(inOneHour(throttledSeconds)).toBe(60);
    expect(Math.max(...queued)).toBeGreaterThan(10_000);
    expect(queued.at(-1)).toBeLessThan(1);
  });
});
