import { type Point, selected, timesOf } from './points.ts';
import type { ActiveKind } from './series.ts';
import { quietMs, type StateDefinition, type StateName, statesOf } from './states.ts';

/** A state that lasts. */
export type Streak = {
  /** What goes wrong: a status code, a table, a queue; empty where there is nothing to tell. */
  readonly label: string;
  readonly sinceMs: number;
  /** When it was last seen to go wrong. */
  readonly lastMs: number;
};

export type Streaks = ReadonlyMap<StateName, Streak>;

/** The states after one interval, which ended at `nowMs` and began at `sinceMs`. */
export function withStates(
  before: Streaks,
  kind: ActiveKind,
  points: readonly Point[],
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Streaks {
  const after = new Map<StateName, Streak>();
  for (const [name, definition] of statesOf(kind)) {
    const streak = before.get(name);
    const label = labelOf(definition, points);
    if (label !== undefined) {
      const goesOn = streak && classOf(streak.label) === classOf(label);
      after.set(name, { label, sinceMs: goesOn ? streak.sinceMs : sinceMs, lastMs: nowMs });
    } else if (streak && lasts(definition, streak, points, nowMs)) after.set(name, streak);
  }
  return after;
}

/** What goes wrong most; undefined where nothing does, or more goes well. */
function labelOf({ failing, label, well = [] }: StateDefinition, points: readonly Point[]): string | undefined {
  const wrong = selected(points, failing).filter(({ value }) => value > 0);
  if (wrong.length === 0) return undefined;
  if (timesOf(wrong) <= timesOf(well.flatMap((selection) => selected(points, selection)))) return undefined;
  const [most] = wrong.toSorted((a, b) => b.value - a.value);
  return label === undefined ? '' : shown(most?.attributes[label]);
}

/** While nothing happens, what failed last has not healed, unless only failures are counted. A gauge says that it has ended. */
function lasts({ failing, well }: StateDefinition, { lastMs }: Streak, points: readonly Point[], nowMs: number) {
  if (well) return well.every((selection) => timesOf(selected(points, selection)) === 0);
  return selected(points, failing).length === 0 && nowMs - lastMs < quietMs;
}

/**
 * A state goes on while what goes wrong is of one class. A carrier that answers 502, 503 or nothing is away throughout; one that
 * answers 401 after that says something else. Whichever queue or table it is, the state is the same.
 */
function classOf(label: string): string {
  return /^[1-4]\d\d$/.test(label) ? label : '';
}

/** Labels are status codes, and names of tables and queues. */
function shown(label: unknown): string {
  return typeof label === 'string' && /^[\w.-]{1,80}$/.test(label) ? label : '';
}
