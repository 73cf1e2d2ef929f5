import { believableJump } from '@waybill/shared/scan-api/position.ts';

export type HeadSearch = {
  /** The position. */
  readonly last: number;
  /** A head fewer than `step` ids ahead is not searched for. */
  readonly step: number;
  /** Ids by which the result may be short of the head. */
  readonly precision: number;
  /** Probes at once. */
  readonly width: number;
};

/** The valid ids of one element from this id on. Undefined when it cannot be asked for (stopped, or a server that ignores the limit). */
type Probe = (fromEventId: number) => Promise<readonly number[] | undefined>;

/**
 * Searches for the feed's head: first `step` ids ahead, then by doubling, several probes at once, then by narrowing down.
 * Returns an id that the feed showed, at most `precision` ids short of the head; undefined when the head is nearer than
 * `step`, or cannot be asked for. The number of probes grows with the logarithm of the distance. An answer more than
 * 10,000 ids beyond its probe proves nothing: it may be one corrupt id.
 */
export async function findHead(
  { last, step, precision, width }: HeadSearch,
  probe: Probe,
): Promise<number | undefined> {
  const seen: { head: number | undefined; beyond: number } = { head: undefined, beyond: Number.MAX_SAFE_INTEGER };
  /** Whether the furthest of these showed something; undefined when one of them could not be asked. */
  const ask = async (distances: readonly number[]): Promise<boolean | undefined> => {
    const from = distances.map((distance) => last + distance).filter((id) => id < seen.beyond);
    const answers = await allEnded(from.map(probe));
    if (answers.includes(undefined)) return undefined;
    const shown = from.map((id, index) => ({ id, shown: lowestWithin(answers[index] ?? [], id) }));
    for (const { shown: id } of shown) if (id !== undefined && id > (seen.head ?? 0)) seen.head = id;
    for (const { id, shown: found } of shown)
      if (found === undefined && id > (seen.head ?? 0)) seen.beyond = Math.min(seen.beyond, id);
    return shown.at(-1)?.shown !== undefined;
  };
  if (!(await ask([step]))) return undefined;
  for (let distance = step * 2; ; distance *= 2 ** width) {
    const isShown = await ask(Array.from({ length: width }, (_, index) => distance * 2 ** index));
    if (isShown === undefined) return undefined;
    if (!isShown) break;
  }
  for (;;) {
    const nearest = seen.head ?? last;
    const { beyond } = seen;
    if (beyond - nearest <= precision) return seen.head;
    const part = Math.max(1, Math.floor((beyond - nearest) / (width + 1)));
    const isShown = await ask(Array.from({ length: width }, (_, index) => nearest - last + part * (index + 1)));
    if (isShown === undefined) return undefined;
    // No answer proved anything.
    if (seen.beyond === beyond && seen.head === nearest) return seen.head;
  }
}

/** The lowest valid id at or above the probe, and near enough to be believed. */
function lowestWithin(eventIds: readonly number[], asked: number): number | undefined {
  const ids = eventIds.filter((id) => id >= asked && id - asked < believableJump);
  return ids.length === 0 ? undefined : ids.reduce((a, b) => Math.min(a, b));
}

/** As `Promise.all`, but rejects only when all of them have ended: none goes on in the background. */
async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
