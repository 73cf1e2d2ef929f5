import { describe, expect, test } from 'vitest';
import { EventQueue } from './event-queue.ts';
import { simulatePipeline } from './pipeline.ts';
import { type Setting, usualLags } from './setting.ts';
import { alwaysOne } from './target-tracking.ts';
import { Waiting } from './waiting.ts';

const hour = 3_600;
const setting: Setting = {
  policy: alwaysOne,
  stepIn: 'one task',
  gap: 'stays a gap',
  lags: usualLags,
  seed: 1,
  seconds: 6 * hour,
  loadAt: () => 10,
  taskStores: 30,
  outages: [],
};
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe('a pipeline', () => {
  test('stores messages as they come, while it can', () => {
    const { stored, queued, lagSeconds } = simulatePipeline(setting);
    expect(sum(stored) / (6 * hour * 10)).toBeCloseTo(1, 1);
    expect(Math.max(...queued)).toBeLessThan(1e-6);
    expect(Math.max(...lagSeconds)).toBeLessThan(1e-6);
  });

  test('holds an hour of messages after an hour of outage, and works them off with its spare capacity', () => {
    const { queued, oldestSeconds } = simulatePipeline({ ...setting, outages: [{ from: hour, until: 2 * hour }] });
    expect((queued[119] ?? 0) / (hour * 10)).toBeCloseTo(1, 1);
    expect(oldestSeconds[119]).toBeCloseTo(hour, 0);
    // 36,000 messages at 20 per second more than come: half an hour.
    const empty = queued.findIndex((count, minute) => minute > 120 && count < 1);
    expect(empty - 120).toBeGreaterThan(26);
    expect(empty - 120).toBeLessThan(34);
  });

  test('stops reading at a full queue, and loses nothing', () => {
    const outages = [{ from: hour, until: 2 * hour }];
    const [bounded, unbounded] = [1_000, 50_000].map((fullQueue) =>
      simulatePipeline({ ...setting, readsAtMost: 40, fullQueue, outages }),
    );
    expect(Math.max(...(bounded?.queued ?? []))).toBeLessThanOrEqual(1_000 + 1e-3);
    expect(bounded?.lagSeconds[119]).toBeCloseTo(hour, 0);
    expect(bounded?.oldestSeconds[119]).toBeLessThanOrEqual(hour);
    expect(sum(bounded?.stored ?? [])).toBeCloseTo(sum(unbounded?.stored ?? []), 3);
  });

  test('reads a backlog of the feed no faster than it can', () => {
    const backlog = { messages: 2 * hour * 10, seconds: 2 * hour };
    const { lagSeconds, queued } = simulatePipeline({ ...setting, readsAtMost: 20, backlog });
    // 72,000 messages at 10 per second more than come: two hours.
    const caughtUp = lagSeconds.findIndex((lag) => lag < 1);
    expect(caughtUp).toBeGreaterThan(110);
    expect(caughtUp).toBeLessThan(130);
    expect(Math.max(...queued)).toBeLessThan(1);
  });

  test('stores no more than the table takes, which is twice what it took half an hour ago', () => {
    const table = { unitsPerMessage: 1, warm: 4, quota: 1_000 };
    const { stored } = simulatePipeline({ ...setting, table });
    expect((stored[20] ?? 0) / 60).toBeCloseTo(4, 6);
    expect((stored[50] ?? 0) / 60).toBeCloseTo(8, 6);
    expect((stored[80] ?? 0) / 60).toBeCloseTo(16, 6);
    const bounded = simulatePipeline({ ...setting, table: { ...table, quota: 6 } });
    expect(Math.max(...bounded.stored) / 60).toBeCloseTo(6, 6);
  });

  test('is the same for the same seed, and different for another', () => {
    const { stored } = simulatePipeline(setting);
    expect(simulatePipeline(setting).stored).toEqual(stored);
    expect(simulatePipeline({ ...setting, seed: 2 }).stored).not.toEqual(stored);
  });
});

test('events run by time, and at the same time in the order in which they were planned', () => {
  const events = new EventQueue();
  const happened: string[] = [];
  for (const [at, name] of [
    [3, 'd'],
    [1, 'a'],
    [2, 'b'],
    [2, 'c'],
    [9, 'e'],
  ] as const)
    events.plan(at, () => happened.push(name));
  while (events.nextAt < 9) events.next();
  expect(happened.join('')).toBe('abcd');
});

test('the age of messages that came evenly falls as they are taken', () => {
  const waiting = new Waiting();
  waiting.add(0, 10, 100);
  waiting.add(10, 20, 100);
  expect(waiting.age(20)).toBe(20);
  waiting.take(50);
  expect(waiting.age(20)).toBe(15);
  waiting.take(100);
  expect(waiting.age(20)).toBe(5);
  waiting.take(50);
  expect([waiting.age(20), waiting.length]).toEqual([0, 0]);
});
