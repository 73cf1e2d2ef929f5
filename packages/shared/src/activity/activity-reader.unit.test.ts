import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { plainItem } from '../../test/plain-item.ts';
import { createMetrics } from '../telemetry/create-metrics.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { type Item, readActivityItem } from './activity-item.ts';
import { ActivityReader } from './activity-reader.ts';

const start = Date.parse('2026-11-29T12:00:00Z');

beforeEach(() => void vi.useFakeTimers({ now: start }));
afterEach(() => void vi.useRealTimers());

/** A process whose items are taken by `put`. */
function processOf(put: (item: Item) => Promise<void>) {
  const failures: unknown[] = [];
  const reader = new ActivityReader({
    identity: { process: 'processor-1', kind: 'processor', version: '1.0.0', startedAtUtc: '2026-11-29T12:00:00.000Z' },
    intervalMs: 10_000,
    put,
    failed: (error) => failures.push(error),
    // A little off, so that no interval is whole.
    clock: { now: Date.now, monotonic: () => performance.now() * 1.000_03 },
  });
  const telemetry = startTelemetry({ service: 'test', otlp: false, reader });
  return { metrics: createMetrics(telemetry.meter, 'processor'), telemetry, failures };
}

describe('what a process says of itself', () => {
  test('is written every ten seconds, from its metrics alone', async () => {
    const items: Item[] = [];
    const { metrics, telemetry } = processOf(async (item) => void items.push(item));
    metrics['waybill.processor.events'].add(700);
    metrics['waybill.queue.message_age'].record(3);
    metrics['waybill.queue.message_age'].record(12);
    await vi.advanceTimersByTimeAsync(10_000);
    metrics['waybill.processor.events'].add(50);
    metrics['waybill.processor.breaker'].record(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(items).toHaveLength(3);
    const said = readActivityItem(plainItem(items.at(-1) ?? {}));
    expect(said).toMatchObject({ process: 'processor-1', seenAtUtc: '2026-11-29T12:00:30.000Z', stoppedAtUtc: null });
    expect(said?.recent).toMatchObject({ ms: 30_000 });
    expect(said?.recent.counts.get('stored')).toBe(750);
    expect(said?.ring.rows.get('oldestSeconds')).toEqual([12]);
    expect(said?.states.get('parcelsStore')).toEqual({ label: '', sinceMs: start + 10_000 });
    await telemetry.stop();
    expect(readActivityItem(plainItem(items.at(-1) ?? {}))).toMatchObject({ stoppedAtUtc: '2026-11-29T12:00:30.000Z' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(items).toHaveLength(4);
  });

  test('has rates over the time that passed, and a whole number of it, whatever becomes of the clock', async () => {
    const items: Item[] = [];
    const { metrics, telemetry } = processOf(async (item) => void items.push(item));
    await vi.advanceTimersByTimeAsync(10_000);
    vi.setSystemTime(start - 3_600_000);
    metrics['waybill.processor.events'].add(50);
    await vi.advanceTimersByTimeAsync(10_000);
    const said = readActivityItem(plainItem(items.at(-1) ?? {}));
    expect(said?.recent.ms).toBe(20_000);
    expect(said?.recent.counts.get('stored')).toBe(50);
    await telemetry.stop();
  });

  test('is not written where it ends at its start, having done nothing: it may be started again and again', async () => {
    const items: Item[] = [];
    const idle = processOf(async (item) => void items.push(item));
    await vi.advanceTimersByTimeAsync(3_000);
    await idle.telemetry.stop();
    expect(items).toEqual([]);
    const busy = processOf(async (item) => void items.push(item));
    busy.metrics['waybill.processor.events'].add(7);
    await busy.telemetry.stop();
    expect(items).toHaveLength(1);
  });

  test('that cannot be written is told, and the next item says it, too', async () => {
    const items: Item[] = [];
    const outcomes = [new Error('throttled'), undefined].values();
    const { metrics, failures, telemetry } = processOf(async (item) => {
      const error = outcomes.next().value;
      if (error) throw error;
      items.push(item);
    });
    metrics['waybill.processor.events'].add(7);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(failures).toEqual([new Error('throttled')]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(readActivityItem(plainItem(items[0] ?? {}))?.recent.counts.get('stored')).toBe(7);
    await telemetry.stop();
  });

  test('is not tried while the write before is under way, and what was counted meanwhile is kept', async () => {
    const items: Item[] = [];
    const hanging = Promise.withResolvers<void>();
    const { metrics, telemetry } = processOf((item) => {
      items.push(item);
      return items.length === 1 ? hanging.promise : Promise.resolve();
    });
    for (let i = 0; i < 4; i += 1) {
      metrics['waybill.processor.events'].add(5);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(items).toHaveLength(1);
    hanging.resolve();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(readActivityItem(plainItem(items[1] ?? {}))?.recent.counts.get('stored')).toBe(20);
    await telemetry.stop();
  });
});
