/** Where a reader is in the feed. */
export type Position = {
  /** The EventId up to which the feed was read; `FIRST_EVENT_ID - 1` before anything was. */
  readonly last: number;
  /** Nothing was read yet: the first event is believed, however far above `last` it is. */
  readonly empty: boolean;
};

/** Ids, both ends included, that the position went over without seeing an event. */
export type Hole = { readonly from: number; readonly to: number };

export type Advance = { readonly position: Position; readonly holes: readonly Hole[] };

/** A jump of more ids than this is a hole to report, and believed only when something was seen beyond it: one corrupt id must not skip the feed. */
export const believableJump = 10_000;

/**
 * Moves the position over the valid event ids of one page, in any order and with repetitions. Ids at or below the
 * position move nothing. An id more than {@link believableJump} above the one before it moves the position only when a
 * valid id beyond it was seen: in the same page, or up to `shown` elsewhere.
 */
export function advance(position: Position, eventIds: Iterable<number>, shown = 0): Advance {
  const ids = [...eventIds].filter((id) => id > position.last).sort((a, b) => a - b);
  const highest = Math.max(shown, ids.at(-1) ?? 0);
  const holes: Hole[] = [];
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

/** The id to ask the feed for. Stays safe at the very end of the ids. */
export function nextEventId(position: Position): number {
  return Math.min(position.last + 1, Number.MAX_SAFE_INTEGER);
}

/** Times the usual step from one id to the next that a hole must have to say that events are gone: sparse ids make large holes too. */
const farLarger = 100;

/**
 * Whether a hole is far larger than the steps between the ids around it (their median), as when the feed's retention has
 * passed the reader. Where nothing else is known of the feed's steps, it is.
 */
export function isFarLarger(hole: Hole, eventIds: Iterable<number>): boolean {
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
