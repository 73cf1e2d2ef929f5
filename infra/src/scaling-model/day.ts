const hour = 3600;

/** Messages per second by hour: a quiet night, the morning's sorting, a steep spike at 15:00, an evening that fades. */
const points = [
  [0, 0.5],
  [5.5, 0.5],
  [8, 24],
  [11, 24],
  [12, 12],
  [15, 12],
  [15.001, 30],
  [15.333, 30],
  [15.334, 12],
  [17, 8],
  [21, 8],
  [23, 0.5],
  [24, 0.5],
] as const;

/** Messages per second at a second of any day. */
export function loadAt(second: number): number {
  const at = (second % (24 * hour)) / hour;
  const next = points.findIndex(([from]) => from > at);
  const [from, low] = points[next - 1] ?? points[0];
  const [until, high] = points[next] ?? [24, 0.5];
  return low + ((high - low) * (at - from)) / (until - from);
}

/** Messages per second, averaged over the day. */
export const meanLoad =
  points.slice(1).reduce((sum, [until, high], i) => {
    const [from, low] = points[i] ?? points[0];
    return sum + ((low + high) / 2) * (until - from);
  }, 0) / 24;
