import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainItem } from '../../test/plain-item.ts';
import { itemBytes, writeUnitBytes } from '../item-size.ts';
import { activityItem, type ProcessIdentity, readActivityItem } from './activity-item.ts';
import { type ActivityLog, emptyLog, withInterval } from './activity-log.ts';
import { codeOf, numberOf } from './number-code.ts';
import type { Point } from './points.ts';
import { type ActiveKind, activeKinds, seriesOf } from './series.ts';
import { statesOf } from './states.ts';

const start = Date.parse('2026-11-29T12:00:00Z');
const identity = (kind: ActiveKind): ProcessIdentity => ({
  process: `${kind}-5f3a9c1b2d4e`,
  kind,
  version: '10.20.30',
  startedAtUtc: '2026-11-29T12:00:00.000Z',
});

const kinds = fc.constantFrom(...activeKinds);
/** What a million events per minute, and an outage of a year, count. */
const extreme = fc.integer({ min: 0, max: 50_000_000 });

/** A log of `minutes`, each with one interval, in which every series and state of the kind had one of these values. */
function filled(kind: ActiveKind, values: readonly number[]): ActivityLog {
  return values.reduce(
    (log, value, minute) =>
      withInterval(
        log,
        seriesOf(kind).map(([, { metric, where = {}, parts = 1 }], i) =>
          pointOf(metric, where, Math.round(value / (i + 1)) / parts),
        ),
        start + minute * 60_000 + 59_000,
      ),
    emptyLog(kind, start),
  );
}

function pointOf(metric: string, attributes: Readonly<Record<string, string>>, value: number): Point {
  return { metric, attributes, value, times: value };
}

describe('the item of a process', () => {
  test('is one write unit whatever was counted, and keeps at least half an hour of it', () => {
    fc.assert(
      fc.property(kinds, fc.array(extreme, { minLength: 60, maxLength: 60 }), (kind, values) => {
        const failing = statesOf(kind).map(([, { failing, label = '' }]) =>
          pointOf(failing.metric, { ...failing.where, [label]: 'a'.repeat(40) }, 1e9),
        );
        const log = withInterval(filled(kind, values), failing, start + 3_600_000);
        const item = activityItem(identity(kind), log);
        expect(itemBytes(item)).toBeLessThanOrEqual(writeUnitBytes);
        for (const row of readActivityItem(plainItem(item))?.ring.rows.values() ?? [])
          expect(row.length).toBeGreaterThan(30);
      }),
      { numRuns: 100 },
    );
  });

  test('keeps the whole hour of a busy process to which nothing happens', () => {
    fc.assert(
      fc.property(kinds, fc.array(fc.integer({ min: 20_000, max: 60_000 }), { minLength: 70 }), (kind, values) => {
        const { ring } = readActivityItem(plainItem(activityItem(identity(kind), filled(kind, values)))) ?? {};
        for (const row of ring?.rows.values() ?? []) expect(row).toHaveLength(60);
      }),
      { numRuns: 50 },
    );
  });

  test('is read as it was: minutes within 4 %, the last minute exact, states with their begin', () => {
    fc.assert(
      fc.property(kinds, fc.array(extreme, { minLength: 1, maxLength: 20 }), (kind, values) => {
        const log = filled(kind, values);
        const read = readActivityItem(plainItem(activityItem(identity(kind), log)));
        expect(read).toMatchObject({ ...identity(kind), stoppedAtUtc: null });
        expect(read?.ring.minute).toBe(log.ring.minute);
        for (const [name, row] of log.ring.rows) {
          const found = read?.ring.rows.get(name) ?? [];
          expect(found).toHaveLength(row.length);
          for (const [i, value] of row.entries()) {
            if (value === null) expect(found[i]).toBeNull();
            else expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(0.5 + value * 0.041);
          }
        }
        const [{ ms, counts } = { ms: 0, counts: new Map() }] = log.recent.slice(-1);
        expect(read?.recent.ms).toBe(ms);
        for (const [name, count] of counts) expect(read?.recent.counts.get(name)).toBe(Math.round(count));
        expect([...(read?.states ?? [])].map(([name, { sinceMs }]) => [name, sinceMs])).toEqual(
          [...log.streaks].map(([name, { sinceMs }]) => [name, sinceMs]),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('says of a stop when it was, and of nothing that it lasts', () => {
    const log = withInterval(
      emptyLog('poller', start),
      [pointOf('waybill.feed.errors', { error: '503' }, 2)],
      start + 9,
    );
    expect(readActivityItem(plainItem(activityItem(identity('poller'), log)))?.states.size).toBe(1);
    const last = readActivityItem(plainItem(activityItem(identity('poller'), log, { isLast: true })));
    expect(last).toMatchObject({ stoppedAtUtc: '2026-11-29T12:00:00.009Z', states: new Map() });
  });

  test('is not read where it is of another form', () => {
    const item = plainItem(activityItem(identity('poller'), emptyLog('poller', start)));
    expect(readActivityItem({ ...item, hour: Uint8Array.of(1, 2, 3) })).toBeUndefined();
    expect(readActivityItem({ ...item, kind: 'reader' })).toBeUndefined();
    expect(readActivityItem({ ...item, seenAtUtc: '<img onerror>' })).toBeUndefined();
    const hostile = readActivityItem({ ...item, feed: '2026-11-29T12:00:00.000Z <img>' });
    expect(hostile?.states.size).toBe(0);
  });
});

test('a number in a byte is exact to 31, within 4 % to 1e9, and never less for more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 1e9 }), (a, b) => {
      const read = numberOf(codeOf(a)) ?? -1;
      expect(Math.abs(read - a)).toBeLessThanOrEqual(a <= 31 ? 0 : 0.5 + a * 0.041);
      if (a <= b) expect(codeOf(a)).toBeLessThanOrEqual(codeOf(b));
    }),
  );
  expect(numberOf(codeOf(null))).toBeNull();
  expect(codeOf(1e15)).toBe(255);
});
