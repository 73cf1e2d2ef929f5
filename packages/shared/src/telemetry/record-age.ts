/** Records the seconds since an instant. A value that is not a number would spoil a histogram's sum for good, and is left out. */
export function recordAge(histogram: { readonly record: (seconds: number) => void }, sinceMs: number, nowMs: number) {
  const age = Math.max(0, nowMs - sinceMs) / 1_000;
  if (Number.isFinite(age)) histogram.record(age);
}
