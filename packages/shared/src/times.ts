const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** `2026-11-28 22:15:30Z (3 min ago)` of an ISO time in UTC. */
export function timeOf(isoUtc: string, nowMs: number): string {
  return `${instantOf(isoUtc)} (${agoOf(isoUtc, nowMs)})`;
}

/** `2026-11-28 22:15:30Z`: to the second. What is no time is shown as it is. */
export function instantOf(isoUtc: string): string {
  const ms = Date.parse(isoUtc);
  return Number.isNaN(ms) ? isoUtc : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** `3 min ago`, or `in 3 min` of a time to come. */
export function agoOf(isoUtc: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(isoUtc)) / 1_000);
  return seconds < 0 ? `in ${durationOf(-seconds)}` : `${durationOf(seconds)} ago`;
}

/** Seconds in words, by the largest unit that says enough: `45 s`, `3 min`, `5 h`, `12 d`. */
export function durationOf(seconds: number): string {
  if (seconds < 2 * minute) return `${Math.round(seconds)} s`;
  if (seconds < 2 * hour) return `${Math.round(seconds / minute)} min`;
  if (seconds < 2 * day) return `${Math.round(seconds / hour)} h`;
  return `${Math.round(seconds / day)} d`;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: minute, h: hour, d: day };

/** Milliseconds of a duration as people type it: `90s`, `30m`, `48h`, `2d`. Undefined for anything else. */
export function typedDurationMs(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit];
  return seconds === undefined ? undefined : Number(digits) * seconds * 1_000;
}
