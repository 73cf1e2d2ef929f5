import { type Point, selected } from './points.ts';
import { type ActiveKind, type CountSeries, isLevel, type LevelSeries, seriesOf } from './series.ts';

export type SeriesName = CountSeries | LevelSeries;

/** Minutes that are kept. */
export const keptMinutes = 60;

export const minuteMs = 60_000;

/** Minutes by which a clock is set back when it is corrected in the course of things. */
const mostBack = 2;

/** What one process counted in each of the last minutes. */
export type Ring = {
  /** The last minute, under way: since 1970. */
  readonly minute: number;
  /** By series, the oldest minute first: counts in parts of 1, levels null where there is none. All of one length. */
  readonly rows: ReadonlyMap<SeriesName, readonly (number | null)[]>;
};

export function emptyRing(kind: ActiveKind, nowMs: number): Ring {
  const rows = seriesOf(kind).map(([name]) => [name, [isLevel(name) ? null : 0]] as const);
  return { minute: Math.floor(nowMs / minuteMs), rows: new Map(rows) };
}

/** The ring with what one interval brought. An interval that begins in one minute and ends in the next counts for the next. */
export function withValues(ring: Ring, values: ReadonlyMap<SeriesName, number>, nowMs: number): Ring {
  const current = Math.floor(nowMs / minuteMs);
  // A clock that was set back a little goes on with the minute that it had come to. After more the minutes move back with it:
  // else this process would count beyond what is shown until the clock has come there again.
  const minute = ring.minute - current > mostBack ? current : Math.max(ring.minute, current);
  const passed = Math.min(keptMinutes, Math.max(0, minute - ring.minute));
  const rows = [...ring.rows].map(([name, row]) => {
    const none = isLevel(name) ? null : 0;
    const moved = [...row, ...Array<number | null>(passed).fill(none)].slice(-keptMinutes);
    const value = values.get(name);
    if (value === undefined) return [name, moved] as const;
    const before = moved.at(-1) ?? null;
    const now = before === null ? value : isLevel(name) ? Math.max(before, value) : before + value;
    return [name, moved.with(-1, now)] as const;
  });
  return { minute, rows: new Map(rows) };
}

/** What the points of one interval are in each series: of counts what was added, of levels the highest. */
export function valuesOf(kind: ActiveKind, points: readonly Point[]): ReadonlyMap<SeriesName, number> {
  const values = new Map<SeriesName, number>();
  for (const [name, definition] of seriesOf(kind)) {
    const found = selected(points, definition).map(({ value }) => Math.max(0, value * (definition.parts ?? 1)));
    if (found.length === 0) continue;
    values.set(name, isLevel(name) ? Math.max(...found) : found.reduce((sum, value) => sum + value, 0));
  }
  return values;
}
