import { type IdRange, without } from '../domain/id-range.ts';

/** Where a reader is in the feed. */
export type Position = {
  /** The EventId up to which the feed was read; `FIRST_EVENT_ID - 1` before the first page. */
  readonly last: number;
  /** Nothing was read yet. The first event is believed then, however far above `last` it is. */
  readonly empty: boolean;
};

/** A move of the position. */
export type Move = {
  /** The EventId up to which everything is on the queue then, but for gaps. */
  readonly last: number;
  /** Ids that the position went over without seeing them, to be watched from then on. */
  readonly gaps: readonly IdRange[];
  /** How many more gaps there were: of too many only the newest are kept. */
  readonly droppedGaps: number;
};

export type Advance = {
  readonly position: Position;
  /** Ids that the position jumped over: to be reported, too many to be watched. */
  readonly holes: readonly IdRange[];
};

/** A jump of more ids than this is a hole. It is believed only when something was seen beyond it: one corrupt id must not skip the feed. */
export const believableJump = 10_000;

/**
 * Moves the position over the valid event ids of one page, in any order and with repetitions. An id that is a jump (see
 * {@link believableJump}) moves it only when a higher valid id was seen: in the same page, or elsewhere up to `shown`.
 */
export function advance(position: Position, eventIds: Iterable<number>, shown = 0): Advance {
  const ids = [...eventIds].filter((id) => id > position.last).sort((a, b) => a - b);
  const highest = Math.max(shown, ids.at(-1) ?? 0);
  const holes: IdRange[] = [];
  let { last, empty } = position;
  for (const id of ids) {
    const isJump = !empty && id - last > believableJump;
    if (isJump && id >= highest) break;
    if (isJump) holes.push({ from: last + 1, to: id - 1 });
    last = id;
    empty = false;
  }
  return { position: { last, empty }, holes };
}

/** The id to ask the feed for. Stays a safe integer at the very end of the ids. */
export function nextEventId(position: Position): number {
  return Math.min(position.last + 1, Number.MAX_SAFE_INTEGER);
}

/** A hole this many times the usual step from one id to the next suggests that events are gone. Sparse ids make large holes too. */
const farLarger = 100;

/**
 * Whether a hole is far larger than the steps between the ids around it (their median), as when the feed deletes events
 * before they are read. True when no other step is known.
 */
export function isFarLarger(hole: IdRange, eventIds: Iterable<number>): boolean {
  const ids = [...new Set(eventIds)].sort((a, b) => a - b);
  const steps = ids
    .slice(1)
    .map((id, index) => ({ from: ids[index] ?? 0, ids: id - (ids[index] ?? 0) }))
    .filter(({ from }) => from + 1 !== hole.from)
    .map((step) => step.ids)
    .sort((a, b) => a - b);
  const usual = steps[Math.floor((steps.length - 1) / 2)] ?? 1;
  return hole.to - hole.from + 2 > farLarger * usual;
}

/**
 * The ids above `after`, up to `through`, that are neither valid ids of the page nor otherwise `accountedFor`. A jump of
 * more than {@link believableJump} ids is a hole and left out.
 */
export function gapsBetween(
  after: number,
  validIds: readonly number[],
  through: number,
  accountedFor: readonly number[] = [],
): readonly IdRange[] {
  const ids = validIds.filter((id) => id > after && id <= through).sort((a, b) => a - b);
  const gaps: IdRange[] = [];
  let last = after;
  for (const id of [...ids, through + 1]) {
    if (id - last > 1 && id - last <= believableJump) gaps.push({ from: last + 1, to: id - 1 });
    last = Math.max(last, id);
  }
  return accountedFor.length === 0 ? gaps : without(gaps, accountedFor);
}
