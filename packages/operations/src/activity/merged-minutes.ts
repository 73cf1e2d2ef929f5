import type { ProcessActivity } from '@waybill/shared/activity/activity-item.ts';
import { keptMinutes, minuteMs, type SeriesName } from '@waybill/shared/activity/ring.ts';
import {
  type CountSeries,
  countSeries,
  type LevelSeries,
  levelSeries,
  type SeriesDefinition,
} from '@waybill/shared/activity/series.ts';
import type { Activity } from './activity.ts';

// The keys are those of the records; Object.keys cannot say so.
const countNames = Object.keys(countSeries) as CountSeries[];
const levelNames = Object.keys(levelSeries) as LevelSeries[];

/** Events below which a price for a million says nothing. */
const leastEvents = 1_000;

/** The minutes of all processes as one: counts are added up, of levels the highest is taken. */
export function mergedMinutes(
  processes: readonly ProcessActivity[],
  nowMs: number,
): Pick<Activity, 'minutes' | 'counts' | 'levels'> {
  const last = Math.floor(nowMs / minuteMs);
  const minutes = Array.from({ length: keptMinutes }, (_, i) => last - keptMinutes + 1 + i);
  const valuesIn = (minute: number, series: SeriesName) =>
    processes.flatMap(({ ring }) => {
      const row = ring.rows.get(series);
      const value = row?.[minute - ring.minute + row.length - 1];
      return value === null || value === undefined ? [] : [value];
    });
  return {
    minutes: minutes.map((minute) => new Date(minute * minuteMs).toISOString()),
    counts: eachOf(countNames, (series) => minutes.map((minute) => sumOf(valuesIn(minute, series)) / partsOf(series))),
    levels: eachOf(levelNames, (series) =>
      minutes.map((minute) => {
        const values = valuesIn(minute, series);
        return values.length === 0 ? null : Math.max(...values);
      }),
    ),
  };
}

/** What these processes count per second, each over its own last minute. */
export function ratesOf(processes: readonly ProcessActivity[]): Activity['perSecond'] {
  return eachOf(countNames, (series) =>
    sumOf(
      processes.map(({ recent }) =>
        recent.ms === 0 ? 0 : ((recent.counts.get(series) ?? 0) / partsOf(series) / recent.ms) * 1_000,
      ),
    ),
  );
}

export function dollarsPerMillion({ spent, stored }: Activity['counts']): number | null {
  const events = sumOf(stored);
  return events < leastEvents ? null : (sumOf(spent) / events) * 1e6;
}

function partsOf(series: CountSeries): number {
  const { parts = 1 }: SeriesDefinition = countSeries[series];
  return parts;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function eachOf<Name extends string, T>(names: readonly Name[], of: (name: Name) => T): Record<Name, T> {
  // Every name is there; Object.fromEntries cannot say so.
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, T>;
}
