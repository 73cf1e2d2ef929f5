/** Event ids, both ends included. */
export type IdRange = { readonly from: number; readonly to: number };

/**
 * The ranges, ascending and apart from each other, without these ids. What is left of a range keeps its other fields.
 * Takes one pass over both.
 */
export function without<R extends IdRange>(ranges: readonly R[], ids: Iterable<number>): R[] {
  const taken = [...ids].sort((a, b) => a - b);
  const parts: R[] = [];
  let next = 0;
  for (const range of ranges) {
    const { to } = range;
    let { from } = range;
    for (let id = taken[next]; id !== undefined && id <= to; id = taken[++next]) {
      if (id > from) parts.push({ ...range, from, to: id - 1 });
      from = Math.max(from, id + 1);
    }
    if (from === range.from) parts.push(range);
    else if (from <= to) parts.push({ ...range, from });
  }
  return parts;
}

/** The parts of `ranges` that are not in `others`. Both are ascending and apart from each other. Takes one pass over both. */
export function outside(ranges: readonly IdRange[], others: readonly IdRange[]): IdRange[] {
  const parts: IdRange[] = [];
  let next = 0;
  for (const { from: start, to } of ranges) {
    let from = start;
    for (let other = others[next]; other !== undefined && other.from <= to; other = others[++next]) {
      if (other.from > from) parts.push({ from, to: other.from - 1 });
      from = Math.max(from, other.to + 1);
      // It may cover the next range, too.
      if (other.to > to) break;
    }
    if (from <= to) parts.push({ from, to });
  }
  return parts;
}

/** Whether the id lies in one of the ranges, which are ascending and apart from each other. */
export function holds(ranges: readonly IdRange[], id: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (!range || range.from > id) high = middle;
    else if (range.to < id) low = middle + 1;
    else return true;
  }
  return false;
}
