import { describe, expect, test } from 'vitest';
import { type ActivityLog, emptyLog, withInterval } from './activity-log.ts';
import type { Point } from './points.ts';
import type { ActiveKind } from './series.ts';

const start = Date.parse('2026-11-29T12:00:00Z');
const count = (metric: string, value: number, attributes: Readonly<Record<string, string>> = {}): Point => ({
  ...{ metric, attributes, value },
  times: value,
});
const gauge = (metric: string, value: number, attributes: Readonly<Record<string, string>> = {}): Point => ({
  ...{ metric, attributes, value },
  times: 1,
});
const failed = (error: string, times = 1) => count('waybill.feed.errors', times, { error });
const ok = (times = 1) => count('waybill.feed.requests', times, { outcome: 'ok' });

/** A log after intervals of ten seconds. */
function logOf(kind: ActiveKind, intervals: readonly (readonly Point[])[]): ActivityLog {
  return intervals.reduce(
    (log, points, i) => withInterval(log, points, start + (i + 1) * 10_000),
    emptyLog(kind, start),
  );
}

const none: readonly Point[] = [];
const repeated = (times: number, points: readonly Point[]) => Array.from({ length: times }, () => points);

describe('the minutes', () => {
  const row = (log: ActivityLog, name: Parameters<ActivityLog['ring']['rows']['get']>[0]) => log.ring.rows.get(name);

  test('add up what was counted, by its attributes, and keep the highest level', () => {
    const outcomes = (applied: number, merged: number) => [
      count('waybill.processor.outcomes', applied, { outcome: 'applied' }),
      count('waybill.processor.outcomes', merged, { outcome: 'merged' }),
    ];
    const depth = (value: number) => gauge('waybill.queue.depth', value, { queue: 'scans' });
    const log = logOf('processor', [
      [...outcomes(5, 1), depth(70)],
      [...outcomes(7, 0), depth(9)],
      ...repeated(4, none),
    ]);
    expect(row(log, 'applied')).toEqual([12, 0]);
    expect(row(log, 'merged')).toEqual([1, 0]);
    expect(row(log, 'queueDepth')).toEqual([70, null]);
  });

  test('are sixty at most, and those in which nothing was said are empty', () => {
    const before = logOf('poller', [[count('waybill.feed.events', 3)]]);
    const after = withInterval(before, [count('waybill.feed.events', 4)], start + 3 * 60_000);
    expect(row(after, 'read')).toEqual([3, 0, 0, 4]);
    const late = withInterval(after, none, start + 200 * 60_000);
    expect(row(late, 'read')).toEqual(Array(60).fill(0));
  });

  test('go on with the last one while a clock is set back', () => {
    const log = withInterval(
      logOf('poller', [[count('waybill.feed.events', 3)]]),
      [count('waybill.feed.events', 4)],
      0,
    );
    expect(row(log, 'read')).toEqual([7]);
  });

  test('move back with a clock that was far ahead, so that what is counted from then on is shown', () => {
    const [wrong, right] = [start + 86_400_000, start + 10_000];
    const ahead = withInterval(emptyLog('poller', wrong), [count('waybill.feed.events', 3)], wrong);
    const corrected = withInterval(ahead, [count('waybill.feed.events', 4)], right);
    expect(corrected.ring.minute).toBe(Math.floor(right / 60_000));
    expect(row(corrected, 'read')).toEqual([7]);
    const slewed = withInterval(logOf('poller', [none]), none, start - 60_000);
    expect(slewed.ring.minute).toBe(Math.floor(start / 60_000));
  });

  test('have dollars in millionths', () => {
    expect(row(logOf('processor', [[count('waybill.cost.spent', 0.000_04, { service: 'SQS' })]]), 'spent')).toEqual([
      40,
    ]);
  });

  test('let the age of the newest scan grow while nobody tells it, and this poller reads', () => {
    const lease = (value: number) => gauge('waybill.poller.lease', value);
    const intervals = [[lease(1), gauge('waybill.feed.lag', 4)], none, none];
    expect(row(logOf('poller', intervals), 'secondsBehind')).toEqual([24]);
    const lost = logOf('poller', [...intervals, [lease(0)], ...repeated(8, none)]);
    expect(row(lost, 'secondsBehind')?.at(-1)).toBeNull();
  });
});

describe('a state', () => {
  const stateOf = (log: ActivityLog, name: Parameters<ActivityLog['streaks']['get']>[0]) => {
    const streak = log.streaks.get(name);
    return streak && [streak.label, (streak.sinceMs - start) / 1_000];
  };

  test('begins when most requests fail, says with what, and ends when most do not', () => {
    const bad = [failed('503', 3), failed('none'), ok()];
    expect(stateOf(logOf('poller', [[ok(9)], bad]), 'feed')).toEqual(['503', 10]);
    expect(stateOf(logOf('poller', [[ok(9)], bad, bad]), 'feed')).toEqual(['503', 10]);
    expect(stateOf(logOf('poller', [[ok(9)], bad, [ok(5), failed('503')]]), 'feed')).toBeUndefined();
  });

  test('goes on while nothing is asked, because the next question has to wait', () => {
    expect(stateOf(logOf('poller', [[failed('401')], ...repeated(12, none)]), 'feed')).toEqual(['401', 0]);
  });

  test('is another one when something else goes wrong, and the same while an endpoint is away in several ways', () => {
    expect(stateOf(logOf('poller', [[failed('503')], [failed('none')], [failed('502')]]), 'feed')).toEqual(['502', 0]);
    expect(stateOf(logOf('poller', [[failed('503')], [failed('401')]]), 'feed')).toEqual(['401', 10]);
  });

  test('of a gauge lasts until each of several is told to be over, and names one that is not', () => {
    const breaker = (queue: string, value: number) => gauge('waybill.announcements.breaker', value, { queue });
    const open = [[breaker('a', 2)], [breaker('b', 2)], [breaker('a', 0)], none];
    expect(stateOf(logOf('processor', open), 'announcements')).toEqual(['b', 0]);
    expect(stateOf(logOf('processor', [...open, [breaker('b', 0)]]), 'announcements')).toBeUndefined();
  });

  test('of throttled requests ends half a minute after the last', () => {
    const throttled = [count('waybill.store.throttles', 3, { table: 'parcels' })];
    expect(stateOf(logOf('processor', [throttled, none, none]), 'throttled')).toEqual(['parcels', 0]);
    expect(stateOf(logOf('processor', [throttled, none, none, none]), 'throttled')).toBeUndefined();
  });

  test('never has a label that is not a name or a code', () => {
    expect(stateOf(logOf('poller', [[failed('<img onerror>')]]), 'feed')).toEqual(['', 0]);
  });
});

test('the last intervals are those of a minute', () => {
  const log = logOf('poller', repeated(20, [count('waybill.feed.events', 10)]));
  expect(log.recent.reduce((sum, { ms }) => sum + ms, 0)).toBe(60_000);
});
