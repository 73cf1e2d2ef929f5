import { definitionOf } from '../metrics.ts';
import type { Point } from './points.ts';
import { emptyRing, type Ring, type SeriesName, valuesOf, withValues } from './ring.ts';
import { type ActiveKind, isLevel, seriesOf } from './series.ts';
import { type Streaks, withStates } from './streaks.ts';

/** What one interval counted. */
type Interval = { readonly ms: number; readonly counts: ReadonlyMap<SeriesName, number> };

/** What a process knows of its last hour. */
export type ActivityLog = {
  readonly kind: ActiveKind;
  /** The end of the last interval. */
  readonly atMs: number;
  readonly ring: Ring;
  readonly streaks: Streaks;
  /** Gauges of states, by metric and attributes: each holds until the next record. */
  readonly held: ReadonlyMap<string, Point>;
  /** Ages as they are now, of series that grow. */
  readonly ages: ReadonlyMap<SeriesName, number>;
  /** The last intervals, together about {@link recentMs}. */
  readonly recent: readonly Interval[];
};

/** Milliseconds over which rates are told: shorter is restless, longer is late. */
const recentMs = 60_000;

export function emptyLog(kind: ActiveKind, nowMs: number): ActivityLog {
  const ring = emptyRing(kind, nowMs);
  return { kind, atMs: nowMs, ring, streaks: new Map(), held: new Map(), ages: new Map(), recent: [] };
}

/**
 * The log after an interval that ended at `nowMs`, and of which these points tell. Pure.
 *
 * @param ms that the interval took, by a clock that is never set: 1 or more
 */
export function withInterval(
  log: ActivityLog,
  fresh: readonly Point[],
  nowMs: number,
  ms = Math.max(1, nowMs - log.atMs),
): ActivityLog {
  const { kind } = log;
  const held = new Map(log.held);
  for (const point of fresh) if (definitionOf(point.metric)?.lasting) held.set(keyOf(point), point);
  const points = [...held.values(), ...fresh.filter(({ metric }) => !definitionOf(metric)?.lasting)];
  const recorded = valuesOf(kind, points);
  const ages = agesOf(log, points, recorded, ms);
  const values = new Map([...recorded, ...ages]);
  const counts = new Map([...values].filter(([name]) => !isLevel(name)));
  return {
    kind,
    atMs: nowMs,
    ring: withValues(log.ring, values, nowMs),
    streaks: withStates(log.streaks, kind, points, { sinceMs: nowMs - ms, nowMs }),
    held,
    ages,
    recent: lastOf([...log.recent, { ms, counts }]),
  };
}

/** An age that was not told anew has grown with the clock. */
function agesOf(
  { kind, ages }: ActivityLog,
  points: readonly Point[],
  recorded: ReadonlyMap<SeriesName, number>,
  ms: number,
): ReadonlyMap<SeriesName, number> {
  const grown = new Map<SeriesName, number>();
  for (const [name, { growsWhile }] of seriesOf(kind)) {
    if (!growsWhile || !points.some(({ metric, value }) => metric === growsWhile && value > 0)) continue;
    const before = ages.get(name);
    const age = recorded.get(name) ?? (before === undefined ? undefined : before + ms / 1_000);
    if (age !== undefined) grown.set(name, age);
  }
  return grown;
}

/** Without the oldest, as long as the others are enough. */
function lastOf(intervals: readonly Interval[]): readonly Interval[] {
  const [oldest, ...others] = intervals;
  if (!oldest || others.reduce((sum, { ms }) => sum + ms, 0) < recentMs) return intervals;
  return lastOf(others);
}

function keyOf({ metric, attributes }: Point): string {
  return `${metric} ${JSON.stringify(attributes)}`;
}
