import { type IdRange, without } from '@waybill/shared/domain/id-range.ts';

/**
 * Many gaps in little memory, ascending and apart from each other: for each its first and its last id, 16 bytes. A list of
 * ranges takes 80 (measured under Node 24).
 */
export type PackedGaps = Float64Array;

export function packGaps(ranges: readonly IdRange[]): PackedGaps {
  const packed = new Float64Array(ranges.length * 2);
  for (const [index, { from, to }] of ranges.entries()) {
    packed[index * 2] = from;
    packed[index * 2 + 1] = to;
  }
  return packed;
}

function unpackGaps(packed: PackedGaps): IdRange[] {
  const ranges: IdRange[] = [];
  for (let index = 0; index < packed.length; index += 2)
    ranges.push({ from: packed[index] ?? 0, to: packed[index + 1] ?? 0 });
  return ranges;
}

/** These gaps, and then others that lie above them. */
export function appendGaps(packed: PackedGaps, ranges: readonly IdRange[]): PackedGaps {
  const all = new Float64Array(packed.length + ranges.length * 2);
  all.set(packed);
  all.set(packGaps(ranges), packed.length);
  return all;
}

/** How many ranges there are. */
export function lengthOfPacked(packed: PackedGaps): number {
  return packed.length / 2;
}

/** Index of the first gap that does not end before the id. */
function firstAt(packed: PackedGaps, id: number): number {
  let low = 0;
  let high = packed.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((packed[middle * 2 + 1] ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the id lies in one of the gaps. */
export function holdsPacked(packed: PackedGaps, id: number): boolean {
  const from = packed[firstAt(packed, id) * 2];
  return from !== undefined && from <= id;
}

/** The gaps without these ids. */
export function closePacked(packed: PackedGaps, ids: readonly number[]): PackedGaps {
  return ids.some((id) => holdsPacked(packed, id)) ? packGaps(without(unpackGaps(packed), ids)) : packed;
}

/** The gaps, or parts of them, from the id on. */
export function packedFrom(packed: PackedGaps, id: number): PackedGaps {
  const rest = packed.slice(firstAt(packed, id) * 2);
  if (rest[0] !== undefined) rest[0] = Math.max(rest[0], id);
  return rest;
}

/** How many ids from this one up to the last gap's end lie in no gap. */
export function presentFrom(packed: PackedGaps, id: number): number {
  let present = 0;
  let next = id;
  for (let index = firstAt(packed, id) * 2; index < packed.length; index += 2) {
    present += Math.max(0, (packed[index] ?? 0) - next);
    next = (packed[index + 1] ?? 0) + 1;
  }
  return present;
}
