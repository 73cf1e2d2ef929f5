/** Whether this very object was not seen before. Remembers it. */
export function isFirst(error: unknown, seen: WeakSet<object>): boolean {
  if (typeof error !== 'object' || error === null) return true;
  const first = !seen.has(error);
  seen.add(error);
  return first;
}
